"""Translation by instruct language models: one question a sentence, in the model's own chat template.

The answer is greedy and ends at the end of the turn. A sentence has no line breaks here, so only the
first paragraph of an answer is its translation; what chat models like to add, such as quotation marks
around it, an announcement before it or a note after it, is taken off.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from models.errors import ModelUnsupported
from models.generation import Generator, Options
from models.languages import Pairs, language_name
from models.spec import ModelCard, Placement, Weights
from models.stop import StopToken
from models.token_loading import load_tokenizer

#: Longest piece asked for at once, in tokens: a long sentence, never a page.
LONGEST = 200
#: Answers may be this much longer than the source in tokens, and a little more for short ones: the
#: vocabularies of these models cut some scripts into many more pieces than English.
GROWTH, SPARE = 3.0, 32
#: A model that can't read this many tokens beside the question is of no use.
LEAST = 16
#: The longest names of languages, to measure the question by.
_LONG_NAMES = ("gd", "fy")
#: What opens a quotation, and what closes it.
_QUOTES = {'"': '"', "'": "'", "“": "”", "‘": "’", "«": "»", "„": "“", "「": "」", "`": "`"}


class ChatSpeaker:
    """Speaks with one instruct model; see ``models.translation_speaker.Speaker``.

    Args:
        generator: a causal language model with a chat template.
        pairs: what it is offered for; the model itself does not tell.

    Raises:
        ModelUnsupported: when it has no chat template, or its window is too small for the question.
    """

    reentrant = True
    latin_only = False

    def __init__(self, generator: Generator, pairs: Pairs) -> None:
        self._generator, self.pairs = generator, pairs
        self.memory_bytes, self.batched = generator.memory_bytes, generator.batched
        room = generator.window - len(generator.asked("", question("", *_LONG_NAMES))) - SPARE
        self._limit = min(LONGEST, int(room / (1 + GROWTH)))
        if self._limit < LEAST:
            raise ModelUnsupported(
                f"This model reads {generator.window} tokens at once, too few for a question and a sentence.",
                hint="Choose an instruct model with a longer context.",
            )

    def fits(self, sentence: str) -> bool:
        """See ``models.translation_speaker.Speaker``."""
        return len(self._generator.encode(sentence)) <= self._limit

    def say(self, sentence: str, source: str, target: str, stop: StopToken) -> Iterator[str]:
        """See ``models.translation_speaker.Speaker``; grows with every token."""
        ids, options = self._asked(sentence, source, target)
        for written in self._generator.write(ids, options, stop=stop):
            yield cleaned(written.text, sentence)

    def reword(
        self, sentence: str, source: str, target: str, count: int, stop: StopToken
    ) -> list[str]:
        """See ``models.translation_speaker.Speaker``."""
        ids, options = self._asked(sentence, source, target)
        found = self._generator.beams(ids, options, count, stop=stop)
        texts = dict.fromkeys(cleaned(text, sentence) for text in found)
        return [text for text in texts if text]

    def _asked(self, sentence: str, source: str, target: str) -> tuple[list[int], Options]:
        """The prompt's ids and how to decode. No penalty: it would count the prompt's names too."""
        ids = self._generator.asked("", question(sentence, source, target))
        longest = int(len(self._generator.encode(sentence)) * GROWTH) + SPARE
        room = max(1, self._generator.window - len(ids))
        return ids, Options(max_new_tokens=min(longest, room))


def question(sentence: str, source: str, target: str) -> str:
    """What the model is asked, with the names of the languages for their codes."""
    return (
        f"Translate the following text from {language_name(source)} into {language_name(target)}. "
        f"Answer with the translation only.\n\n{sentence}"
    )


def cleaned(answer: str, sentence: str) -> str:
    """The translation in an answer: its first paragraph on one line, without an announcement or quotes.

    Args:
        answer: as written, whole or growing.
        sentence: what was to be translated. Where it has a colon, or begins with a quotation mark,
            those of the answer may be its own and stay.
    """
    lines = answer.strip().splitlines()
    if len(lines) > 1 and lines[0].rstrip().endswith((":", "：")) and not _has_colon(sentence):
        lines = "\n".join(lines[1:]).strip().splitlines()
    end = next((at for at, line in enumerate(lines) if not line.strip()), len(lines))
    text = " ".join(line.strip() for line in lines[:end])
    return text if sentence[:1] in _QUOTES else unquoted(text)


def _has_colon(text: str) -> bool:
    return ":" in text or "：" in text


def unquoted(text: str) -> str:
    """The text without one pair of quotation marks around all of it; inner ones stay."""
    closing, inner = _QUOTES.get(text[:1], ""), text[1:-1]
    around = len(text) > 1 and text[-1] == closing and not {text[0], closing} & set(inner)
    return inner.strip() if around else text


def load_chat(weights: Weights, placement: Placement, pairs: Pairs) -> ChatSpeaker:
    """Builds the model from a standard Hugging Face folder.

    Raises:
        ModelUnsupported: when it is no causal language model or has no chat template.
    """
    import torch
    from transformers import AutoConfig, AutoModelForCausalLM

    if not is_causal(weights):
        config = AutoConfig.from_pretrained(weights.folder, local_files_only=True)
        raise ModelUnsupported(
            f"{weights.card.id} is a {config.model_type} model, which follows no instructions.",
            hint="Choose an instruct or chat model.",
        )
    tokenizer = load_tokenizer(weights.folder)
    _check_chats(tokenizer, weights.card)
    model = AutoModelForCausalLM.from_pretrained(
        weights.folder, dtype=getattr(torch, placement.dtype), local_files_only=True
    )
    return ChatSpeaker(
        Generator(model.to(placement.device).eval(), tokenizer, placement.device), pairs
    )


def over_chat(generator: Generator, card: ModelCard, pairs: Pairs) -> ChatSpeaker:
    """The speaker over a language model that is in memory already; raises as ``load_chat`` does."""
    _check_chats(generator.tokenizer, card)
    return ChatSpeaker(generator, pairs)


def _check_chats(tokenizer: Any, card: ModelCard) -> None:
    if not getattr(tokenizer, "chat_template", None):
        raise ModelUnsupported(
            f"{card.id} has no chat template, so it can't be told to translate.",
            hint="Choose an instruct or chat model, or an OPUS-MT (Marian), NLLB or M2M100 model.",
        )


def is_causal(weights: Weights) -> bool:
    """Whether the folder holds a causal language model, by the architecture that it names."""
    from transformers import AutoConfig

    config = AutoConfig.from_pretrained(weights.folder, local_files_only=True)
    names = getattr(config, "architectures", None) or []
    return not config.is_encoder_decoder and any(name.endswith("ForCausalLM") for name in names)
