"""Code of "Which words matter" of an answer: the answer's share without each word in turn."""

from __future__ import annotations

from collections.abc import Mapping

from models.snippets.attribution import FEWEST, word_values, words_source
from models.snippets.code import Snippet, snippet
from models.snippets.engine import engine_code
from models.snippets.quicker import TWO_TEXTS, as_it_ran
from models.snippets.sizes import fits
from models.snippets.source import Source
from models.span_decoding import BEST, MAX_ANSWER_TOKENS
from models.spec import ModelCard

_BODY = f"""
tokenizer = AutoTokenizer.from_pretrained(checkpoint)
model = AutoModelForQuestionAnswering.from_pretrained(checkpoint, dtype=dtype)
model = model.to(device).eval()


def read(question, context):
    # The score of every span of the context, and of "no answer".
    encoded = tokenizer(question, context, return_offsets_mapping=True, return_tensors="pt")
    parts, offsets = encoded.sequence_ids(), encoded.pop("offset_mapping")[0].tolist()
    first, last = parts.index(1), len(parts) - parts[::-1].index(1)
    with torch.inference_mode():
        output = model(**encoded.to(device))
    starting, ending = output.start_logits[0].float().cpu(), output.end_logits[0].float().cpu()
    nothing = starting[0] + ending[0] - margin
    spans = starting[first:last, None] + ending[None, first:last]  # (tokens, tokens)
    length = torch.arange(len(spans))[None, :] - torch.arange(len(spans))[:, None]
    legal = (length >= 0) & (length < {MAX_ANSWER_TOKENS})
    return offsets[first:last], spans.masked_fill(~legal, -float("inf")), nothing


def share(question, context, place):
    # Of the best span inside the answer's characters; without a place, of "no answer".
    offsets, spans, nothing = read(question, context)
    best = spans[spans > -float("inf")].topk(min({BEST}, int((spans > -float("inf")).sum()))).values
    total = torch.cat([best, nothing[None]]).double().logsumexp(0)
    if place is None:
        return float((nothing - total).exp())
    inside = [i for i, (a, b) in enumerate(offsets) if b > place[0] and a < place[1]]
    if not inside:
        return 0.0
    part = slice(inside[0], inside[-1] + 1)
    return float((spans[part, part].max() - total).exp())


def best_place(question, context):
    # The characters of the best span, unless "no answer" beats it.
    offsets, spans, nothing = read(question, context)
    a, b = divmod(int(spans.argmax()), len(spans))
    if float(spans[a, b]) < float(nothing):
        return None
    start, end = offsets[a][0], offsets[b][1]
    return start + len(context[start:end]) - len(context[start:end].lstrip()), end


place = best_place(question, context)
answer = "no answer" if place is None else context[place[0] : place[1]]
whole = share(question, context, place)
text = context if part == "passage" else question
WORDS
"""
_WEIGHTS = """
# A word weighs as much as the answer's share falls when it is left out, with its space.
weights = []
for start, end in words:
    if part == "passage" and place and start < place[1] and end > place[0]:
        weights.append((text[start:end], None))  # a word of the answer itself
        continue
    spaced = text[end : end + 1] == " " and text[max(0, start - 1) : start] in ("", " ", "\\n")
    rest = text[:start] + text[end + spaced :]
    if part == "passage":
        moved = 0 if place is None or start >= place[1] else len(text) - len(rest)
        there = place and (place[0] - moved, place[1] - moved)
        weight = whole - share(question, rest, there) if rest.strip() else None
    else:
        weight = whole - share(rest, context, place) if rest.strip() else None
    weights.append((text[start:end], weight))
"""
_ANSWER_HOLDS = """        if best_place(rest, context) == place:
            tried.append((share(rest, context, place), i))"""
_IMPORTS = (
    "import re\nimport torch\nfrom transformers import AutoModelForQuestionAnswering, AutoTokenizer"
)


def word_snippets(
    card: ModelCard, source: Source, values: Mapping[str, object], part: str
) -> tuple[Snippet, ...]:
    """The code of the weights: by hand where the passage fits into the window, else by the engine.

    Args:
        card, source: the model.
        values: of the code of the answer, ``question`` and ``context`` among them.
        part: see ``models.answer_words.PARTS``.
    """
    question, context = str(values["question"]), str(values["context"])
    if not fits(f"{question} {context}", source.config):
        asked = {"passage": context, "part": part}
        return (engine_code(card, source, "explain", question, asked),)
    text = context if part == "passage" else question
    left = {name: value for name, value in values.items() if name not in ("overlap", "count")}
    given = {**left, "part": part, **word_values(text)}
    few = part == "fewest"
    rest = FEWEST.replace("HOLDS", _ANSWER_HOLDS) if few else _WEIGHTS
    body, result = _BODY.replace("WORDS", words_source(text)) + rest, "left" if few else "weights"
    return (
        *as_it_ran(source, _IMPORTS, given, body, TWO_TEXTS, result=result),
        snippet("tokenizer and model", _IMPORTS, given, body, result=result),
    )
