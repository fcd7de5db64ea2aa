"""Text generation starter: SmolLM2, the same files as the summarization starter's, for chats and texts."""

from __future__ import annotations

from models.spec import ModelCard
from models.starter import smollm2
from models.starter.recipe import Starter

STARTERS = (
    Starter(
        card=ModelCard(
            id="starter/smollm2-135m-chat",
            capability="text_generation",
            engine="causal",
            title="SmolLM2 135M Instruct",
            licence="Apache-2.0",
            languages=("en",),
            size_bytes=smollm2.SIZE_BYTES,
            parameters=smollm2.PARAMETERS,
            original="HuggingFaceTB/SmolLM2-135M-Instruct",
            notes=(
                "A very small chat model, quick on any machine: fluent English, short explanations, "
                "simple rewriting. It states wrong facts with confidence, can't calculate, and "
                "loses the thread after a few turns."
            ),
            tier="starter",
        ),
        files=smollm2.FILES,
        build=smollm2.build,
        folder="smollm2-135m",
    ),
)
