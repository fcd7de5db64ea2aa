"""What a model's own settings say of its answers: how much it reads, where an answer ends, how it decodes."""

from __future__ import annotations

import copy
from typing import Any

#: Tokens that end a turn in common chat templates; those in a model's vocabulary end its answer.
END_OF_TURN = ("<|im_end|>", "<|eot_id|>", "<|end|>", "<end_of_turn>", "<|endoftext|>", "</s>")
#: Window assumed when neither the configuration nor the tokenizer names one, in tokens.
DEFAULT_WINDOW = 512
_UNLIMITED = 10**9


def greedy(own: Any) -> Any:
    """A model's own generation settings without beams, sampling and length limits."""
    config = copy.deepcopy(own)
    config.update(
        do_sample=False, num_beams=1, early_stopping=False, length_penalty=1.0, temperature=None,
        top_p=None, top_k=None, min_length=None, max_length=None, min_new_tokens=None,
    )  # fmt: skip
    return config


def window_of(config: Any, tokenizer: Any) -> int:
    """Most tokens the model can read at once: the least of what configuration and tokenizer say."""
    sizes = [
        getattr(config, name, None)
        for name in ("max_position_embeddings", "n_positions", "max_encoder_position_embeddings")
    ]
    sizes.append(tokenizer.model_max_length)
    known = [int(size) for size in sizes if size and size < _UNLIMITED]
    return min(known, default=DEFAULT_WINDOW)


def end_ids(model: Any, tokenizer: Any, *, chat: bool) -> frozenset[int]:
    """Ids that end an answer: the model's, the tokenizer's and, for chats, the end of a turn."""
    own = getattr(model.generation_config, "eos_token_id", None)
    ids = {own} if isinstance(own, int) else set(own or ())
    if tokenizer.eos_token_id is not None:
        ids.add(tokenizer.eos_token_id)
    if chat:
        for token in END_OF_TURN:  # one by one: a copy of the vocabulary would hold all threads up
            number = tokenizer.convert_tokens_to_ids(token)
            if number is not None and tokenizer.convert_ids_to_tokens(number) == token:
                ids.add(number)
    return frozenset(int(i) for i in ids)
