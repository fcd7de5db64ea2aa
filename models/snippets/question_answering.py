"""Code of a question: transformers 5 has no pipeline for it, so the spans are decoded by hand."""

from __future__ import annotations

from collections.abc import Mapping

from models.question_answering import OVERLAP
from models.snippets.code import Snippet, snippet
from models.snippets.quicker import TWO_TEXTS, as_it_ran
from models.snippets.reading import EDGES, LONGEST, WINDOWS
from models.snippets.source import Source
from models.span_decoding import BEST, MAX_ANSWER_TOKENS
from models.spec import ModelCard

_BODY = f"""
tokenizer = AutoTokenizer.from_pretrained(checkpoint)
model = AutoModelForQuestionAnswering.from_pretrained(checkpoint, dtype=dtype)
model = model.to(device).eval()

encoded = tokenizer(question, context, return_offsets_mapping=True, verbose=False)
parts, ids = encoded.sequence_ids(), encoded["input_ids"]  # parts: 0 question, 1 context
first, last = parts.index(1), len(parts) - parts[::-1].index(1)
head, body, tail = ids[:first], ids[first:last], ids[last:]
types = encoded.get("token_type_ids", [0] * len(ids))

# A context longer than the window is read in windows; a span counts where it has most context.
{LONGEST}
{WINDOWS}
{EDGES}
kept, nothing = [], float("inf")  # scores with first and last tokens, score of "no answer"
for start, (left, right) in zip(starts, pairwise(edges)):
    part = body[start : start + size]
    inputs = {{"input_ids": torch.tensor([[*head, *part, *tail]], device=device)}}
    if "token_type_ids" in encoded:
        kinds = [*types[:first], *[types[first]] * len(part), *types[last:]]
        inputs["token_type_ids"] = torch.tensor([kinds], device=device)
    with torch.inference_mode():
        output = model(**inputs)
    starting, ending = output.start_logits[0].float().cpu(), output.end_logits[0].float().cpu()
    nothing = min(nothing, float(starting[0] + ending[0]) - margin)
    starting, ending = (row[first : first + len(part)] for row in (starting, ending))
    places = torch.arange(len(part))
    length = places[None, :] - places[:, None]
    legal = (length >= 0) & (length < {MAX_ANSWER_TOKENS})
    legal &= ((places + start >= left) & (places + start < right))[:, None]
    a, b = legal.nonzero(as_tuple=True)
    kept.append((starting[a] + ending[b], a + start, b + start))
scores, firsts, lasts = map(torch.cat, zip(*kept))  # (spans,)
best = scores.topk(min({BEST}, len(scores))).values  # share 100 % with "no answer"
total = torch.cat([best.double(), torch.tensor([nothing], dtype=torch.float64)]).logsumexp(0)

# The best span, the best of those that share no word with it, and so on, as whole words.
words, offsets = encoded.word_ids()[first:last], encoded["offset_mapping"][first:last]
answers = []
while len(answers) < count and float(scores.max()) > -float("inf"):
    place = int(scores.argmax())
    a, b, share = int(firsts[place]), int(lasts[place]), float((scores[place] - total).exp())
    while a > 0 and words[a - 1] == words[a] is not None:
        a -= 1
    while b + 1 < len(words) and words[b + 1] == words[b] is not None:
        b += 1
    scores[(firsts <= b) & (lasts >= a)] = -float("inf")
    start, end = offsets[a][0], offsets[b][1]
    start += len(context[start:end]) - len(context[start:end].lstrip())
    answers.append({{"text": context[start:end], "start": start, "end": end, "score": share}})
has_answer = bool(answers) and float(best[0]) >= nothing
no_answer_score = float((nothing - total).exp())
"""


def snippets(
    card: ModelCard, source: Source, settings: Mapping[str, object]
) -> tuple[Snippet, ...]:
    """Settings: ``question``, ``context``, ``count``."""
    values = {
        "checkpoint": source.checkpoint,
        **source.placement,
        "overlap": OVERLAP,
        "margin": float(str(card.defaults.get("no_answer_margin", 0.0))),
        "count": int(float(str(settings.get("count", 3)))),
        "question": str(settings.get("question", "")),
        "context": str(settings.get("context", "")),
    }
    imports = (
        "import torch\nfrom itertools import pairwise\n"
        "from transformers import AutoModelForQuestionAnswering, AutoTokenizer"
    )
    return (
        *as_it_ran(source, imports, values, _BODY, TWO_TEXTS, result="answers"),
        snippet("tokenizer and model", imports, values, _BODY, result="answers"),
    )
