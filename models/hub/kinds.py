"""What the files of a model tell of the engine that it needs, where its id alone does not.

A model that somebody types under Summarization or Translation may turn texts into texts, or be a
language model that follows instructions; until its files are known its card says ``transformers``.
"""

from __future__ import annotations

from dataclasses import replace

from models.hub.facts import HubFacts
from models.spec import ModelCard

#: Capabilities of which a language model is one kind of engine among others.
_WRITE = frozenset(("summarization", "translation"))


def by_files(card: ModelCard, facts: HubFacts) -> ModelCard:
    """The card with the engine that the files tell; itself where they do not.

    A language model without a fast tokenizer, which the chat can't load, or without a chat template,
    which no task but the chat can use, stays as it is: the task's own loader reads the one, and
    refuses the other before its weights are read.
    """
    if card.capability not in _WRITE or card.engine != "transformers":
        return card
    names = facts.architectures
    causal = bool(names) and all(name.endswith("ForCausalLM") for name in names)
    fast = any(file.name == "tokenizer.json" for file in facts.files)
    return replace(card, engine="causal") if causal and fast and facts.chats else card
