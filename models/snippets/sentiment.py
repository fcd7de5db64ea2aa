"""Code of a sentiment run: the text classification pipeline, and the classifier by hand."""

from __future__ import annotations

from collections.abc import Mapping

from models.sentiment import OVERLAP
from models.snippets import attribution
from models.snippets.code import Snippet, snippet
from models.snippets.quicker import as_it_ran
from models.snippets.reading import LONGEST, TAKEN_APART, WINDOWS
from models.snippets.sizes import fits
from models.snippets.source import Source
from models.spec import ModelCard

_PIPELINE = """
classifier = pipeline(
    "text-classification", model=checkpoint, device=device, dtype=dtype, top_k=None
)
scores = classifier([text])[0]  # every label with its score, best first
"""

_LOAD = """
tokenizer = AutoTokenizer.from_pretrained(checkpoint)
model = AutoModelForSequenceClassification.from_pretrained(checkpoint, dtype=dtype)
model = model.to(device).eval()
"""

_ONCE = """
inputs = tokenizer(text, return_tensors="pt").to(device)
with torch.inference_mode():
    logits = model(**inputs).logits[0].float()  # (labels,)
several = model.config.problem_type == "multi_label_classification"
shares = logits.sigmoid() if several else logits.softmax(-1)
"""

_WINDOWS = f"""
# The text may be longer than the model's window: windows are read and averaged by length.
{TAKEN_APART}
{LONGEST}
{WINDOWS}
several = model.config.problem_type == "multi_label_classification"
total = weight = 0
for start in starts:
    part = body[start : start + size]
    tokens = torch.tensor([[*head, *part, *tail]], device=device)  # (1, tokens)
    with torch.inference_mode():
        logits = model(input_ids=tokens).logits[0].float()  # (labels,)
    total = total + len(part) * (logits.sigmoid() if several else logits.softmax(-1))
    weight += len(part)
shares = total / weight
"""

_RANKED = """
scores = [
    {"label": model.config.id2label[i], "score": float(shares[i])}
    for i in shares.argsort(descending=True).tolist()
]
"""


def snippets(
    card: ModelCard, source: Source, settings: Mapping[str, object]
) -> tuple[Snippet, ...]:
    """Settings: ``text``; with ``method`` the weights of its words.

    A text that may not fit into the window has no pipeline level.
    """
    if "method" in settings:
        return attribution.snippets(card, source, settings)
    text = str(settings.get("text", ""))
    values = {"checkpoint": source.checkpoint, **source.placement}
    short = fits(text, source.config)
    imports = (
        "import torch\nfrom transformers import AutoModelForSequenceClassification, AutoTokenizer"
    )
    given = {**values, **({} if short else {"overlap": OVERLAP}), "text": text}
    body = _LOAD + (_ONCE if short else _WINDOWS) + _RANKED
    by_hand = snippet("tokenizer and model", imports, given, body, result="scores")
    whole = snippet(
        "pipeline", "from transformers import pipeline", {**values, "text": text}, _PIPELINE,
        result="scores",
    )  # fmt: skip
    levels = (whole, by_hand) if short else (by_hand,)
    return (*as_it_ran(source, imports, given, body, result="scores"), *levels)
