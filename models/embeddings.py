"""Embeddings: one vector for a text, so that texts with a similar meaning get vectors that point alike.

How the token vectors become one is read from the model's files (``models.embedding_recipe``), what
stands before a query or a passage from there or from its card (``models.embedding_prefixes``). A text
longer than the window is read in windows, whose vectors are averaged by their tokens: the result says
in how many. Model card of the starter: https://huggingface.co/sentence-transformers/all-MiniLM-L6-v2
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from models.embedding_recipe import Recipe, read_recipe
from models.encoders import Encoder, Row, TorchRuntime, blank_id
from models.errors import InputError, ModelUnsupported
from models.heads import load_encoder
from models.similarity import unit
from models.spec import Placement, Weights, Work
from models.special_tokens import frame, longest_input
from models.stop import NEVER, StopToken
from models.token_readers import plain_reader
from models.windows import windows

#: Most texts of a call, and most characters of all of them together: about 200 pages.
MAX_TEXTS, MAX_CHARACTERS = 5_000, 1_000_000
#: Tokens shared by neighbouring windows of a long text.
OVERLAP = 32
#: Share of a window that a prefix may take.
PREFIX_SHARE = 0.5
#: Tokens of a window where a network would take more: what the card of Qwen3-Embedding reads at once.
MOST_TOKENS = 8_192
#: Texts after which the vectors so far are shown.
STEP = 16


@dataclass(frozen=True, eq=False)
class Embeddings:
    """Vectors of texts, so far.

    Attributes:
        vectors: (texts done, dimensions) float32, in the order of the texts; of length 1 where the
            recipe says so.
        tokens: tokens of each text done, prefix and special tokens left out.
        windows: windows that each of them was read in.
        texts: texts that were asked for.
        prefix: what stood before each text.
        max_tokens: tokens of a text that are read at once, with this prefix.
        recipe: how token vectors became one vector.
    """

    vectors: NDArray[np.float32]
    tokens: tuple[int, ...]
    windows: tuple[int, ...]
    texts: int
    prefix: str
    max_tokens: int
    recipe: Recipe

    @property
    def dimensions(self) -> int:
        """Numbers in a vector."""
        return int(self.vectors.shape[1])

    @property
    def work(self) -> Work:
        """Tokens read so far."""
        return Work(sum(self.tokens), "tokens")


@dataclass(frozen=True)
class _Reading:
    """A text under way.

    Attributes:
        tokens: of the text.
        lengths: tokens of each of its windows.
        prefixed: tokens at the beginning of a row that are frame and prefix.
    """

    tokens: int
    lengths: tuple[int, ...]
    prefixed: int


class EmbeddingsEngine:
    """Turns texts into vectors.

    Args:
        model: an encoder or decoder without a head, giving ``last_hidden_state``.
        tokenizer: only called without truncation and padding.
        device: torch device string of the model.
        recipe: how its token vectors become one.

    Attributes:
        recipe: the same.
        count: text -> its tokens, special ones left out.
        room: prefix -> tokens of a text that are read at once after it.
    """

    reentrant = batched = True

    def __init__(self, model: Any, tokenizer: Any, device: str, recipe: Recipe) -> None:
        runtime = TorchRuntime(model, device, ("last_hidden_state",))
        pad = blank_id(tokenizer, model.config)
        self.encoder = Encoder(runtime, device, pad, per_token=True, vectors=True)
        self.recipe, self.memory_bytes = recipe, runtime.memory_bytes
        read = plain_reader(tokenizer)
        self._ids: Callable[[str], list[int]] = (
            (lambda text: read(text.lower())) if recipe.lower else read
        )
        self._before, self._after = frame(tokenizer)
        longest = min(longest_input(tokenizer, model.config), MOST_TOKENS)
        self._longest = min(longest, recipe.max_tokens or longest)
        # plain functions: on ZeroGPU they are called here, methods where the GPU is
        self.count: Callable[[str], int] = lambda text: len(self._ids(text))
        self.room: Callable[[str], int] = lambda prefix: self._room(len(self._ids(prefix)))

    def embed(
        self,
        texts: Sequence[str],
        *,
        role: str = "alike",
        prefix: str | None = None,
        stop: StopToken = NEVER,
    ) -> Iterator[Embeddings]:
        """Reads texts, many of them in one pass.

        Args:
            texts: 1 to ``MAX_TEXTS``, none of them empty, ``MAX_CHARACTERS`` together at most.
            role: of ``models.embedding_prefixes.ROLES``: which of the model's prefixes is used.
            prefix: another one in its place; None for the model's own.
            stop: polled all the time.

        Yields:
            The vectors so far, in the order of the texts; the last one has them all.

        Raises:
            InputError: when there are none, too many or empty texts, the role is unknown, or the
                prefix is too long.
        """
        lead = self.recipe.prefixes.of(role) if prefix is None else prefix
        _check(texts)
        room, before = self.room(lead), self._ids(lead)
        under_way = deque[_Reading]()

        def rows() -> Iterator[Row]:
            for text in texts:
                reading, made = self._rows(text, lead, before, room)
                under_way.append(reading)
                yield from made

        read = self.encoder.read(rows(), stop)
        table, fresh = np.empty((0, 0), np.float32), list[_Reading]()
        tokens, cuts = tuple[int, ...](), tuple[int, ...]()
        for done in range(len(texts)):
            hidden = next(read)[0]  # from here on the row's text is under way
            fresh.append(under_way.popleft())
            vector = self._vector(fresh[-1], hidden, read)
            if not done:
                table = np.empty((len(texts), len(vector)), np.float32)
            table[done] = vector
            if len(fresh) == STEP or done + 1 == len(texts):
                tokens += tuple(one.tokens for one in fresh)
                cuts += tuple(len(one.lengths) for one in fresh)
                fresh.clear()
                yield Embeddings(
                    table[: done + 1], tokens, cuts, len(texts), lead, room, self.recipe
                )

    def _rows(
        self, text: str, lead: str, before: list[int], room: int
    ) -> tuple[_Reading, list[Row]]:
        """A text's windows as rows; one that fits is read together with its prefix."""
        ids = self._ids(text)
        cuts = windows(len(ids), room, min(OVERLAP, room // 4)) or [(0, 0)]
        bodies = [[*before, *ids[start:end]] for start, end in cuts]
        if lead and len(cuts) == 1:  # at the seam, tokens may differ from those of both parts
            joint = self._ids(lead + text)
            bodies = [joint] if len(joint) <= room + len(before) else bodies
        rows = [Row((*self._before, *body, *self._after)) for body in bodies]
        lengths = tuple(end - start for start, end in cuts)
        return _Reading(len(ids), lengths, len(self._before) + len(before)), rows

    def _vector(
        self, reading: _Reading, first: NDArray[np.float32], more: Iterator[Any]
    ) -> NDArray[np.float32]:
        """The vector of a text from the token vectors of its windows: (dimensions,) float32."""
        if len(reading.lengths) == 1:
            return self._pooled(first, reading.prefixed)
        whole = np.zeros(self._pooled(first, reading.prefixed).shape, np.float32)
        for number, length in enumerate(reading.lengths):
            hidden = first if number == 0 else next(more)[0]
            whole += self._pooled(hidden, reading.prefixed) * length
        whole /= sum(reading.lengths)
        return unit(whole) if self.recipe.normalised else whole

    def _pooled(self, hidden: NDArray[np.float32], prefixed: int) -> NDArray[np.float32]:
        if not self.recipe.pools_prefix and prefixed < len(hidden):
            hidden = hidden[prefixed:]
        parts = [pooled(hidden, name) for name in self.recipe.pooling]
        vector = parts[0] if len(parts) == 1 else np.concatenate(parts)
        return unit(vector) if self.recipe.normalised else vector

    def _room(self, prefix: int) -> int:
        """Tokens of a text that fit into a window after a prefix of so many tokens."""
        room = self._longest - len(self._before) - len(self._after)
        if prefix > room * PREFIX_SHARE:
            raise InputError(
                f"The prefix has {prefix:,} tokens; the limit is {int(room * PREFIX_SHARE):,}.",
                hint="Write a shorter one.",
            )
        return room - prefix


def pooled(hidden: NDArray[np.float32], how: str) -> NDArray[np.float32]:
    """One vector from those of the tokens, by one of ``models.embedding_recipe.POOLINGS``.

    Args:
        hidden: (tokens, width) float32, special tokens included.
        how: name of the pooling.

    Returns:
        (width,) float32, not scaled.
    """
    if how in ("cls", "last"):
        return np.asarray(hidden[0 if how == "cls" else -1])
    if how == "max":
        return np.asarray(hidden.max(0))
    if how == "mean_sqrt_len":
        return np.asarray(hidden.sum(0) / np.float32(len(hidden) ** 0.5))
    if how == "weighted_mean":
        weights = np.arange(1, len(hidden) + 1, dtype=np.float32)
        return np.asarray((hidden * weights[:, None]).sum(0) / weights.sum())
    return np.asarray(hidden.mean(0))


def _check(texts: Sequence[str]) -> None:
    if not texts or not any(text.strip() for text in texts):
        raise InputError("There is no text to embed.", hint="Write or paste one.")
    if len(texts) > MAX_TEXTS:
        raise InputError(
            f"There are {len(texts):,} texts; the limit of one run is {MAX_TEXTS:,}.",
            hint="Embed them in several runs.",
        )
    total = sum(map(len, texts))
    if total > MAX_CHARACTERS:
        raise InputError(
            f"The texts have {total:,} characters together; the limit is {MAX_CHARACTERS:,}.",
            hint="Embed them in parts.",
        )
    empty = next((number for number, text in enumerate(texts, 1) if not text.strip()), 0)
    if empty:
        raise InputError(f"Text {empty:,} is empty.", hint="Leave it out.")


def load(weights: Weights, placement: Placement) -> EmbeddingsEngine:
    """Builds the engine from a standard Hugging Face folder, with or without its pooling's files.

    Raises:
        ModelUnsupported: when the folder holds a network with a task's head, or a step that is not
            done here.
    """
    from transformers import AutoConfig

    recipe = read_recipe(weights.folder, weights.card)
    config = AutoConfig.from_pretrained(weights.folder, local_files_only=True)
    names = [str(name) for name in getattr(config, "architectures", None) or []]
    if (
        any("For" in name and not name.endswith(_BARE) for name in names)
        or config.is_encoder_decoder
    ):
        raise ModelUnsupported(
            f"{weights.card.id} is {', '.join(names) or config.model_type}, no embedding model.",
            hint="Choose a model whose task on the Hub is sentence similarity or feature extraction.",
        )
    model, tokenizer = load_encoder(weights, placement)
    model.config.use_cache = False  # nothing is written after a text
    return EmbeddingsEngine(model, tokenizer, placement.device, recipe)


#: Heads of networks that embedding models are stored with, and that ``AutoModel`` leaves away.
_BARE = ("ForMaskedLM", "ForCausalLM", "ForPreTraining")
LOADERS: dict[str, Callable[[Weights, Placement], EmbeddingsEngine]] = {"transformers": load}
