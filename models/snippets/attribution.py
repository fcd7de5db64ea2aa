"""Code of "Which words matter": each word left out in turn, or integrated gradients over the tokens."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import replace

from models.attribution import BATCH, MAX_WORDS, STEPS, words_of
from models.snippets.code import Snippet, literal, snippet
from models.snippets.engine import engine_code
from models.snippets.quicker import as_it_ran
from models.snippets.sizes import fits
from models.snippets.source import Source
from models.spec import ModelCard

_LOAD = """
tokenizer = AutoTokenizer.from_pretrained(checkpoint)
model = AutoModelForSequenceClassification.from_pretrained(checkpoint, dtype=dtype)
model = model.to(device).eval()
"""

_NAMES = "[name.lower() for name in model.config.id2label.values()]"
_PATTERN = r"\w+(?:['\u2019-]\w+)*|[^\w\s]+"
_WORDS = f"""
words = [found.span() for found in re.finditer(r"{_PATTERN}", text)]
"""

_SHARES = """

def shares(text):
    inputs = tokenizer(text, return_tensors="pt").to(device)
    with torch.inference_mode():
        logits = model(**inputs).logits[0].float()  # (labels,)
    several = model.config.problem_type == "multi_label_classification"
    return logits.sigmoid() if several else logits.softmax(-1)


"""

_LEFT_OUT = """
whole = shares(text)
best = BEST
label = LABEL
WORDS
# A word weighs as much as the label's share falls when it is left out, with its space.
weights = []
for start, end in words:
    spaced = text[end : end + 1] == " " and text[max(0, start - 1) : start] in ("", " ", "\\n")
    rest = text[:start] + text[end + spaced :]
    weight = float(whole[best] - shares(rest)[best]) if rest.strip() else None
    weights.append((text[start:end], weight))
"""

#: Needs ``text``, ``words`` and at HOLDS what puts (score, i) into ``tried`` where ``rest`` keeps it.
FEWEST = """

def without(gone):
    kept, at = [], 0
    for start, end in sorted(words[i] for i in gone):
        kept.append(text[at:start])
        at = end
        if text[at : at + 1] == " " and (not kept[-1] or kept[-1].endswith((" ", "\\n"))):
            at += 1  # a word leaves with its space
    return "".join([*kept, text[at:]])


# The word that is needed least goes, one by one, for as long as nothing else becomes the best.
gone = []
while True:
    tried = []
    for i in range(len(words)):
        rest = without([*gone, i])
        if i in gone or not rest.strip():
            continue
HOLDS
    if not tried:
        break
    gone.append(max(tried)[1])
left = without(gone)
"""

_BEST_LABEL = """
whole = shares(text)
best = int(whole.argmax())
WORDS
"""
_LABEL_HOLDS = """        found = shares(rest)
        if int(found.argmax()) == best:
            tried.append((float(found[best]), i))"""

_GRADIENTS = f"""
encoded = tokenizer(
    text, return_offsets_mapping=True, return_special_tokens_mask=True, return_tensors="pt"
)
real = encoded["input_ids"].to(device)  # (1, tokens)
special = encoded["special_tokens_mask"].bool().to(device)
nothing = model.config.pad_token_id, tokenizer.pad_token_id, tokenizer.eos_token_id, 0
nothing = next(number for number in nothing if number is not None)
empty = torch.where(special, real, nothing)
table = model.get_input_embeddings()
with torch.no_grad():
    first, last = table(empty), table(real)  # (1, tokens, width)
    whole = model(input_ids=real).logits[0]
best = BEST
label = model.config.id2label[best]

# From the empty text to the real one along a straight line of embeddings.
total, points = 0, (torch.arange(steps, device=device) + 0.5) / steps
for share in points.split({BATCH}):
    path = first + share[:, None, None].to(last.dtype) * (last - first)
    path = path.requires_grad_()  # (points, tokens, width)
    mask = torch.ones(path.shape[:2], device=device)
    logits = model(inputs_embeds=path, attention_mask=mask).logits[:, best]
    (slope,) = torch.autograd.grad(logits.sum(), path)
    total = total + slope.float().sum(0) / steps
by_token = (total * (last - first)[0].float()).sum(-1).tolist()
WORDS
# A token counts for the word that its first character is in.
sums = [0.0] * len(words)
offsets = encoded["offset_mapping"][0].tolist()
for (a, b), left_out, weight in zip(offsets, special[0].tolist(), by_token):
    inside = [i for i, (c, d) in enumerate(words) if c < max(b, a + 1) and a < d]
    if inside and not left_out:
        sums[inside[0]] += weight
weights = [(text[start:end], weight) for (start, end), weight in zip(words, sums)]
"""


def left_out(names: str, label: str, text: str, chosen: object = "") -> str:
    """Leaves each word out, over a function ``shares`` of a text; needs ``re``, sets ``weights``.

    Args:
        names: source of the list of all labels.
        label: source of the name of the label whose place is ``best``.
        text: whose words they are; the values of the code take ``word_values(text)``.
        chosen: the label; empty for the best one.
    """
    return _filled(_LEFT_OUT, names, text, chosen).replace("LABEL", label).lstrip("\n")


def fewest(text: str) -> str:
    """Finds the fewest words that keep the best label, over a function ``shares``; sets ``left``."""
    body = _BEST_LABEL.replace("WORDS", words_source(text)) + FEWEST.replace("HOLDS", _LABEL_HOLDS)
    return body.lstrip("\n")


def _filled(body: str, names: str, text: str, chosen: object) -> str:
    best = f"{names}.index({literal(chosen)})" if chosen else "int(whole.argmax())"
    return body.replace("BEST", best).replace("WORDS", words_source(text))


def words_source(text: str) -> str:
    """Source that sets ``words``, the places of a text's words; empty where ``word_values`` gives them."""
    return "" if word_values(text) else _WORDS


def word_values(text: str) -> dict[str, object]:
    """The places of a text's words as a value, where a short pattern does not find the same ones.

    It does not where signs stand over letters, or no spaces between words.
    """
    bounds = words_of(text)
    short = [found.span() for found in re.finditer(_PATTERN, text)]
    return {} if short == bounds else {"words": bounds}


def is_long(text: str, source: Source) -> bool:
    """Whether sentences are left out in place of words, as far as can be told without the tokenizer."""
    return not fits(text, source.config) or len(words_of(text)) > MAX_WORDS


def snippets(
    card: ModelCard, source: Source, settings: Mapping[str, object]
) -> tuple[Snippet, ...]:
    """Settings: ``text``, ``method``, see ``models.attribution.METHODS``, and ``label``.

    The sentences of a long text are weighed by the app's own engine.
    """
    values: dict[str, object] = {"checkpoint": source.checkpoint, **source.placement}
    text = str(settings.get("text", ""))
    if is_long(text, source):
        asked = {name: settings[name] for name in ("method", "label") if settings.get(name)}
        return (engine_code(card, source, "explain", text, asked),)
    imports = (
        "import re\nimport torch\n"
        "from transformers import AutoModelForSequenceClassification, AutoTokenizer"
    )
    if settings.get("method") == "gradients":
        given = {**values, "steps": STEPS, "text": text, **word_values(text)}
        body = _LOAD + _filled(_GRADIENTS, _NAMES, text, settings.get("label"))
        found = snippet("gradients", imports, given, body, result="weights")
        return (replace(found, remark="Gradients are computed in torch, in the app as here."),)
    given, chosen = {**values, "text": text, **word_values(text)}, settings.get("label")
    if settings.get("method") == "fewest":
        body, result = _LOAD + _SHARES + fewest(text), "left"
    else:
        label = "model.config.id2label[best]"
        body, result = _LOAD + _SHARES + left_out(_NAMES, label, text, chosen), "weights"
    by_hand = snippet("tokenizer and model", imports, given, body, result=result)
    return (*as_it_ran(source, imports, given, body, result=result), by_hand)
