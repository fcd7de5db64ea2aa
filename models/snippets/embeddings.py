"""Code of embeddings: the feature extraction pipeline, and network, pooling and length by hand.

A search is the same twice, for the query and for the passages, and a product of both.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from models.embedding_recipe import Recipe, read_recipe
from models.embedding_search import Corpus, Prefixed
from models.embeddings import MOST_TOKENS, OVERLAP
from models.snippets.code import LONGEST as LONGEST_TEXT
from models.snippets.code import Snippet, snippet
from models.snippets.engine import engine_code
from models.snippets.reading import LONGEST, WINDOWS
from models.snippets.sizes import tokens_at_most
from models.snippets.source import Source
from models.spec import ModelCard

#: Pooling -> of one text's tokens (tokens, dimensions), and of many texts' (texts, tokens, dimensions).
_POOLED = {
    "mean": ("tokens.mean(0)", "(hidden * mask).sum(1) / mask.sum(1)"),
    "cls": ("tokens[0]", "hidden[:, 0]"),
    "last": ("tokens[-1]", "hidden[torch.arange(len(texts)), mask[..., 0].sum(1) - 1]"),
}
_UNIT = (
    "vectors = torch.nn.functional.normalize(vectors, dim=-1)  # length 1, so a product is a cosine"
)
_IMPORTS = "import torch\nfrom transformers import AutoModel, AutoTokenizer"
_LOAD = """
tokenizer = AutoTokenizer.from_pretrained(checkpoint)
model = AutoModel.from_pretrained(checkpoint, dtype=dtype).to(device).eval()
"""
_PIPELINE = """
reader = pipeline("feature-extraction", model=checkpoint, device=device, dtype=dtype)
vectors = []
for text in texts:
    tokens = torch.tensor(reader({READ})[0])  # (tokens, dimensions): a vector for each token
    vectors.append({POOLED})
vectors = torch.stack(vectors)  # (texts, dimensions): a vector for each text
{UNIT}
cosines = torch.nn.functional.cosine_similarity(vectors[:, None], vectors[None], dim=-1)
"""
_EMBED = """
def embed(texts, prefix):
    inputs = tokenizer(
        [{READ} for text in texts],
        padding=True, padding_side="right", return_tensors="pt",
    ).to(device)
    with torch.inference_mode():
        hidden = model(**inputs).last_hidden_state.float()  # (texts, tokens, dimensions)
    mask = inputs["attention_mask"][..., None]  # 0 where a shorter text was filled up
    vectors = {POOLED}  # (texts, dimensions)
    {UNIT}
    return vectors.cpu()
"""
_WINDOWS = f"""
# A text may be longer than the model's window: its windows are read and averaged by length.
{LONGEST}
longest = min(longest, most)


def embed(texts, prefix):
    vectors = []
    for text in texts:
        encoded = tokenizer({{READ}}, return_special_tokens_mask=True, verbose=False)
        ids, special = encoded["input_ids"], encoded["special_tokens_mask"]
        first, last = special.index(0), len(special) - special[::-1].index(0)
        head, tail = ids[:first], ids[last:]
        lead = tokenizer({{LEAD}}, add_special_tokens=False)["input_ids"]
        body = tokenizer({{BODY}}, add_special_tokens=False, verbose=False)["input_ids"]
        head = [*head, *lead]
        if len(body) + len(head) + len(tail) <= longest:
            head, body = ids[:first], ids[first:last]
{{INDENTED}}
        total = 0
        for start in starts:
            part = body[start : start + size]
            with torch.inference_mode():
                output = model(torch.tensor([[*head, *part, *tail]], device=device))
            tokens = output.last_hidden_state[0].float()  # (tokens, dimensions)
            vectors_of_part = {{POOLED}}
            total = total + len(part) * {{PART}}
        vectors.append(total / sum(len(body[start : start + size]) for start in starts))
    vectors = torch.stack(vectors)
    {{UNIT}}
    return vectors.cpu()
"""
_COSINES = """
vectors = embed(texts, prefix)
cosines = torch.nn.functional.cosine_similarity(vectors[:, None], vectors[None], dim=-1)
"""
_SEARCH = """
asked, read = embed([query], query_prefix), embed(passages, passage_prefix)
scores = torch.nn.functional.cosine_similarity(asked, read)  # one for each passage
best = scores.topk(min(count, len(passages)))
hits = [(passages[i], score) for score, i in zip(best.values.tolist(), best.indices.tolist())]
"""


def snippets(
    card: ModelCard, source: Source, settings: Mapping[str, object]
) -> tuple[Snippet, ...]:
    """Settings: ``texts`` (one a line) and ``role``; of a search ``query``, the ``corpus`` that an earlier
    run has cut, ``count``, ``prefixes`` (whether the model's own are wanted) and ``own``.
    """
    recipe = read_recipe(source.folder, card)
    values = {"checkpoint": source.checkpoint, **source.placement}
    if "query" in settings:
        return _search(card, source, recipe, values, settings)
    texts = [line.strip() for line in str(settings.get("texts", "")).splitlines() if line.strip()]
    role = str(settings.get("role") or "alike")
    prefix = recipe.prefixes.of(role)
    if not _is_plain(recipe):
        return (engine_code(card, source, "embed", texts, {"role": role}),)
    short = _fit(texts, prefix, source, recipe)
    values = {**values, **_limits(recipe, short=short)}
    given = {**values, "prefix": prefix, "texts": texts}
    by_hand = snippet(
        "AutoModel and pooling", _IMPORTS, given, _body(recipe, short=short) + _COSINES,
        result="vectors",
    )  # fmt: skip
    if not short:
        return (by_hand,)
    whole = snippet(
        "feature extraction pipeline", "import torch\nfrom transformers import pipeline", given,
        _filled(_PIPELINE, recipe, 0), result="vectors",
    )  # fmt: skip
    return whole, by_hand


def _search(
    card: ModelCard,
    source: Source,
    recipe: Recipe,
    values: Mapping[str, object],
    settings: Mapping[str, object],
) -> tuple[Snippet, ...]:
    kept = settings.get("corpus")
    passages = [passage.text for passage in kept.passages] if isinstance(kept, Corpus) else []
    query, prefixes = str(settings["query"]), recipe.prefixes
    if not _is_plain(recipe):
        return (engine_code(card, source, "embed", [query, *passages], {"role": "query"}),)
    chosen = Prefixed.chosen(settings.get("prefixes") is not False, str(settings.get("own") or ""))
    before = prefixes.query if chosen.query is None else chosen.query
    ahead = prefixes.passage if chosen.passage is None else chosen.passage
    short = _fit([query, *passages], max(before, ahead, key=len), source, recipe)
    given = {
        **values, **_limits(recipe, short=short), "query_prefix": before, "passage_prefix": ahead,
        "count": int(float(str(settings.get("count") or 5))), "query": query, "passages": passages,
    }  # fmt: skip
    body = _body(recipe, short=short) + _SEARCH
    if sum(map(len, passages)) > LONGEST_TEXT:
        del given["passages"]
        body = (
            '\npassages = json.loads(Path("passages.json").read_text())  # save them there first\n'
            + body
        )
        imports = f"{_IMPORTS}\nimport json\nfrom pathlib import Path"
        return (snippet("AutoModel and pooling", imports, given, body, result="hits"),)
    return (snippet("AutoModel and pooling", _IMPORTS, given, body, result="hits"),)


def _is_plain(recipe: Recipe) -> bool:
    """Whether a line of torch does the pooling."""
    return len(recipe.pooling) == 1 and recipe.pooling[0] in _POOLED and recipe.pools_prefix


def _fit(texts: Sequence[str], prefix: str, source: Source, recipe: Recipe) -> bool:
    """Whether every text surely fits into the model's window, judged without its tokenizer."""
    window = int(source.config.get("max_position_embeddings") or 512)
    window = min(window, recipe.max_tokens or window, 512)
    return all(tokens_at_most(prefix + text) + 8 <= window for text in texts)


def _limits(recipe: Recipe, *, short: bool) -> dict[str, object]:
    return {} if short else {"overlap": OVERLAP, "most": recipe.max_tokens or MOST_TOKENS}


def _body(recipe: Recipe, *, short: bool) -> str:
    """Source that loads the model and defines ``embed``."""
    return _LOAD + (_filled(_EMBED, recipe, 1) if short else _filled(_WINDOWS, recipe, 0))


def _filled(body: str, recipe: Recipe, level: int) -> str:
    """A body with this model's pooling and scaling in it."""
    lower = ".lower()" if recipe.lower else ""
    windows = "\n".join(f"        {line}" for line in WINDOWS.splitlines())
    part = "torch.nn.functional.normalize(vectors_of_part, dim=-1)"
    places = {
        "READ": f"(prefix + text){lower}" if lower else "prefix + text",
        "LEAD": f"prefix{lower}",
        "BODY": f"text{lower}",
        "POOLED": _POOLED[recipe.pooling[0]][level],
        "PART": part if recipe.normalised else "vectors_of_part",
        "UNIT": _UNIT if recipe.normalised else "# this model's files ask for no scaling",
        "INDENTED": windows,
    }
    for name, text in places.items():
        body = body.replace(f"{{{name}}}", text)
    return body
