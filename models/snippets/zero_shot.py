"""Code of a zero-shot run: the pipeline, the entailment model by hand, or the embeddings by hand."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from models.snippets.attribution import fewest, is_long, left_out, word_values
from models.snippets.code import Snippet, snippet
from models.snippets.engine import engine_code
from models.snippets.quicker import ONE_TEXT, TWO_TEXTS, as_it_ran
from models.snippets.reading import LONGEST, TAKEN_APART, WINDOWS
from models.snippets.sizes import tokens_at_most, window_of
from models.snippets.source import Source
from models.spec import ModelCard
from models.zero_shot import OVERLAP
from models.zero_shot_labels import TEMPLATE, entailment_places

_PIPELINE = """
classifier = pipeline(
    "zero-shot-classification", model=checkpoint, device=device, dtype=dtype
)
found = classifier(
    text, candidate_labels=labels, hypothesis_template=template, multi_label=multi_label
)
scores = [
    {"label": label, "score": score} for label, score in zip(found["labels"], found["scores"])
]
"""

_LOAD = """
tokenizer = AutoTokenizer.from_pretrained(checkpoint)
model = AutoModelForSequenceClassification.from_pretrained(checkpoint, dtype=dtype)
model = model.to(device).eval()
hypotheses = [template.format(label) for label in labels]

# Which class says that a sentence follows from the text, and which that it does not.
names = [model.config.id2label[i].lower() for i in range(model.config.num_labels)]
yes = next(i for i, name in enumerate(names) if name.startswith("entail"))
no = len(names) - 1 if yes == 0 else 0
no = next((i for i, name in enumerate(names) if name.startswith(("contra", "not"))), no)
alone = multi_label or len(labels) == 1  # each label by itself


def score(logits):
    \"\"\"(labels, classes) -> (labels,).\"\"\"
    if alone:
        return logits[:, [no, yes]].softmax(-1)[:, 1]
    return logits[:, yes].softmax(-1)


"""

_ONCE = """
pairs = [[text, hypothesis] for hypothesis in hypotheses]
inputs = tokenizer(pairs, padding=True, return_tensors="pt").to(device)
with torch.inference_mode():
    logits = model(**inputs).logits.float()  # (labels, classes)
shares = score(logits)
"""

_WINDOWS = f"""
# The text may be longer than the model's window: windows are read and averaged by length.
body = tokenizer(text, add_special_tokens=False, verbose=False)["input_ids"]
sentences = [tokenizer(h, add_special_tokens=False)["input_ids"] for h in hypotheses]
a, b = (tokenizer(t, add_special_tokens=False)["input_ids"] for t in ("a", "x"))
frame = tokenizer("a", "x")
framed, types = frame["input_ids"], frame.get("token_type_ids")
first = next(i for i in range(len(framed)) if framed[i : i + len(a)] == a)
second = next(
    i for i in range(first + len(a), len(framed)) if framed[i : i + len(b)] == b
)
head, between, tail = framed[:first], framed[first + len(a) : second], framed[second + len(b) :]
{LONGEST}
longest -= len(between) + max(len(sentence) for sentence in sentences)
{WINDOWS}
total = weight = 0
for start in starts:
    part, rows = body[start : start + size], []
    for sentence in sentences:
        inputs = {{"input_ids": torch.tensor([[*head, *part, *between, *sentence, *tail]])}}
        if types is not None:
            left = [*types[:first], *[types[first]] * len(part), *types[first + len(a) : second]]
            right = [*[types[second]] * len(sentence), *types[second + len(b) :]]
            inputs["token_type_ids"] = torch.tensor([[*left, *right]])
        with torch.inference_mode():
            output = model(**{{name: ids.to(device) for name, ids in inputs.items()}})
        rows.append(output.logits[0].float())
    total = total + len(part) * score(torch.stack(rows))
    weight += len(part)
shares = total / weight
"""

_READ_TOGETHER = """\
def shares(text):
    pairs = [[text, hypothesis] for hypothesis in hypotheses]
    inputs = tokenizer(pairs, padding=True, return_tensors="pt").to(device)
    with torch.inference_mode():
        return score(model(**inputs).logits.float())


"""

_EMBED = """
tokenizer = AutoTokenizer.from_pretrained(checkpoint)
model = AutoModel.from_pretrained(checkpoint, dtype=dtype).to(device).eval()


def embed(ids):
    \"\"\"A vector of length 1: the mean over the tokens.\"\"\"
    with torch.inference_mode():
        hidden = model(input_ids=torch.tensor([ids], device=device)).last_hidden_state[0]
    return torch.nn.functional.normalize(hidden.float().mean(0), dim=0)


def score(cosines):
    \"\"\"(labels,) -> (labels,).\"\"\"
    if multi_label or len(labels) == 1:  # each label by itself
        return ((cosines - middle) / spread).sigmoid()
    return (cosines / temperature).softmax(-1)


hypotheses = [template.format(label) for label in labels]
table = torch.stack([embed(tokenizer(h)["input_ids"]) for h in hypotheses])  # (labels, width)
"""

_READ_APART = """

def shares(text):
    return score(table @ embed(tokenizer(text)["input_ids"]))


"""

_SIMILAR = f"""
# A text longer than the window is read in windows, averaged by length.
{TAKEN_APART}
{LONGEST}
{WINDOWS}
total = weight = 0
for start in starts:
    part = body[start : start + size]
    total = total + len(part) * score(table @ embed([*head, *part, *tail]))
    weight += len(part)
shares = total / weight
"""

_RANKED = """
scores = [
    {"label": labels[i], "score": float(shares[i])}
    for i in shares.argsort(descending=True).tolist()
]
"""


def snippets(
    card: ModelCard, source: Source, settings: Mapping[str, object]
) -> tuple[Snippet, ...]:
    """Settings: ``text``, ``labels`` (one a line, or a list), ``template``, ``multi_label``.

    With ``method`` the weights of the text's words, for ``label`` or the best one. The pipeline cuts a
    text that does not fit beside a sentence, so such a text has no such level.
    """
    text, template = str(settings.get("text", "")), str(settings.get("template", TEMPLATE))
    given = settings.get("labels", "")
    labels = given.splitlines() if isinstance(given, str) else list(given)  # type: ignore[call-overload]
    asked: dict[str, object] = {
        "text": text,
        "labels": labels,
        "template": template,
        "multi_label": bool(settings.get("multi_label", False)),
    }
    values = {"checkpoint": source.checkpoint, **source.placement}
    apart, body = card.engine == "similarity", _EMBED if card.engine == "similarity" else _LOAD
    if apart:
        values.update((name, card.defaults[name]) for name in ("temperature", "middle", "spread"))
    if "method" in settings:
        if is_long(f"{text} {max(labels, key=len, default='')} {template}", source):
            told = {n: settings[n] for n in ("method", "label") if settings.get(n)}
            own = {n: v for n, v in asked.items() if n != "text"}
            return (engine_code(card, source, "explain", text, {**own, **told}),)
        few, chosen = settings["method"] == "fewest", settings.get("label")
        body += _READ_APART if apart else _READ_TOGETHER
        body += fewest(text) if few else left_out("labels", "labels[best]", text, chosen)
        asked.update(word_values(text))
        result = "left" if few else "weights"
        return _by_hand(source, {**values, **asked}, body, apart=apart, result=result)
    sentence = max((len(label) for label in labels), default=0) + len(template)
    short = not apart and tokens_at_most(text) + sentence + 8 <= window_of(source.config)
    body += (_SIMILAR if apart else _ONCE if short else _WINDOWS) + _RANKED
    given = {**values, **({} if short else {"overlap": OVERLAP}), **asked}
    *ran, by_hand = _by_hand(source, given, body, apart=apart, result="scores")
    if not short or not _as_the_pipeline(source.config):
        return (*ran, by_hand)
    whole = snippet(
        "pipeline", "from transformers import pipeline", {**values, **asked}, _PIPELINE,
        result="scores",
    )  # fmt: skip
    return (*ran, whole, by_hand)


def _by_hand(
    source: Source, values: Mapping[str, object], body: str, *, apart: bool, result: str
) -> tuple[Snippet, ...]:
    """The level "tokenizer and model", and before it that of the variant which computes now.

    Args:
        source, values, body, result: of the code.
        apart: whether text and sentences are read each by itself.
    """
    network = "AutoModel" if apart else "AutoModelForSequenceClassification"
    lines = ["import torch", f"from transformers import {network}, AutoTokenizer"]
    imports = "\n".join(["import re", *lines] if result != "scores" else lines)
    reads = ONE_TEXT if apart else TWO_TEXTS
    return (
        *as_it_ran(source, imports, values, body, reads, result=result),
        snippet("tokenizer and model", imports, values, body, result=result),
    )


def _as_the_pipeline(config: Mapping[str, Any]) -> bool:
    """Whether the pipeline takes the same classes as the engine does; yes while nothing is known."""
    known = config.get("id2label")
    if not known:
        return True
    names = [str(known[str(i)]).lower() for i in range(len(known))]
    try:
        yes, no = entailment_places(names)
    except ValueError:
        return True
    return no == (len(names) - 1 if yes == 0 else 0)
