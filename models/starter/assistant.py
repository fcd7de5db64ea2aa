"""Assistant starters: a router over MiniLM's embeddings, and SmolLM2 writing calls of tools itself.

The router is the first one because it was measured to be much the better (decision 50); SmolLM2 is there
to be looked at: how a language model calls tools, and how a small one fails at it.
"""

from __future__ import annotations

from models.spec import ModelCard
from models.starter import embeddings, smollm2
from models.starter.recipe import Starter

STARTERS = (
    Starter(
        card=ModelCard(
            id="starter/minilm-router",
            capability="assistant",
            engine="router",
            title="MiniLM router",
            licence="Apache-2.0",
            languages=("en",),
            size_bytes=91_000_000,
            parameters=22_700_000,
            original="sentence-transformers/all-MiniLM-L6-v2",
            notes="No language model: it compares each part of a request with examples and takes arguments "
            "from your words. Quick and steady on plain English requests; it writes nothing itself.",
            tier="starter",
        ),
        files=embeddings.FILES,
        build=embeddings.build,
        folder="minilm-embeddings",
    ),
    Starter(
        card=ModelCard(
            id="starter/smollm2-135m-tools",
            capability="assistant",
            engine="causal",
            title="SmolLM2 135M Instruct, writing calls",
            licence="Apache-2.0",
            languages=("en",),
            size_bytes=smollm2.SIZE_BYTES,
            parameters=smollm2.PARAMETERS,
            original="HuggingFaceTB/SmolLM2-135M-Instruct",
            notes="A language model that is too small for tools: it seldom picks the right one. Here to "
            "show what such a model reads and writes, and how it fails.",
            tier="starter",
        ),
        files=smollm2.FILES,
        build=smollm2.build,
        folder="smollm2-135m",
    ),
)
