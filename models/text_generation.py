"""Text generation: answers in a conversation, or goes on with a text, one token at a time.

Any causal language model of transformers. Beside the text each token comes with what else might have
stood there, before and after the sampler, and the prompt as the model really read it.
Task: https://huggingface.co/tasks/text-generation
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from functools import cached_property, partial
from typing import Any

from models.conversation import MAX_CHARACTERS, checked, without_oldest
from models.errors import InputError, ModelUnsupported
from models.generated_text import LISTED, Alternative, Asked, Generation, Prompt
from models.generation import Generator
from models.generation_course import Course
from models.next_token import Outlook, outlook
from models.sampler import Sampler
from models.sampling import Choice, Rival, note_choice
from models.spec import Placement, Weights
from models.stop import NEVER, StopToken
from models.token_loading import load_tokenizer
from models.tokenizer import TokenizerEngine
from models.tokens import Tokenization


class TextGenerationEngine:
    """Writes with one causal language model.

    Args:
        generator: the model; engines of other capabilities write with it too (``models.lending``).
        reader: its tokenizer, for chat templates and for the bytes of single tokens.
        recommended: sampler settings that the model's makers ship with it, by transformers' names.

    Attributes:
        window: tokens that the model can hold.
        has_template: whether it can chat; every model can go on with a text.
        takes_tools: whether its chat template writes tools into the prompt.
        control_tokens: what begins and ends turns in its vocabulary, beside other control tokens.
    """

    reentrant = True

    def __init__(
        self, generator: Generator, reader: TokenizerEngine, recommended: dict[str, float]
    ) -> None:
        self.generator, self._reader, self.recommended = generator, reader, recommended
        self.memory_bytes, self.batched = generator.memory_bytes, generator.batched
        self.window, self.has_template = generator.window, reader.has_template
        self.control_tokens = tuple(reader.special_tokens)

    @cached_property
    def takes_tools(self) -> bool:
        """See the class."""
        return self._reader.takes_tools

    def write(
        self,
        asked: Asked,
        sampler: Sampler | None = None,
        *,
        drop_oldest: bool = False,
        alternatives: bool = True,
        stop: StopToken = NEVER,
    ) -> Iterator[Generation]:
        """Writes an answer, or goes on with a text.

        Args:
            asked: a text to go on with; or messages, the last of them the user's, or the beginning
                of the assistant's answer, which is then gone on with.
            sampler: how tokens are chosen; the defaults of ``Sampler`` when None.
            drop_oldest: leave the oldest questions and answers out where the conversation and the
                longest answer do not fit the window; else a full window is an error.
            alternatives: note at each token what else might have come.
            stop: polled at every token.

        Yields:
            The text so far, at every token; the last one says why it ended.

        Raises:
            InputError: when there is nothing to answer, a setting is out of range, or the window is
                too small for the prompt.
            ModelUnsupported: when messages are given to a model that can't chat.
        """
        sampler = sampler or Sampler()
        sampler.check()
        began = time.perf_counter()
        read = self._fitted(asked, sampler.max_new_tokens, drop_oldest)
        yield from self._write(read, sampler, stop, began, alternatives=alternatives)

    def converse(
        self, messages: Sequence[dict[str, Any]], sampler: Sampler, *,
        tools: Sequence[dict[str, Any]] = (), stop: StopToken = NEVER,
    ) -> Iterator[Generation]:  # fmt: skip
        """Writes one turn of a conversation in which tools may be called.

        Args:
            messages: as chat templates take them, ``tool_calls`` and messages of tools among them.
            sampler: how tokens are chosen.
            tools: JSON schemas of functions; none where the template takes none, see ``takes_tools``.
            stop: polled at every token.

        Yields, raises:
            See ``write``.
        """
        sampler.check()
        began = time.perf_counter()
        self._check_template()
        chat = self._reader.chat(messages, tools=tools)
        prompt, ids = _prompt(chat.rendered)
        self._check_room(ids, "Begin a new conversation, or attach a shorter text.")
        yield from self._write((prompt, ids, 0), sampler, stop, began, alternatives=False)

    def _write(
        self, read: tuple[Prompt, list[int], int], sampler: Sampler, stop: StopToken, began: float,
        *, alternatives: bool,
    ) -> Iterator[Generation]:  # fmt: skip
        """Writes after a prompt; ``read`` is the prompt, its ids and the messages left out of it."""
        prompt, ids, dropped = read
        seed, limit = sampler.seed_or_lot(), min(sampler.max_new_tokens, self.window - len(ids))
        blank = Generation(
            prompt.begun, (), 0, prompt, self.window, limit, dropped,
            None if sampler.greedy else seed, "", None, 0.0, tuple(self.recommended.items()),
        )  # fmt: skip
        watch = partial(note_choice, drawn=not sampler.greedy) if alternatives else None
        options = sampler.options(limit, seed)
        answers = self.generator.write(ids, options, stop=stop, watch=watch, joined=True)
        yield from Course(self.named, blank, sampler, began).run(answers)

    def look(
        self, asked: Asked, sampler: Sampler | None = None, *, stop: StopToken = NEVER
    ) -> Outlook:
        """What may come next, before and after the sampler, and at other temperatures.

        Args:
            asked: see ``write``.
            sampler: see ``write``; seed, limit and stop strings say nothing here.
            stop: polled while the prompt is read.

        Raises:
            InputError, ModelUnsupported: see ``write``.
            Stopped: when Stop was asked for.
        """
        sampler = sampler or Sampler()
        sampler.check()
        prompt, ids, _ = self._fitted(asked, 1, drop_oldest=False)

        def watch(logits: Any, scores: Any, token: int) -> tuple[Choice, Any]:
            choice = note_choice(logits, scores, token, drawn=not sampler.greedy)
            return choice, logits[0].cpu().numpy()

        seen: Any = self.generator.look(ids, sampler.options(1, 0), watch, stop=stop)
        choice, logits = seen
        return outlook(logits, map(self.named, choice.rivals), self._reader.piece, prompt.count)

    def named(self, rival: Rival) -> Alternative:
        """A token with its bytes as text."""
        return Alternative(rival.id, self._reader.piece(rival.id), rival.before, rival.after)

    def _fitted(
        self, asked: Asked, wanted: int, drop_oldest: bool
    ) -> tuple[Prompt, list[int], int]:
        """The prompt with room for an answer, its ids, and how many messages were left out.

        Args:
            asked: see ``write``.
            wanted: tokens of the longest answer.
            drop_oldest: whether messages may be left out.
        """
        if not isinstance(asked, str):
            asked = checked(asked)
        prompt, ids = self._read(asked)
        whole = asked
        while drop_oldest and not isinstance(asked, str) and len(ids) + wanted > self.window:
            shorter = without_oldest(asked)
            if shorter is None:
                break
            asked = shorter
            prompt, ids = self._read(asked)
        short = isinstance(asked, str) or len(asked) < 3
        self._check_room(
            ids,
            "Shorten the text, or choose a model with a longer window."
            if short
            else "Begin a new conversation, or let the oldest messages be left out.",
        )
        return prompt, ids, len(whole) - len(asked)

    def _check_room(self, ids: Sequence[int], hint: str) -> None:
        if len(ids) >= self.window:
            raise InputError(
                f"That is {len(ids):,} tokens, and this model can hold {self.window:,}, its answer "
                "included.",
                hint=hint,
            )

    def _check_template(self) -> None:
        if not self.has_template:
            raise ModelUnsupported(
                "This model has no chat template: it goes on with texts and knows no conversations.",
                hint="Choose 'Complete a text', or an instruct or chat model.",
            )

    def _read(self, asked: Asked) -> tuple[Prompt, list[int]]:
        if isinstance(asked, str):
            if len(asked) > MAX_CHARACTERS:
                raise InputError(
                    f"The text has {len(asked):,} characters; up to {MAX_CHARACTERS:,} fit.",
                    hint="Shorten it.",
                )
            if not asked.strip():
                raise InputError("There is no text to go on with.", hint="Write its beginning.")
            return _prompt(self._reader.tokenize(asked))
        return self._rendered(list(asked))

    def _rendered(self, messages: list[Any]) -> tuple[Prompt, list[int]]:
        """A conversation through the chat template, with the answer's opening at its end."""
        begun = messages.pop()["content"] if messages and _is_answer(messages[-1]) else ""
        if not messages or messages[-1]["role"] != "user":
            raise InputError("There is no message.", hint="Write one.")
        self._check_template()
        chat = self._reader.chat(messages)
        prompt, ids = _prompt(chat.rendered)
        more = self.generator.encode(begun) if begun else []
        count = len(ids) + len(more)
        return replace(
            prompt, text=prompt.text + begun, count=count, remarks=chat.remarks, begun=begun
        ), [*ids, *more]


def _is_answer(message: Any) -> bool:
    return bool(message["role"] == "assistant")


def _prompt(read: Tokenization) -> tuple[Prompt, list[int]]:
    ids = [token.id for token in read.tokens]
    return Prompt(read.text, len(ids), tuple(read.tokens[:LISTED])), ids


def recommended(config: Any) -> dict[str, float]:
    """The sampler that a model's makers ship with it; empty when they name none."""
    if not getattr(config, "do_sample", False):
        return {}
    names = ("temperature", "top_k", "top_p", "min_p", "repetition_penalty")
    return {name: value for name in names if (value := getattr(config, name, None)) is not None}


def load_causal(weights: Weights, placement: Placement) -> TextGenerationEngine:
    """Builds the engine from a standard Hugging Face folder.

    Raises:
        ModelUnsupported: when the model does not go on with texts, or its tokenizer is a slow one.
    """
    import torch
    from transformers import AutoConfig, AutoModelForCausalLM

    config = AutoConfig.from_pretrained(weights.folder, local_files_only=True)
    names = getattr(config, "architectures", None) or []
    if config.is_encoder_decoder or not any(n.endswith(("CausalLM", "LMHeadModel")) for n in names):
        raise ModelUnsupported(
            f"{weights.card.id} is {', '.join(names) or 'no known architecture'}, which does not go "
            "on with texts.",
            hint="Choose a chat model or another causal language model.",
        )
    tokenizer = load_tokenizer(weights.folder)
    if not getattr(tokenizer, "is_fast", False):
        raise ModelUnsupported(
            f"{weights.card.id} has a slow tokenizer, which can't tell the bytes of its tokens.",
            hint="Choose a model with a tokenizer.json.",
        )
    model = AutoModelForCausalLM.from_pretrained(
        weights.folder, dtype=getattr(torch, placement.dtype), local_files_only=True
    )
    own = recommended(model.generation_config)
    generator = Generator(model.to(placement.device).eval(), tokenizer, placement.device)
    return TextGenerationEngine(generator, TokenizerEngine(tokenizer), own)


LOADERS: dict[str, Callable[[Weights, Placement], TextGenerationEngine]] = {
    "transformers": load_causal,
    "causal": load_causal,
}
