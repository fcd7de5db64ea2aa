"""Word times for Whisper, from where its cross-attention looks while each token is written.

Method of the reference (github.com/openai/whisper, timing.py): the alignment heads' weights are
normalised over the tokens, smoothed, averaged, and walked by dynamic time warping. CTranslate2 does
that part itself; what follows from it is the same for both.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from models.transcript import Word
from models.whisper_hearing import Alignment, Hearing
from models.whisper_tokens import TICK_S, WhisperTokens

#: Width of the smoothing median, in frames of 20 ms.
_SMOOTHING = 7
#: Languages written without spaces: there a word is a character.
_UNSPACED = frozenset({"zh", "ja", "th", "lo", "my", "yue"})
#: Punctuation that belongs to the word before or after it.
_OPENING, _CLOSING = "\"'“¿([{-", "\"'.。,，!！?？:：”)]}、"

Weights = NDArray[np.float32]


def placed_words(tokens: WhisperTokens, hearing: Hearing) -> list[tuple[Word, ...]]:
    """The words of each phrase of a window with their times in it; none where none were asked for."""
    if hearing.alignment is None:
        return [()] * len(hearing.found)
    starts, sure = hearing.alignment()
    found, at = [], 0
    for phrase in hearing.found:
        words = []
        for word in _grouped(tokens, phrase.tokens, hearing.language):
            last = min(at + len(word), len(sure))
            if at < last:
                piece = tokens.decode(word).strip()
                begin, end = starts[at] * TICK_S, starts[last] * TICK_S
                words.append(Word(piece, begin, end, float(np.mean(sure[at:last]))))
            at += len(word)
        found.append(tuple(word for word in words if word.text))
    return found


def aligned(model: Any, tokens: WhisperTokens, hearing: Hearing) -> Callable[[], Alignment]:
    """Reads where a torch model looks while it writes; the walk through it is left to the caller.

    Args:
        model: Whisper whose cross-attention returns its weights.
        tokens: its vocabulary.
        hearing: a window with its phrases and its (1, frames, width) ``encoded``.
    """
    prompt = tokens.prompt(hearing.language, hearing.request.task)
    text = hearing.text[: tokens.longest - len(prompt) - 2]
    head = [*prompt, tokens.first_tick - 1]
    ids = [*head, *text, tokens.end]
    frames = min(hearing.encoded.shape[1], frames_of(hearing))
    weights, sure = _attention(model, tokens, hearing.encoded, ids, len(head), frames)
    return lambda: (walk(-weights), sure)


def frames_of(hearing: Hearing) -> int:
    """Encoder frames of 20 ms that hold sound; the rest is padding."""
    return -(-len(hearing.samples) // WhisperTokens.samples_per_frame)


def _attention(
    model: Any, tokens: WhisperTokens, encoded: Any, ids: list[int], head: int, frames: int
) -> tuple[Weights, NDArray[np.float32]]:
    """Mean weights (text + end, frames) of the alignment heads, and each text token's probability."""
    import torch

    out = model(
        encoder_outputs=(encoded,),
        decoder_input_ids=torch.tensor([ids], device=encoded.device),
        output_attentions=True,
        use_cache=False,
    )
    layers = out.cross_attentions  # per layer (1, heads, tokens, 1500)
    kept = torch.stack([layers[layer][0, h, :, :frames] for layer, h in tokens.heads]).float()
    deviation, mean = torch.std_mean(kept, dim=-2, keepdim=True, unbiased=False)
    kept = (kept - mean) / deviation.clamp_min(1e-6)
    text = torch.tensor(ids[head:-1], device=encoded.device)
    shares = out.logits[0, head - 1 : -2].float().softmax(-1)
    sure = shares.gather(1, text[:, None])[:, 0]
    smooth = _median(kept.cpu().numpy())  # (heads, tokens, frames)
    # Row i of a decoder's attention is where it looked while it wrote token i + 1.
    return smooth.mean(0)[head - 1 : -1], sure.cpu().numpy()


def _median(weights: Weights) -> Weights:
    """Median over ``_SMOOTHING`` frames, the ends reflected."""
    side = _SMOOTHING // 2
    if weights.shape[-1] <= side:
        return weights
    padded = np.pad(weights, [(0, 0)] * (weights.ndim - 1) + [(side, side)], mode="reflect")
    windows = np.lib.stride_tricks.sliding_window_view(padded, _SMOOTHING, axis=-1)
    return np.asarray(np.median(windows, axis=-1), np.float32)


def walk(cost: Weights) -> list[int]:
    """Dynamic time warping: the column in which the cheapest monotone path enters each row.

    Args:
        cost: (rows, columns); the path goes from the first corner to the last by steps down,
            right, or both.
    """
    rows, columns = cost.shape
    total = np.full((rows + 1, columns + 1), np.inf)
    total[0, 0] = 0.0
    came = np.zeros((rows + 1, columns + 1), np.int8)
    for diagonal in range(2, rows + columns + 1):  # its cells depend on the two before it only
        row = np.arange(max(1, diagonal - columns), min(rows, diagonal - 1) + 1)
        column = diagonal - row
        ways = np.stack(
            [total[row - 1, column - 1], total[row - 1, column], total[row, column - 1]]
        )
        came[row, column] = best = ways.argmin(0)
        total[row, column] = cost[row - 1, column - 1] + ways[best, np.arange(len(row))]
    entered = [0] * rows
    at, column = rows, columns
    while at > 0 and column > 0:
        entered[at - 1] = column - 1
        step = came[at, column]
        at, column = at - int(step != 2), column - int(step != 1)
    return entered


def _grouped(tokens: WhisperTokens, phrase: Sequence[int], language: str) -> list[list[int]]:
    """Tokens by word: a word begins with a space, or is a character where none are written."""
    words: list[list[int]] = []
    texts: list[str] = []
    waiting: list[int] = []
    for token in phrase:
        waiting.append(token)
        piece = tokens.decode(waiting)
        if "�" in piece:
            continue  # a character that goes on in the next token
        joins = bool(words) and (
            not piece.startswith(" ") if language not in _UNSPACED else piece in _CLOSING
        )
        if joins or (texts and texts[-1].strip() and texts[-1].strip() in _OPENING):
            words[-1] += waiting
            texts[-1] += piece
        else:
            words.append(waiting)
            texts.append(piece)
        waiting = []
    if waiting:
        words.append(waiting)
    return words
