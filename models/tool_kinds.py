"""The tools of this app: one for each capability, over the verbs that the tabs ask of the engines."""

from __future__ import annotations

from pathlib import Path
from typing import Any, ClassVar, Literal

from pydantic import Field

from models.runs import Verb
from models.tool import FileTool, Text, Tool
from models.units import counted

#: Labels of a ranking that are told, and entities.
_NAMED, _LISTED = 5, 40


class RateSentiment(Tool):
    """Says how positive or negative a text sounds."""

    capability: ClassVar[str] = "sentiment"
    title: ClassVar[str] = "Sentiment"
    text: Text

    def verb(self) -> Verb[Any]:
        """See ``Tool``."""
        return lambda engine, stop: engine.score(self.text, stop=stop)

    @classmethod
    def told(cls, result: Any) -> str:
        """The best labels with their shares."""
        return _ranking(result)


class Classify(Tool):
    """Says which of several labels fits a text best; the labels can be any words."""

    capability: ClassVar[str] = "zero_shot"
    title: ClassVar[str] = "Zero-shot"
    text: Text
    labels: list[str] = Field(
        min_length=1, max_length=50, description='The labels to choose from, such as ["sport", "music"].'
    )  # fmt: skip

    def verb(self) -> Verb[Any]:
        """See ``Tool``."""
        return lambda engine, stop: engine.classify(self.text, self.labels, stop=stop)

    @classmethod
    def told(cls, result: Any) -> str:
        """The best labels with their shares."""
        return _ranking(result)


class FindEntities(Tool):
    """Finds the people, places, organisations and dates that are named in a text."""

    capability: ClassVar[str] = "ner"
    title: ClassVar[str] = "Named entities"
    text: Text

    def verb(self) -> Verb[Any]:
        """See ``Tool``."""
        return lambda engine, stop: engine.entities(self.text, stop=stop)

    @classmethod
    def told(cls, result: Any) -> str:
        """The entities with their labels, each once."""
        found = list(dict.fromkeys(f"{one.text} ({one.label})" for one in result.entities))
        more = f" and {len(found) - _LISTED} more" if len(found) > _LISTED else ""
        return ", ".join(found[:_LISTED]) + more if found else "No names were found."

    @classmethod
    def text_of(cls, result: Any) -> str:
        """The entities' own words."""
        return ", ".join(dict.fromkeys(one.text for one in result.entities)) or cls.told(result)


class AnswerQuestion(Tool):
    """Finds the words of a given text that answer a question about it."""

    capability: ClassVar[str] = "question_answering"
    title: ClassVar[str] = "Question answering"
    carries: ClassVar[bool] = True
    question: str = Field(min_length=1, description="The question.")
    text: Text

    def verb(self) -> Verb[Any]:
        """See ``Tool``."""
        return lambda engine, stop: engine.answer(self.question, self.text, stop=stop)

    @classmethod
    def told(cls, result: Any) -> str:
        """The best answer, or that there is none."""
        return str(result.answers[0].text) if result.has_answer else "The text does not answer it."


class Summarize(Tool):
    """Says in few words what a longer text says."""

    capability: ClassVar[str] = "summarization"
    title: ClassVar[str] = "Summarization"
    carries: ClassVar[bool] = True
    text: Text
    length: Literal["short", "medium", "long"] = Field("medium", description="How long it may be.")

    def verb(self) -> Verb[Any]:
        """See ``Tool``."""
        return lambda engine, stop: engine.summarize(self.text, length=self.length, stop=stop)


class Translate(Tool):
    """Translates a text into another language."""

    capability: ClassVar[str] = "translation"
    title: ClassVar[str] = "Translation"
    carries: ClassVar[bool] = True
    text: Text
    language: str = Field(
        min_length=2, max_length=40, description="English name of the language wanted, such as Portuguese."
    )  # fmt: skip

    def verb(self) -> Verb[Any]:
        """See ``Tool``."""
        return lambda engine, stop: engine.translate(self.text, target=self.language, stop=stop)


class Speak(FileTool):
    """Reads a text aloud: makes a recording of a voice that says it."""

    capability: ClassVar[str] = "text_to_speech"
    title: ClassVar[str] = "Text to speech"
    gives: ClassVar[str] = "audio"
    text: Text

    def verb(self) -> Verb[Any]:
        """See ``Tool``."""
        return lambda engine, stop: engine.speak(self.text, stop=stop)

    @classmethod
    def told(cls, result: Any) -> str:
        """How long it is, and who speaks."""
        return f"{result.duration_s:.1f} seconds of speech by the voice {result.voice}."

    @classmethod
    def write(cls, result: Any, folder: Path) -> Path:
        """A WAV file."""
        from models.audio import sound_file

        path = folder / "speech.wav"
        with sound_file(path, result.sample_rate, "wav") as file:
            for piece in result.pieces:
                file.write(piece)
        return path


class Transcribe(Tool):
    """Writes down what is said in a recording."""

    capability: ClassVar[str] = "speech_to_text"
    title: ClassVar[str] = "Speech to text"
    takes_texts: ClassVar[tuple[str, ...]] = ()
    takes_recordings: ClassVar[tuple[str, ...]] = ("recording",)
    carries: ClassVar[bool] = True
    recording: str = Field(description="Name of the recording: file_1, or result_1 of a speech.")

    def verb(self) -> Verb[Any]:
        """See ``Tool``; here the recording is the path of its file."""
        from models.audio import read_audio
        from models.speech_recogniser import SAMPLE_RATE

        path = Path(self.recording)
        return lambda engine, stop: engine.transcribe(read_audio(path, SAMPLE_RATE), stop=stop)

    @classmethod
    def told(cls, result: Any) -> str:
        """The transcript."""
        return str(result.text) or "Nothing is said in it."


class Draw(FileTool):
    """Draws a picture from a description."""

    capability: ClassVar[str] = "image_generation"
    title: ClassVar[str] = "Image generation"
    takes_texts: ClassVar[tuple[str, ...]] = ("description",)
    gives: ClassVar[str] = "image"
    description: str = Field(min_length=1, description="What the picture shows, in English.")

    def verb(self) -> Verb[Any]:
        """See ``Tool``."""
        return lambda engine, stop: engine.draw(self.description, stop=stop)

    @classmethod
    def told(cls, result: Any) -> str:
        """Size and seed."""
        seed = result.pictures[0].shot.seed if result.pictures else result.first.seed
        return f"A picture of {result.width} x {result.height} pixels, seed {seed}."

    @classmethod
    def write(cls, result: Any, folder: Path) -> Path:
        """A PNG file that carries its settings."""
        from models.image_png import png_bytes

        path, picture = folder / "picture.png", result.pictures[0]
        path.write_bytes(png_bytes(picture.image, result.settings(picture)))
        return path


class Compose(FileTool):
    """Makes a piece of music from a description."""

    capability: ClassVar[str] = "music"
    title: ClassVar[str] = "Music"
    takes_texts: ClassVar[tuple[str, ...]] = ("music",)
    gives: ClassVar[str] = "audio"
    music: str = Field(
        min_length=1, description="What the music is to be, in English, such as a slow waltz."
    )

    def verb(self) -> Verb[Any]:
        """See ``Tool``."""
        return lambda engine, stop: engine.compose(self.music, stop=stop)

    @classmethod
    def told(cls, result: Any) -> str:
        """Its length and seed, and its key where there are notes."""
        key = f" in {result.score.key}" if result.score is not None else ""
        return f"{result.duration_s:.1f} seconds of music{key}, seed {result.seed}."

    @classmethod
    def write(cls, result: Any, folder: Path) -> Path:
        """A WAV file."""
        from models.audio import sound_file

        path = folder / "music.wav"
        with sound_file(path, result.sample_rate, "wav", result.channels) as file:
            file.write(result.samples)
        return path


class CountTokens(Tool):
    """Counts the tokens that a language model cuts a text into."""

    capability: ClassVar[str] = "tokenizer"
    title: ClassVar[str] = "Tokenizer"
    text: Text

    def verb(self) -> Verb[Any]:
        """See ``Tool``."""
        return lambda engine, stop: engine.tokenize(self.text, special_tokens=False)

    @classmethod
    def told(cls, result: Any) -> str:
        """Tokens and characters."""
        tokens, characters = (
            counted(len(result.tokens), "token"),
            counted(result.characters, "character"),
        )
        return f"{tokens} for {characters}."


class CompareMeaning(Tool):
    """Says how close two or more texts are in meaning."""

    capability: ClassVar[str] = "embeddings"
    title: ClassVar[str] = "Embeddings"
    takes_texts: ClassVar[tuple[str, ...]] = ("texts",)
    texts: list[str] = Field(
        min_length=2, max_length=20, description="The texts to compare, or names of texts."
    )

    def verb(self) -> Verb[Any]:
        """See ``Tool``."""
        return lambda engine, stop: engine.embed(self.texts, stop=stop)

    @classmethod
    def told(cls, result: Any) -> str:
        """The cosine of two; of more the nearest and the farthest pair."""
        from models.similarity import cosines, extremes

        if len(result.vectors) < 2:  # stopped on the way
            return "Only one of the texts was read."
        near, far = extremes(cosines(result.vectors))
        if len(result.vectors) == 2:
            return f"The cosine of the two is {near.cosine:.2f}; 1 is the same meaning."
        return (
            f"Texts {near.first + 1} and {near.second + 1} are nearest, cosine {near.cosine:.2f}; "
            f"{far.first + 1} and {far.second + 1} are farthest apart, cosine {far.cosine:.2f}."
        )


class AskChat(Tool):
    """Asks the chat model, which answers from memory, writes and explains, and can be wrong."""

    capability: ClassVar[str] = "text_generation"
    title: ClassVar[str] = "Chat"
    takes_texts: ClassVar[tuple[str, ...]] = ("message",)
    carries: ClassVar[bool] = True
    writes: ClassVar[bool] = True
    message: str = Field(min_length=1, description="What to ask or to write.")

    def verb(self) -> Verb[Any]:
        """See ``Tool``."""
        asked = [{"role": "user", "content": self.message}]
        return lambda engine, stop: engine.write(asked, alternatives=False, stop=stop)


def _ranking(result: Any) -> str:
    shares = (f"{one.label} {one.score:.0%}" for one in result.scores[:_NAMED])
    return ", ".join(shares)
