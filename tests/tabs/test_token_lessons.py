"""The views that teach: steps and embeddings."""

from __future__ import annotations

from models.token_embeddings import Embedded, Neighbour, Vector
from models.tokenizer_steps import Part, Steps
from models.tokens import Token
from tabs.parts import token_lessons as view
from tabs.parts.vector_strip import SHOWN

TOKEN = Token(7, "<i>", 0, 3, 3, False, False)


def steps(*, agrees=True):
    parts = (
        Part("<i>A", False, "<i>a", ("<i>", "a"), (("<i>",), ("a",)), (7, 8)),
        Part("<s>", True, "<s>", ("<s>",), (("<s>",),), (1,)),
    )
    return Steps("<i>A<s>", ("Lowercase",), (), ("BPE",), ("Odd",), parts, (TOKEN,), agrees)


def test_each_step_is_named_explained_and_shown():
    shown = view.steps_html(steps())
    for title in ("Text", "Normaliser", "Pre-tokenizer", "Model", "Post-processor"):
        assert f"<h4>{title}</h4>" in shown
    assert "Lowercase makes letters small" in shown
    assert "none: the text passes as it is" in shown
    assert "Cut out first, as tokens of their own: &lt;s&gt;." in shown
    assert "<i>a" not in shown
    assert "other ids" not in shown


def test_steps_that_do_not_agree_with_the_whole_say_so():
    assert "other ids than the whole" in view.steps_html(steps(agrees=False))


def test_vectors_are_drawn_with_sign_and_size_and_their_neighbours():
    values = (0.5, -0.5, 0.0, 9.0) + (0.25,) * 380
    vector = Vector(TOKEN, values, (Neighbour(3, "<b>x", 0.876),))
    shown = view.embedding_html(Embedded((vector,), 2, 100, 384, "<u>.weight"))
    strip = shown[shown.index("md-vector-strip") : shown.index("md-near")]
    assert strip.count("md-cell") == SHOWN
    assert strip.count("md-below") == 1
    assert 'title="number 4: 9.0000"' in strip
    assert "--v:9" not in strip
    assert "2 more tokens" in shown
    assert "0.88" in shown
    for evil in ("<i>&", "<b>x", "<u>"):
        assert evil not in shown
