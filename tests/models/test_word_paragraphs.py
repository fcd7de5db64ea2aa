"""Word paragraphs whose text is exchanged: styles, links, footnotes and pictures stay where they belong."""

from __future__ import annotations

import io

import docx
import pytest
from docx.opc.constants import RELATIONSHIP_TYPE
from docx.oxml import OxmlElement
from docx.oxml.ns import qn

from models.stop import NEVER
from models.translation import TranslationEngine
from models.translation_files import open_document, translate_document
from models.word_paragraphs import parts_of, rewrite
from tests.models.engines import last
from tests.models.test_translation import Shouter


def paragraph(*runs):
    """A paragraph of (text, style) runs; a style is bold, italic, link, note or field, or none."""
    document = docx.Document()
    made = document.add_paragraph()
    for text, *style in runs:
        kind = style[0] if style else ""
        run = made.add_run(text)
        run.bold, run.italic = kind == "bold" or None, kind == "italic" or None
        if kind == "link":
            link = OxmlElement("w:hyperlink")
            link.set(
                qn("r:id"), made.part.relate_to("https://x.org", RELATIONSHIP_TYPE.HYPERLINK, True)
            )
            made._p.append(link)
            link.append(run._r)
        elif kind == "note":
            run._r.append(OxmlElement("w:footnoteReference"))
        elif kind == "field":
            for step in ("begin", "end"):
                mark = OxmlElement("w:fldChar")
                mark.set(qn("w:fldCharType"), step)
                run._r.append(mark)
    return document, made


def told(made):
    """The paragraph as it reads: *bold*, /italic/, [link], ^ for a footnote, # for a field."""
    found = []
    for part in made.iter_inner_content():
        for run in getattr(part, "runs", [part]):
            text = run.text
            text = f"*{text}*" if run.bold else f"/{text}/" if run.italic else text
            text = "^" if run._r.find(qn("w:footnoteReference")) is not None else text
            text = "#" if run._r.find(qn("w:fldChar")) is not None else text
            found.append(f"[{text}]" if hasattr(part, "runs") else text)
    return "".join(found)


@pytest.mark.parametrize(
    ("runs", "text", "said", "expected"),
    [
        ([("One house.",)], "Uma casa.", [], "Uma casa."),
        ([("The ",), ("house", "bold"), (" is small.",)], "A casa \u00e9 pequena.", ["casa"],
         "A *casa* \u00e9 pequena."),
        ([("The ",), ("red", "italic"), (" house",)], "A casa vermelha", ["vermelho"], "A casa vermelha"),
        ([("Note:", "bold"), (" the house is small.",)], "Nota: a casa \u00e9 pequena.", ["Nota:"],
         "*Nota*: a casa \u00e9 pequena."),
        ([("Note:", "bold"), (" the house is small.",)], "Repare: a casa \u00e9 pequena.", ["Nota:"],
         "*Repare:* a casa \u00e9 pequena."),
        ([("See ",), ("our site", "link"), (" now.",)], "Veja o nosso site agora.", ["nosso site"],
         "Veja o [nosso site] agora."),
        ([("See ",), ("our site", "link"), (" now.",)], "Veja isto aqui agora.", ["nosso site"],
         "Veja[ isto aqui] agora."),
        ([("A claim",), ("", "note"), (" and more.",)], "Uma tese e mais.", [], "Uma tese^ e mais."),
        ([("Page ",), ("", "field")], "P\u00e1gina ", [], "P\u00e1gina #"),
        ([("All bold", "bold")], "Tudo", [], "*Tudo*"),
        ([("all of it", "link")], "tudo", [], "[tudo]"),
        ([("I see the ",), ("house", "bold")], "\u6211\u770b\u5230\u623f\u5b50", ["\u623f\u5b50"],
         "\u6211\u770b\u5230*\u623f\u5b50*"),
        ([("a cat and a ",), ("cat", "bold")], "um gato e um gato", ["gato"], "um gato e um *gato*"),
        ([("in ",), ("a", "bold"), (" barn",)], "num a palheiro", ["a"], "num *a* palheiro"),
    ],
)  # fmt: skip
def test_a_new_text_takes_the_styles_of_the_old_one(runs, text, said, expected):
    _, made = paragraph(*runs)
    assert len(parts_of(made).marked) == len(said)
    rewrite(made, text, said)
    assert told(made) == expected


def test_runs_that_differ_in_what_the_spelling_checker_noted_are_one_stretch():
    _, made = paragraph(("The house is ",), ("smal",), ("l.",))
    made.runs[1]._r.get_or_add_rPr().append(OxmlElement("w:noProof"))
    assert [part.text for part in parts_of(made).stretches] == ["The house is small."]


def test_a_translated_file_keeps_bold_words_links_and_footnotes(tmp_path):
    document, _ = paragraph(
        ("The ",), ("small house", "bold"), (" of ",), ("our site", "link"), ("", "note"), (" stands.",)
    )  # fmt: skip
    document.save(tmp_path / "a.docx")
    engine = TranslationEngine(Shouter())
    found = last(translate_document(engine, open_document(tmp_path / "a.docx"), "en", "pt", NEVER))
    (made,) = docx.Document(io.BytesIO(found.content)).paragraphs
    assert told(made) == "THE *SMALL HOUSE* OF [OUR SITE]^ STANDS."
