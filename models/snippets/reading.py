"""Source text that several capabilities share: how a text longer than the window is read."""

from __future__ import annotations

#: Sets ``longest`` from ``tokenizer`` and ``model``: tokens read at once, special ones included.
LONGEST = """
longest = model.config.max_position_embeddings
if model.config.model_type in ("roberta", "xlm-roberta", "camembert", "mpnet", "longformer"):
    longest -= model.config.pad_token_id + 1  # their table of positions starts later
longest = min(longest, tokenizer.model_max_length)
""".strip()

#: Sets ``head``, ``body`` and ``tail`` from ``tokenizer`` and ``text``: its ids, and the special ones around.
TAKEN_APART = """
encoded = tokenizer(text, return_special_tokens_mask=True, verbose=False)
ids, special = encoded["input_ids"], encoded["special_tokens_mask"]
first, last = special.index(0), len(special) - special[::-1].index(0)
head, body, tail = ids[:first], ids[first:last], ids[last:]
""".strip()

#: Sets ``size`` and ``starts`` from ``longest``, ``head``, ``body``, ``tail`` and ``overlap``.
WINDOWS = """
size = longest - len(head) - len(tail)
step = size - min(overlap, size // 4)
starts = [*range(0, len(body) - size, step), max(0, len(body) - size)]
""".strip()

#: Sets ``edges``: the window number i counts for the tokens from ``edges[i]`` to ``edges[i + 1]``.
EDGES = """
edges = [0, *((a + size - 1 + b) // 2 + 1 for a, b in pairwise(starts)), len(body)]
""".strip()
