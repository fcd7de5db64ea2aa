"""Assistant starters: a router over MiniLM's embeddings, and SmolLM2 writing calls of tools itself.

The router is the first one because it was measured to be much the better (decision 50); SmolLM2 is there
to be looked at: how a language model calls tools, and how a small one fails at it.
"""

from __future__ import annotations

from models.starter import backbone, embeddings, smollm2
from models.starter.recipe import Starter

STARTERS = (
    Starter(
        card=backbone.card(
            "minilm-router", "assistant", "router", "MiniLM router",
            "No language model: it compares each part of a request with examples and takes arguments "
            "from your words. Quick and steady on plain English requests; it writes nothing itself.",
        ),
        files=embeddings.FILES,
        build=embeddings.build,
        folder="minilm-embeddings",
    ),
    smollm2.starter(
        "smollm2-135m-tools", "assistant",
        "A language model that is too small for tools: it seldom picks the right one. Here to "
        "show what such a model reads and writes, and how it fails.",
        "SmolLM2 135M Instruct, writing calls",
    ),
)  # fmt: skip
