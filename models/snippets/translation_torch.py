"""Code of a translation by Marian, NLLB or M2M100: each sentence by itself, or one in other words."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, replace

from models.languages import iso_code, nllb_code
from models.snippets.code import Snippet, snippet
from models.snippets.source import Source
from models.spec import ModelCard
from models.translation_pieces import plain_punctuation

#: Says the parts one after the other, by a function ``say`` for a sentence.
JOIN = """
translation = "".join(before + (say(sentence) if sentence else "") for before, sentence in parts)
"""

_IMPORTS = "import torch\nfrom transformers import AutoModelForSeq2SeqLM, AutoTokenizer"
_TOKENIZER = """
tokenizer = AutoTokenizer.from_pretrained(checkpointTOLD)
"""

_LOAD = f"""{_TOKENIZER.rstrip()}
model = AutoModelForSeq2SeqLM.from_pretrained(checkpoint, dtype=dtype).to(device).eval()
"""

_SAY = """

def say(sentence):
    inputs = tokenizer(FRAMED, return_tensors="pt").to(device)
    with torch.inference_mode():
        output = model.generate(
            input_ids=inputs["input_ids"],
            attention_mask=inputs["attention_mask"],
            max_new_tokens=2 * inputs["input_ids"].shape[1] + 16,
            do_sample=False,
            num_beams=1,
            repetition_penalty=1.05,
            FORCED
        )
    return tokenizer.decode(output[0]SKIP, skip_special_tokens=True).strip()


"""

_BEAMS = """
inputs = tokenizer(FRAMED, return_tensors="pt").to(device)
with torch.inference_mode():
    rows = model.generate(
        input_ids=inputs["input_ids"],
        attention_mask=inputs["attention_mask"],
        max_new_tokens=2 * inputs["input_ids"].shape[1] + 16,
        do_sample=False,
        num_beams=count,
        num_return_sequences=count,
        early_stopping=True,
        length_penalty=1.0,
        FORCED
    )
texts = [tokenizer.decode(rowSKIP, skip_special_tokens=True).strip() for row in rows]
wordings = list(dict.fromkeys(filter(None, texts)))  # best first, each once
"""

_CTRANSLATE2 = """
TransformersConverter(checkpoint).convert("ctranslate2", force=True)
translator = ctranslate2.Translator("ctranslate2", device="cpu", compute_type=precision)


def say(sentence):
    ids = tokenizer(FRAMED)["input_ids"]
    (found,) = translator.translate_batch(
        [tokenizer.convert_ids_to_tokens(ids)],
        beam_size=1,
        min_decoding_length=0,
        max_decoding_length=2 * len(ids) + 16,
        repetition_penalty=1.05,
    )
    written = tokenizer.convert_tokens_to_ids(found.hypotheses[0])
    return tokenizer.decode(written, skip_special_tokens=True).strip()


"""

_FORCED = "forced_bos_token_id=tokenizer.convert_tokens_to_ids(target),"
#: A place of ``_Family`` that stays empty goes with its line.
_NOT_FORCED = re.compile(r"\n *FORCED")


@dataclass(frozen=True)
class _Family:
    """How a family of models is told the languages, as values and source text.

    Attributes:
        values: of the code.
        framed: the sentence as the tokenizer gets it.
        forced: argument that makes the answer start with the target; may be empty.
        told: argument that tells the tokenizer the source; may be empty.
        skip: what is left out at the start of the answer; may be empty.
        plain: whether the model learned from text with plain punctuation only.
    """

    values: Mapping[str, object]
    framed: str
    forced: str = ""
    told: str = ""
    skip: str = ""
    plain: bool = False

    def written(self, body: str) -> str:
        """A body with all of it in its places."""
        found = body if self.forced else _NOT_FORCED.sub("", body)
        found = found.replace("FRAMED", self.framed).replace("FORCED", self.forced)
        return found.replace("SKIP", self.skip).replace("TOLD", self.told)


def _family(card: ModelCard, source: Source, first: str, second: str) -> _Family:
    if _is_marian(card, source):
        target = _marian_target(source, second)
        framed = 'f"{target} {sentence}"' if target else "sentence"
        return _Family({"target": target} if target else {}, framed, plain=True)
    nllb = card.engine == "nllb" or "nllb" in card.id or "Nllb" in str(_tokenizer_class(source))
    values = {
        "source": nllb_code(first) if nllb else first,
        "target": nllb_code(second) if nllb else f"__{second}__",
    }
    # the answer begins with the start and the target
    return _Family(values, "sentence", _FORCED, ", src_lang=source", "[2:]")


def levels(
    card: ModelCard, source: Source, parts: list[tuple[str, str]], pair: tuple[str, str]
) -> tuple[Snippet, ...]:
    """The levels that translate sentence by sentence.

    Args:
        card: the model.
        source: where its files lie.
        parts: (kept as it is, sentence to translate), in order.
        pair: codes of the languages.
    """
    family = _family(card, source, *pair)
    if family.plain:
        parts = [(before, plain_punctuation(sentence)) for before, sentence in parts]
    values = {"checkpoint": source.checkpoint, **source.placement, **family.values}
    given: dict[str, object] = {**values, "parts": parts}
    body = family.written(_LOAD + _SAY) + JOIN.strip()
    by_hand = snippet("tokenizer and model", _IMPORTS, given, body, result="translation")
    return (*_as_it_ran(source, given, family), by_hand)


def wordings(
    card: ModelCard, source: Source, sentence: str, pair: tuple[str, str], count: int
) -> Snippet:
    """The level with the best translations of a sentence by beam search."""
    family = _family(card, source, *pair)
    spoken = plain_punctuation(sentence) if family.plain else sentence
    values = {"checkpoint": source.checkpoint, **source.placement, **family.values}
    return snippet(
        "tokenizer and model", _IMPORTS, {**values, "count": count, "sentence": spoken},
        family.written(_LOAD + _BEAMS), result="wordings",
    )  # fmt: skip


def _as_it_ran(
    source: Source, values: Mapping[str, object], family: _Family
) -> tuple[Snippet, ...]:
    """The level with Marian in CTranslate2; none where torch computes."""
    library, _, precision = source.variant.partition(" ")
    if library != "ctranslate2":
        return ()
    given = {n: v for n, v in values.items() if n not in ("device", "dtype")}
    found = snippet(
        "as it ran: CTranslate2",
        "import ctranslate2\nfrom ctranslate2.converters import TransformersConverter\n"
        "from transformers import AutoTokenizer",
        {**given, "precision": precision},
        family.written(_TOKENIZER + _CTRANSLATE2) + JOIN.strip(), result="translation",
    )  # fmt: skip
    return (replace(found, variant=source.variant),)


def _is_marian(card: ModelCard, source: Source) -> bool:
    kind = source.config.get("model_type")
    return kind == "marian" if kind else card.engine == "marian" or "opus-mt" in card.id


def _tokenizer_class(source: Source) -> object:
    return source.file("tokenizer_config.json").get("tokenizer_class")


def _marian_target(source: Source, target: str) -> str:
    """The token, such as ``>>por<<``, by which a model with several targets is told; else empty."""
    tokens = [t for t in source.file("vocab.json") if t.startswith(">>") and t.endswith("<<")]
    wanted = [token for token in tokens if iso_code(token[2:-2]) == target]
    return wanted[-1] if wanted and len(tokens) > 1 else ""
