"""Code of "Which words matter": each word left out in turn, or integrated gradients over the tokens."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from models.attribution import BATCH, STEPS
from models.snippets.code import Snippet, snippet
from models.snippets.quicker import as_it_ran
from models.snippets.source import Source

_LOAD = """
tokenizer = AutoTokenizer.from_pretrained(checkpoint)
model = AutoModelForSequenceClassification.from_pretrained(checkpoint, dtype=dtype)
model = model.to(device).eval()
"""

_WORDS = """
words = [found.span() for found in re.finditer(r"\\w+(?:['\u2019-]\\w+)*|[^\\w\\s]+", text)]
"""

_SHARES = """

def shares(text):
    inputs = tokenizer(text, return_tensors="pt").to(device)
    with torch.inference_mode():
        logits = model(**inputs).logits[0].float()  # (labels,)
    several = model.config.problem_type == "multi_label_classification"
    return logits.sigmoid() if several else logits.softmax(-1)


"""

_LEFT_OUT = f"""
whole = shares(text)
best = int(whole.argmax())
label = LABEL
{_WORDS}
# A word weighs as much as the label's share falls when it is left out, with its space.
weights = []
for start, end in words:
    spaced = text[end : end + 1] == " " and text[max(0, start - 1) : start] in ("", " ", "\\n")
    rest = text[:start] + text[end + spaced :]
    weight = float(whole[best] - shares(rest)[best]) if rest.strip() else None
    weights.append((text[start:end], weight))
"""

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
    best = int(model(input_ids=real).logits[0].argmax())
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
{_WORDS}
# A token counts for the word that its first character is in.
sums = [0.0] * len(words)
offsets = encoded["offset_mapping"][0].tolist()
for (a, b), left_out, weight in zip(offsets, special[0].tolist(), by_token):
    inside = [i for i, (c, d) in enumerate(words) if c < max(b, a + 1) and a < d]
    if inside and not left_out:
        sums[inside[0]] += weight
weights = [(text[start:end], weight) for (start, end), weight in zip(words, sums)]
"""


def left_out(label: str) -> str:
    """Leaves each word out, over a function ``shares`` of a text; needs ``re``, sets ``weights``.

    Args:
        label: source of the name of the label whose place is ``best``.
    """
    return _LEFT_OUT.replace("LABEL", label).lstrip("\n")


def snippets(source: Source, settings: Mapping[str, object]) -> tuple[Snippet, ...]:
    """Settings: ``text``, ``method``, see ``models.attribution.METHODS``."""
    values: dict[str, object] = {"checkpoint": source.checkpoint, **source.placement}
    text = str(settings.get("text", ""))
    imports = (
        "import re\nimport torch\n"
        "from transformers import AutoModelForSequenceClassification, AutoTokenizer"
    )
    if settings.get("method") == "gradients":
        given = {**values, "steps": STEPS, "text": text}
        found = snippet("gradients", imports, given, _LOAD + _GRADIENTS, result="weights")
        return (replace(found, remark="Gradients are computed in torch, in the app as here."),)
    given = {**values, "text": text}
    body = _LOAD + _SHARES + left_out("model.config.id2label[best]")
    by_hand = snippet("tokenizer and model", imports, given, body, result="weights")
    return (*as_it_ran(source, imports, given, body, result="weights"), by_hand)
