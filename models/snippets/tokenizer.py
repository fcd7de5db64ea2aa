"""Code of the tokenizer's views: cutting a text, rendering a chat, decoding ids."""

from __future__ import annotations

import re
from collections.abc import Mapping

from models.snippets.code import Snippet, snippet
from models.snippets.source import Source
from models.spec import ModelCard

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
rendered = tokenizer.apply_chat_template(messages, tokenize=False, add_generation_prompt=reply)
ids = tokenizer(rendered, add_special_tokens=False)["input_ids"]
"""

_IDS = """
text = tokenizer.decode(
    ids, skip_special_tokens=not special_tokens, clean_up_tokenization_spaces=False
)
"""


def snippets(
    card: ModelCard, source: Source, settings: Mapping[str, object]
) -> tuple[Snippet, ...]:
    """Settings: ``special_tokens`` with ``text`` or ``ids`` (as typed), or ``messages``, ``reply``."""
    special = bool(settings.get("special_tokens", True))
    imports = "from transformers import AutoTokenizer"
    values: dict[str, object] = {"checkpoint": source.checkpoint, **source.pin}
    if "messages" in settings:
        values |= {"reply": bool(settings.get("reply", True)), "messages": settings["messages"]}
        return (snippet("tokenizer", imports, values, _LOAD + _CHAT, result="rendered"),)
    values["special_tokens"] = special
    if "ids" in settings:
        values["ids"] = [int(n) for n in re.findall(r"\d{1,10}", str(settings["ids"]))]
        return (snippet("tokenizer", imports, values, _LOAD + _IDS, result="text"),)
    values["text"] = str(settings.get("text", ""))
    return (
        snippet("transformers", imports, values, _LOAD + _TEXT, result="ids"),
        snippet("tokenizers library", imports, values, _LOAD + _BY_HAND, result="ids"),
    )
