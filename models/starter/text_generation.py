"""Text generation starter: SmolLM2, the same files as the summarization starter's, for chats and texts."""

from __future__ import annotations

from models.starter import smollm2

STARTERS = (
    smollm2.starter(
        smollm2.CHAT, "text_generation",
        "A very small chat model, quick on any machine: fluent English, short explanations, "
        "simple rewriting. It states wrong facts with confidence, can't calculate, and "
        "loses the thread after a few turns.",
    ),
)  # fmt: skip
