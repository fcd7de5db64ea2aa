"""Code of a question: transformers 5 has no pipeline for it, so the spans are decoded by hand."""

from __future__ import annotations

from collections.abc import Mapping

from models.question_answering import OVERLAP
from models.snippets.answer_words import word_snippets
from models.snippets.code import Snippet, snippet
from models.snippets.quicker import TWO_TEXTS, as_it_ran
from models.snippets.reading import EDGES, LONGEST, WINDOWS
from models.snippets.source import Source
from models.span_decoding import BEST, MAX_ANSWER_TOKENS
from models.spec import ModelCard
from models.token_words import NO_SPACES

_RANGES = [ascii(NO_SPACES[at : at + 3])[1:-1] for at in range(0, len(NO_SPACES), 3)]
_UNSPACED = '"\n    "'.join("".join(_RANGES[at : at + 5]) for at in range(0, len(_RANGES), 5))
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
unspaced = re.compile(  # scripts without spaces: a token is a word there
    "[{_UNSPACED}]"
)


def begins(i):  # whether token i begins a word
    if words[i] is None or words[i] != words[i - 1]:
        return True
    end, start = offsets[i - 1][1], offsets[i][0]
    if not 0 < end <= start < len(context):
        return False
    left, right = context[end - 1], context[start]
    kinds = [unicodedata.category(sign)[0] for sign in (left, right)]
    return kinds[1] != "M" and bool({{*kinds}} & {{*"PSZC"}} or unspaced.search(left + right))


answers = []
while len(answers) < count and float(scores.max()) > -float("inf"):
    place = int(scores.argmax())
    a, b, share = int(firsts[place]), int(lasts[place]), float((scores[place] - total).exp())
    while a > 0 and not begins(a):
        a -= 1
    while b + 1 < len(words) and not begins(b + 1):
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
    """Settings: ``question``, ``context``, ``count``; with ``part`` the weights of that part's words."""
    values: dict[str, object] = {
        "checkpoint": source.checkpoint,
        **source.placement,
        "overlap": OVERLAP,
        "margin": float(str(card.defaults.get("no_answer_margin", 0.0))),
        "count": int(float(str(settings.get("count", 3)))),
        "question": str(settings.get("question", "")),
        "context": str(settings.get("context", "")),
    }
    if "part" in settings:
        return word_snippets(card, source, values, str(settings["part"]))
    imports = (
        "import re\nimport torch\nimport unicodedata\nfrom itertools import pairwise\n"
        "from transformers import AutoModelForQuestionAnswering, AutoTokenizer"
    )
    return (
        *as_it_ran(source, imports, values, _BODY, TWO_TEXTS, result="answers"),
        snippet("tokenizer and model", imports, values, _BODY, result="answers"),
    )
