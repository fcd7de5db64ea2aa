"""Writes the answers of many callers at once, a token each in every step; newcomers join between steps.

Prompts of causal models are read in pieces, then join the group that is being written (continuous
batching); answers of seq2seq models that begin together are a group of their own, since their decoders
count positions from a common start. Each answer has its own rules, limit and stop. Who begins when is
decided in ``models.decoding_steps``.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from models.caller import Caller, current
from models.decoding_answers import Answer, Plan, Told, news
from models.decoding_groups import CausalGroup, Group, SeqGroup
from models.decoding_steps import Steps
from models.stop import StopToken


class Decoder(Steps[Answer]):
    """The answers of one model.

    Args:
        model: a transformers model with ``generate`` that ``can_share`` accepts.
        device: torch device string of the model.
    """

    def __init__(self, model: Any, device: str) -> None:
        kind: type[Group[Answer]] = SeqGroup if model.config.is_encoder_decoder else CausalGroup
        super().__init__(kind, model, device)

    def write(self, plan: Plan, stop: StopToken) -> Iterator[Told]:
        """The tokens of an answer as they are written; ends early when Stop is asked for.

        Raises:
            Exception: whatever the network raises on this prompt.
        """
        caller = current() or Caller(object())
        answer = Answer(stop, plan)
        self.ask(answer)
        try:
            while (found := news(answer)) is not None:
                caller.tally.rows += 1
                caller.tally.shared += found.shared
                yield found
        finally:
            answer.left = True


def can_share(model: Any) -> bool:
    """Whether a model's answers can be written together: it is one of the kinds that were tried.

    Causal models must take ``position_ids`` and keep plain keys and values in every layer (no sliding
    windows, no states); seq2seq models must be of the families below.
    """
    from inspect import signature

    if not callable(getattr(model, "forward", None)):
        return False
    from transformers import DynamicCache
    from transformers.cache_utils import DynamicLayer

    if model.config.is_encoder_decoder:
        return model.config.model_type in SEQ2SEQ
    layers = DynamicCache(config=model.config).layers
    plain = all(type(layer) is DynamicLayer for layer in layers)
    return plain and "position_ids" in signature(model.forward).parameters


#: Families of seq2seq models whose decoders were tried in groups.
SEQ2SEQ = frozenset({"bart", "mbart", "t5", "mt5", "umt5", "marian", "m2m_100", "pegasus"})
