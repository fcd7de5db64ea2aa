"""Code of the tokenizer's views: cutting a text, rendering a chat, decoding ids."""

from __future__ import annotations

import re
from collections.abc import Mapping

from models.snippets.code import Expression, Snippet, literal, snippet
from models.snippets.source import Source
from models.spec import ModelCard
from models.token_embeddings import MAX_TOKENS, NEIGHBOURS, find_table, has_table

_IMPORTS = "from transformers import AutoTokenizer"
#: Where the embedding table of a BERT lies: its tensor, and its file.
_USUAL = ("embeddings.word_embeddings.weight", "model.safetensors")

_LOAD = """
tokenizer = AutoTokenizer.from_pretrained(checkpoint)
"""

_TEXT = """
encoded = tokenizer(
    text, add_special_tokens=special_tokens, return_offsets_mapping=True, verbose=False
)
ids = encoded["input_ids"]
tokens = tokenizer.convert_ids_to_tokens(ids)  # as the vocabulary spells them
pieces = [text[start:end] for start, end in encoded["offset_mapping"]]
"""

_BY_HAND = """
core = tokenizer.backend_tokenizer  # the tokenizers library: normaliser, pre-tokenizer, model, ...
encoding = core.encode(text, add_special_tokens=special_tokens)
ids, tokens = encoding.ids, encoding.tokens
pieces = [text[start:end] for start, end in encoding.offsets]
"""

_CHAT = """
rendered = tokenizer.apply_chat_template(
    messages,OWN tokenize=False, add_generation_prompt=reply
)
ids = tokenizer(rendered, add_special_tokens=False)["input_ids"]
"""

_SEVERAL = """
costs = []
for checkpoint, commit in checkpoints:
    tokenizer = AutoTokenizer.from_pretrained(checkpoint, revision=commit)
    ids = tokenizer(text, add_special_tokens=False, verbose=False)["input_ids"]
    costs.append(
        {
            "tokens": len(ids),
            "characters_per_token": len(text) / len(ids),
            "bytes_per_token": len(text.encode()) / len(ids),
        }
    )
fewest = min(cost["tokens"] for cost in costs)
for cost in costs:
    cost["relative_cost"] = cost["tokens"] / fewest
"""

_STEPS = """
core = tokenizer.backend_tokenizer  # the tokenizers library
# Tokens that were added to the vocabulary are cut out first; here the text spells none of them.
normalised = core.normalizer.normalize_str(text) if core.normalizer else text
cut = core.pre_tokenizer.pre_tokenize_str(normalised) if core.pre_tokenizer else [(normalised, None)]
pieces = [piece for piece, _ in cut]
made = [core.model.tokenize(piece) for piece in pieces]
tokens = [[token.value for token in group] for group in made]
ids = [token.id for group in made for token in group]
final = core.encode(text).tokens  # the post-processor puts special tokens around them
"""

_EMBEDDINGS = f"""
ids = tokenizer(text, add_special_tokens=False)["input_ids"][:{MAX_TOKENS}]
with safe_open(weights, framework="pt") as file:
    table = file.get_tensor(tensor).float()  # (rows, dimensions): a row for each id
vectors = table[ids]  # (tokens, dimensions)

# The ids whose rows point the same way.
unit = torch.nn.functional.normalize(table, dim=-1)
cosines = unit[ids] @ unit.T  # (tokens, rows)
cosines[range(len(ids)), ids] = -2  # each is nearest to itself
nearest = cosines.topk({NEIGHBOURS})
pieces = [[tokenizer.decode([i]) for i in row] for row in nearest.indices.tolist()]
"""

_IDS = """
text = tokenizer.decode(
    ids, skip_special_tokens=not special_tokens, clean_up_tokenization_spaces=False
)
"""


def snippets(
    card: ModelCard, source: Source, settings: Mapping[str, object]
) -> tuple[Snippet, ...]:
    """Settings: ``special_tokens`` with ``text`` or ``ids`` (as typed), or what a view is about.

    ``messages`` and ``reply``, maybe ``tools`` and ``template``: a chat. ``models`` with ``text``:
    several tokenizers, each as (checkpoint, commit or None). ``view`` with ``text``: the ``steps``, or
    the ``embeddings``.
    """
    special = bool(settings.get("special_tokens", True))
    imports = _IMPORTS
    values: dict[str, object] = {"checkpoint": source.checkpoint, **source.pin}
    if "messages" in settings:
        return (_chat(values, settings),)
    if "models" in settings or "view" in settings:
        return (_view(card, source, values, settings),)
    values["special_tokens"] = special
    if "ids" in settings:
        values["ids"] = [int(n) for n in re.findall(r"\d{1,10}", str(settings["ids"]))]
        return (snippet("tokenizer", imports, values, _LOAD + _IDS, result="text"),)
    values["text"] = str(settings.get("text", ""))
    return (
        snippet("transformers", imports, values, _LOAD + _TEXT, result="ids"),
        snippet("tokenizers library", imports, values, _LOAD + _BY_HAND, result="ids"),
    )


def _chat(values: dict[str, object], settings: Mapping[str, object]) -> Snippet:
    own = {n: settings[n] for n in ("tools", "template") if settings.get(n)}
    told = {"tools": " tools=tools,", "template": " chat_template=template,"}
    body = (_LOAD + _CHAT).replace("OWN", "".join(told[name] for name in own))
    given = {**values, "reply": bool(settings.get("reply", True)), **own}
    given["messages"] = settings["messages"]
    return snippet("tokenizer", _IMPORTS, given, body, result="rendered")


def _view(
    card: ModelCard, source: Source, values: dict[str, object], settings: Mapping[str, object]
) -> Snippet:
    text = str(settings.get("text", ""))
    if "models" in settings:
        given = {"checkpoints": settings["models"], "text": text}
        return snippet("tokenizers", _IMPORTS, given, _SEVERAL, result="costs")
    if settings["view"] == "steps":
        given = {**values, "text": text}
        return snippet("tokenizers library", _IMPORTS, given, _LOAD + _STEPS, result="ids")
    folder = source.folder
    table = find_table(folder, 1) if folder is not None and has_table(folder) else None
    tensor, file = (table.name, table.file) if table else _USUAL
    lies, found = "", source.inside(file)
    if card.is_hub:
        lies = "\nfrom huggingface_hub import hf_hub_download"
        pinned = ", revision=revision" if source.revision else ""
        found = Expression(f"hf_hub_download(checkpoint, {literal(file)}{pinned})")
    return snippet(
        "tokenizer and table", f"{_IMPORTS}\nimport torch\nfrom safetensors import safe_open{lies}",
        {**values, "weights": found, "tensor": tensor, "text": text}, _LOAD + _EMBEDDINGS,
        result="vectors",
    )  # fmt: skip
