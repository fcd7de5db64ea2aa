"""The endpoints of the chat tab: a text or an answer, and what may come next."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import aclosing
from dataclasses import asdict
from typing import Any, cast

from models.errors import InputError
from models.generated_text import Asked, Generation, Step
from models.runs import Snapshot
from models.sampler import Sampler
from tabs.parts.deck import Deck

#: What ``kind`` of writing there is.
_KINDS = ("chat", "text")


def publish(deck: Deck, name: str) -> None:
    """Publishes ``/text_generation``, ``/text_generation_stream`` and ``/text_generation_next``."""
    _publish_writing(deck, name)
    _publish_stream(deck, name)
    _publish_next(deck, name)


def _publish_writing(deck: Deck, name: str) -> None:
    async def text_generation(
        prompt: str,
        system: str = "",
        history: list[dict[str, Any]] | None = None,
        kind: str = "chat",
        temperature: float = 0.3,
        top_k: int = 50,
        top_p: float = 0.9,
        min_p: float = 0.0,
        repetition_penalty: float = 1.0,
        seed: int | None = None,
        max_new_tokens: int = 256,
        stop: list[str] | None = None,
        drop_oldest: bool = False,
        alternatives: bool = False,
        model: str = "",
    ) -> dict[str, Any]:
        """Answers a message, or goes on with a text, with a language model.

        Args:
            prompt: the message; or, where kind is text, the beginning of a text to go on with.
            system: how the model should behave in a chat.
            history: earlier messages of the chat, each with role (user, assistant) and content.
            kind: ``chat``, or ``text`` to go on with a text.
            temperature: 0 (always the likeliest token) to 5.
            top_k: only so many of the likeliest tokens; 0 for all.
            top_p: only the likeliest tokens with this probability together, above 0, up to 1.
            min_p: only tokens with this share of the likeliest one's probability, 0 to 1.
            repetition_penalty: lowers tokens that stand there already, 1 (none) to 2.
            seed: 0 to 4294967295; the same seed and settings give the same answer. Random when null.
            max_new_tokens: longest answer in tokens, 1 to 4,096.
            stop: up to eight texts that end the answer and are cut off.
            drop_oldest: leave the oldest messages out where they do not fit the model's window.
            alternatives: also return what else might have come at each token.
            model: a starter or Hub model id; the app's default model when empty.

        Returns:
            ``text``, ``ended`` (end, limit, window, stop or loop), ``seed`` (null when nothing was
            drawn), ``tokens``, ``prompt_tokens``, ``window``, ``dropped`` (messages left out),
            ``read`` (the string that the model really read), ``remarks``, ``perplexity`` and
            ``steps`` (null unless asked for), ``model`` and ``metrics``.
        """
        sampler = Sampler(
            temperature, top_k, top_p, min_p, repetition_penalty, seed, max_new_tokens,
            tuple(stop or ()),
        )  # fmt: skip
        whole = whole_of(prompt, system, history or [], kind)

        def verb(engine: Any, halt: Any) -> Any:
            return engine.write(
                whole, sampler, drop_oldest=drop_oldest, alternatives=alternatives, stop=halt
            )

        return answer_of(await deck.answer(name, model, verb))

    deck.endpoint(text_generation, name, long=["read", "perplexity", "window"])


def _publish_stream(deck: Deck, name: str) -> None:
    async def text_generation_stream(
        prompt: str,
        system: str = "",
        history: list[dict[str, Any]] | None = None,
        kind: str = "chat",
        temperature: float = 0.3,
        top_p: float = 0.9,
        seed: int | None = None,
        max_new_tokens: int = 256,
        model: str = "",
    ) -> AsyncIterator[dict[str, Any]]:
        """Answers like ``/text_generation``, with the text so far while it is being written.

        Args:
            prompt: the message; or, where kind is text, the beginning of a text to go on with.
            system: how the model should behave in a chat.
            history: earlier messages of the chat, each with role (user, assistant) and content.
            kind: ``chat``, or ``text`` to go on with a text.
            temperature: 0 (always the likeliest token) to 5.
            top_p: only the likeliest tokens with this probability together, above 0, up to 1.
            seed: 0 to 4294967295; the same seed and settings give the same answer. Random when null.
            max_new_tokens: longest answer in tokens, 1 to 4,096.
            model: a starter or Hub model id; the app's default model when empty.

        Returns:
            Objects with the ``text`` so far and ``tokens``; the last one is what ``/text_generation``
            returns. A call that is cancelled ends the writing.
        """
        sampler = Sampler(temperature, top_p=top_p, seed=seed, max_new_tokens=max_new_tokens)
        whole = whole_of(prompt, system, history or [], kind)
        found = deck.snapshots(
            name, model, lambda engine, stop: engine.write(whole, sampler, stop=stop)
        )
        async with aclosing(cast(Any, found)):
            async for last in found:
                text = {"text": last.value.text, "tokens": last.value.tokens}
                yield answer_of(last) if last.final else text

    deck.endpoint(text_generation_stream, f"{name}_stream")


def _publish_next(deck: Deck, name: str) -> None:
    async def text_generation_next(
        prompt: str,
        system: str = "",
        history: list[dict[str, Any]] | None = None,
        kind: str = "chat",
        begun: str = "",
        temperature: float = 0.3,
        top_k: int = 50,
        top_p: float = 0.9,
        min_p: float = 0.0,
        repetition_penalty: float = 1.0,
        model: str = "",
    ) -> dict[str, Any]:
        """Says which token may come next, before and after the sampler.

        Args:
            prompt: the message; or, where kind is text, the text.
            system: how the model should behave in a chat.
            history: earlier messages of the chat, each with role (user, assistant) and content.
            kind: ``chat``, or ``text``.
            begun: the beginning of the answer; the token after it is looked at.
            temperature: 0 to 5.
            top_k: 0 for all.
            top_p: above 0, up to 1.
            min_p: 0 to 1.
            repetition_penalty: 1 (none) to 2.
            model: a starter or Hub model id; the app's default model when empty.

        Returns:
            ``alternatives`` (id, piece, before, after), ``temperatures`` (each with shares of the
            likeliest tokens, entropy in bits and nucleus, the tokens that hold 90 %), ``read``
            (tokens) and ``model``.
        """
        sampler = Sampler(temperature, top_k, top_p, min_p, repetition_penalty)
        whole = whole_of(prompt, system, history or [], kind, begun)
        found = await deck.answer(
            name, model, lambda engine, halt: engine.look(whole, sampler, stop=halt)
        )
        return {
            "alternatives": [one._asdict() for one in found.value.alternatives],
            "temperatures": [asdict(warmth) for warmth in found.value.warmths],
            "read": found.value.read,
            "model": found.metrics.model,
        }

    deck.endpoint(text_generation_next, f"{name}_next")


def whole_of(
    prompt: str, system: str, history: list[dict[str, Any]], kind: str, begun: str = ""
) -> Asked:
    """What the model is asked.

    Raises:
        InputError: when there is no such kind of writing.
    """
    if kind not in _KINDS:
        raise InputError(f"There is no kind {kind[:40]!r}.", hint=f"Choices: {', '.join(_KINDS)}.")
    if kind == "text":
        return prompt + begun
    lead = [{"role": "system", "content": system}] if system.strip() else []
    end = [{"role": "assistant", "content": begun}] if begun else []
    return [*lead, *history, {"role": "user", "content": prompt}, *end]


def answer_of(snapshot: Snapshot[Generation]) -> dict[str, Any]:
    """A text and what it cost as plain JSON."""
    result, metrics = snapshot.value, asdict(snapshot.metrics)
    return {
        "text": result.text,
        "ended": result.ended,
        "seed": result.seed,
        "tokens": result.tokens,
        "prompt_tokens": result.prompt.count,
        "window": result.window,
        "dropped": result.dropped,
        "read": result.prompt.text,
        "remarks": list(result.prompt.remarks),
        "perplexity": result.perplexity or None,
        "steps": list(map(step_json, result.steps)) or None,
        "model": metrics.pop("model"),
        "metrics": metrics,
    }


def step_json(step: Step) -> dict[str, Any]:
    """A token and its rivals as plain JSON."""
    return {
        **step.chosen._asdict(),
        "rank": step.rank,
        "others": [one._asdict() for one in step.others],
    }
