"""Writes text token by token with any seq2seq model or causal language model, behind one interface.

Knows tokens and chat templates, nothing of summaries or translations. Decoding is greedy unless a
call asks for a draw, ends at the end of the turn, and can't run for ever: a token limit, a repetition
penalty, and a guard that ends the run when the tail repeats itself. Papers of the rules against repetition:
https://arxiv.org/abs/1909.05858 (penalty) and https://arxiv.org/abs/1705.04304 (n-grams).
"""

from __future__ import annotations

import copy
import threading
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any

from models.decoding import Decoder, can_share
from models.decoding_answers import Answer, Plan, Told, Watch
from models.device import tensor_bytes
from models.errors import ModelUnsupported, Stopped
from models.generation_hooks import Chosen, Halt, Pressed, Streamer, loops
from models.generation_limits import end_ids, greedy, window_of
from models.sampling import Sampling
from models.special_tokens import frame
from models.stepwise import stepwise
from models.stop import NEVER, StopToken


@dataclass(frozen=True)
class Options:
    """How to decode.

    Attributes:
        max_new_tokens: longest answer, >= 1.
        min_new_tokens: the answer can't end before, >= 0.
        repetition_penalty: divides the scores of tokens that were written already; 1 is none.
        no_repeat_ngram: no n-gram of this many tokens is written twice; 0 is no such rule.
        forced_bos_token: id of the first token, such as a target language; None for the model's own.
        sampling: how tokens are drawn; None takes the likeliest.
    """

    max_new_tokens: int
    min_new_tokens: int = 0
    repetition_penalty: float = 1.0
    no_repeat_ngram: int = 0
    forced_bos_token: int | None = None
    sampling: Sampling | None = None


@dataclass(frozen=True)
class Written:
    """An answer so far.

    Attributes:
        text: decoded, without special tokens and without half characters at the end.
        tokens: how many were written.
        ended: whether the model itself ended it; False for the token limit, Stop or a loop.
        seen: what ``watch`` made of the newest token; of a whole answer, of the token that ended it.
    """

    text: str
    tokens: int
    ended: bool = False
    seen: object = None


class Generator:
    """Writes with one model. Safe to call from several threads: no state is kept between calls.

    Args:
        model: a transformers model with ``generate``; its generation settings are made greedy.
        tokenizer: its tokenizer; only called without truncation and padding.
        device: torch device string of the model.
    """

    def __init__(self, model: Any, tokenizer: Any, device: str) -> None:
        self._model, self._tokenizer, self._device = model, tokenizer, device
        # Tokenizers written in Python may keep state while they encode: one caller at a time.
        self._lock = threading.Lock()
        self.is_seq2seq = bool(model.config.is_encoder_decoder)
        self.window = window_of(model.config, tokenizer)
        self.memory_bytes = tensor_bytes(model)
        self._before, self._after = frame(tokenizer) if self.is_seq2seq else ([], [])
        # Set on the model itself: ``generate`` takes what a call leaves open from there.
        model.generation_config = greedy(model.generation_config)
        self._ends = end_ids(model, tokenizer, chat=not self.is_seq2seq)
        self._decoder = Decoder(model, device) if can_share(model) else None
        #: Whether the answers of many callers are written together.
        self.batched = self._decoder is not None

    @property
    def tokenizer(self) -> Any:
        """The tokenizer, for questions about its vocabulary."""
        return self._tokenizer

    def encode(self, text: str) -> list[int]:
        """Ids of a text without special tokens."""
        with self._lock:
            ids = self._tokenizer(text, add_special_tokens=False, verbose=False)["input_ids"]
        return [int(i) for i in ids]

    def framed(self, text: str) -> list[int]:
        """Ids of a text as a seq2seq model wants it, with the special tokens around it."""
        return [*self._before, *self.encode(text), *self._after]

    def asked(self, instruction: str, text: str) -> list[int]:
        """Ids of a chat with one user message, ready for the assistant's answer.

        Raises:
            ModelUnsupported: when the tokenizer has no chat template.
        """
        if not getattr(self._tokenizer, "chat_template", None):
            raise ModelUnsupported(
                "This language model has no chat template, so it can't be told what to do.",
                hint="Choose an instruct or chat model.",
            )
        messages = [{"role": "user", "content": f"{text}\n\n{instruction}".strip()}]
        prompt = self._tokenizer.apply_chat_template(
            messages, add_generation_prompt=True, tokenize=False
        )
        return self.encode(prompt)

    def write(
        self,
        ids: Sequence[int],
        options: Options,
        *,
        stop: StopToken = NEVER,
        watch: Watch | None = None,
        joined: bool = False,
    ) -> Iterator[Written]:
        """Writes the answer to a prompt.

        Args:
            ids: the whole prompt or source, special tokens included, at most ``window`` long.
            options: how to decode.
            stop: polled at every token.
            watch: looks on at every token; see ``models.decoding_answers.Watch``.
            joined: whether the text is to stand behind the prompt's, with the space between them
                that decoders of some vocabularies leave out at a beginning.

        Yields:
            The answer so far, at every token; the last one says whether it ended by itself.

        Raises:
            Stopped: when Stop was asked for; what was yielded before stays valid.
        """
        stop.check()
        written, before = list[int](), list(ids[-1:]) if joined else []
        last: object = None
        for told in self._tokens(ids, options, stop, watch):
            if told.token in self._ends:
                last = told.seen
                break
            if not written and told.token == options.forced_bos_token:
                continue
            written.append(told.token)
            yield Written(self._decode(written, before), len(written), seen=told.seen)
        stop.check()
        limit_hit = len(written) >= options.max_new_tokens
        ended = not limit_hit and not loops(written)
        yield Written(self._decode(written, before), len(written), ended, last)

    def look(
        self, ids: Sequence[int], options: Options, watch: Watch, *, stop: StopToken = NEVER
    ) -> object:
        """What ``watch`` makes of the token that would follow a prompt; see ``write``.

        Raises:
            Stopped: when Stop was asked for.
        """
        for told in self._tokens(ids, replace(options, max_new_tokens=1), stop, watch):
            return told.seen
        raise Stopped

    def _tokens(
        self, ids: Sequence[int], options: Options, stop: StopToken, watch: Watch | None = None
    ) -> Iterator[Told]:
        """Tokens as they are written, together with other callers' where the model allows it."""
        seed = options.sampling.seed if options.sampling else None
        plan = Plan(
            tuple(ids), options.max_new_tokens, self._ends, loops, self._configured(options),
            seed, watch,
        )  # fmt: skip
        if self._decoder is not None:
            return self._decoder.write(plan, stop)
        if seed is None and watch is None:
            return stepwise(lambda report: self._generate(ids, options, stop, report))
        return stepwise(lambda report: self._choose(plan, stop, report))

    def ids_written(self, ids: Sequence[int], options: Options) -> list[int]:
        """The ids of a whole answer, without the one that ends it."""
        found = [told.token for told in self._tokens(ids, options, NEVER)]
        return found[:-1] if found and found[-1] in self._ends else found

    def beams(
        self, ids: Sequence[int], options: Options, count: int, *, stop: StopToken = NEVER
    ) -> list[str]:
        """The best ``count`` answers by beam search, best first, each once.

        Args:
            ids: the whole prompt or source, special tokens included.
            options: how to decode; the rules against repetition hold in each beam.
            count: beams kept, 2 to 8.
            stop: polled at every token.

        Raises:
            Stopped: when Stop was asked for.
        """
        import torch

        config = self._configured(options)
        config.update(num_beams=count, num_return_sequences=count, early_stopping=True)
        source = torch.tensor([list(ids)], device=self._device)  # (1, tokens)
        prompt = 1 if self.is_seq2seq else len(ids)
        rows = self._model.generate(
            input_ids=source,
            attention_mask=torch.ones_like(source),
            generation_config=config,
            stopping_criteria=[Pressed(stop)],
        )
        stop.check()
        texts = [self._decode(row[prompt:].tolist()).strip() for row in rows]
        return [text for text in dict.fromkeys(texts) if text]

    def _generate(
        self,
        ids: Sequence[int],
        options: Options,
        stop: StopToken,
        report: Callable[[Told], None],
        processors: Sequence[Any] = (),
    ) -> None:
        import torch

        source = torch.tensor([list(ids)], device=self._device)  # (1, tokens)
        more = {"logits_processor": list(processors)} if processors else {}
        self._model.generate(
            input_ids=source,
            attention_mask=torch.ones_like(source),
            generation_config=self._configured(options),
            streamer=Streamer(report),
            stopping_criteria=[Halt(stop, 1 if self.is_seq2seq else len(ids))],
            **more,
        )

    def _choose(self, plan: Plan, stop: StopToken, report: Callable[[Told], None]) -> None:
        """Writes alone, but with the rules and the dice of an answer that is written together."""
        answer = Answer(stop, plan)
        answer.prepare(self._model, self._device)

        def told(token: Told) -> None:
            report(Told(token.token, 1, answer.mail.get_nowait().seen))  # type: ignore[union-attr]

        self._generate(plan.ids, Options(plan.limit), stop, told, [Chosen(answer)])

    def _configured(self, options: Options) -> Any:
        """The model's own settings, made greedy, with the options of one call."""
        config = copy.deepcopy(self._model.generation_config)
        config.update(
            max_new_tokens=options.max_new_tokens,
            min_new_tokens=options.min_new_tokens or None,
            repetition_penalty=options.repetition_penalty,
            no_repeat_ngram_size=options.no_repeat_ngram,
            eos_token_id=sorted(self._ends),
            pad_token_id=self._pad_id(),
        )
        if options.forced_bos_token is not None:
            config.forced_bos_token_id = options.forced_bos_token
        if options.sampling is not None:
            config.update(**options.sampling.config)
        return config

    def _decode(self, ids: list[int], before: list[int] | None = None) -> str:
        """Text of ids; with ``before`` as it stands behind those."""
        text = str(self._tokenizer.decode([*(before or ()), *ids], skip_special_tokens=True))
        if before:
            text = text[len(self._tokenizer.decode(before, skip_special_tokens=True)) :]
        return text.rstrip("\ufffd")

    def _pad_id(self) -> int:
        own = self._tokenizer.pad_token_id
        return int(own) if own is not None else min(self._ends)
