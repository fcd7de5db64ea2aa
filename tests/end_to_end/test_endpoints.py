"""The endpoints of the running app on the real starter models, with facts about the answers."""

from __future__ import annotations

import json
import re
from pathlib import Path

import numpy as np
import pytest
import soundfile
from gradio_client import handle_file
from gradio_client.exceptions import AppError
from PIL import Image

from tests.conftest import client_of

ROOT = Path(__file__).resolve().parents[2]
pytestmark = pytest.mark.starter
ADA = "Ada Lovelace was born in London in 1815 and worked with Charles Babbage."
LIGHTHOUSE = (
    "The old lighthouse at Cape Morrow will reopen to visitors next summer after a restoration that "
    "took four years and cost eleven million euros. Engineers replaced the rusted iron gallery, "
    "repaired the lens that French craftsmen had ground in 1868, and moved the keeper's cottage "
    "twenty metres inland because the cliff below it is being worn away by winter storms. The town "
    "council hopes that the lighthouse will draw sixty thousand people a year, twice as many as the "
    "harbour museum does now. Some residents fear that the narrow coast road can't carry so many "
    "cars, and have asked for a shuttle bus from the railway station."
)


@pytest.fixture(scope="module")
def client(address):
    return client_of(address)


def call(client, name, *values, **named):
    return client.predict(*values, api_name=f"/{name}", **named)


def refused(client, name, *values, **named):
    with pytest.raises(AppError) as caught:
        call(client, name, *values, **named)
    return str(caught.value)


def as_json(answer):
    """A JSON answer, whether the client hands over an object or the path of a file with it."""
    if isinstance(answer, str) and Path(answer).is_file():
        return json.loads(Path(answer).read_text())
    return answer


def words(text):
    return re.findall(r"[a-z']+", text.lower())


def test_sentiment_of_a_warm_text_is_positive(client):
    answer = call(client, "sentiment", "I love this wonderful little film.")
    assert answer["scores"][0]["label"] == "positive"
    assert answer["scores"][0]["score"] > 0.7
    assert answer["metrics"]["device"]


def test_your_own_labels_are_scored(client):
    labels = ["animals", "banking", "weather"]
    answer = call(client, "zero_shot", "Our cat had three kittens last night.", labels)
    assert answer["scores"][0]["label"] == "animals"
    assert answer["scores"][0]["hypothesis"] == "This text is about animals."
    assert sum(score["score"] for score in answer["scores"]) == pytest.approx(1, abs=1e-5)


def test_labels_and_templates_that_make_no_question_are_clear_errors(client):
    assert "no labels" in refused(client, "zero_shot", "a cat", [])
    assert "has no {}" in refused(client, "zero_shot", "a cat", ["animals"], False, "About cats.")


def test_ner_gives_entities_with_true_offsets(client):
    entities = call(client, "ner", ADA)["entities"]
    found = {entity["text"]: entity for entity in entities}
    assert (found["Ada Lovelace"]["start"], found["Ada Lovelace"]["label"]) == (0, "PERSON")
    assert all(ADA[e["start"] : e["end"]] == e["text"] for e in entities)
    assert {"London", "1815", "Charles Babbage"} <= set(found)


def test_question_answering_finds_the_span(client):
    answer = call(client, "question_answering", "Where was Ada Lovelace born?", ADA)
    best = answer["answers"][0]
    assert "London" in best["text"]
    assert ADA[best["start"] : best["end"]] == best["text"]


REFUND = ["How do I get my money back?", "I would like a refund.", "The cat sleeps in the sun."]


def test_vectors_of_the_same_meaning_are_the_nearest(client):
    answer = call(client, "embeddings_similarity", REFUND)
    assert (answer["most"]["first"], answer["most"]["second"]) == (0, 1)
    vectors = np.array(call(client, "embeddings", REFUND)["vectors"])
    assert vectors @ vectors.T == pytest.approx(np.array(answer["cosines"]), abs=1e-4)
    assert len(call(client, "embeddings", "one text")["vectors"]) == 1


def test_a_search_finds_what_it_shares_no_word_with(client):
    answer = call(client, "embeddings_search", "feline pets", REFUND)
    best = answer["hits"][0]
    assert (best["index"], best["word_rank"], answer["word_hits"]) == (2, None, [])
    assert REFUND[2][best["start"] : best["end"]] == best["text"] == best["best_sentence"]


def test_what_can_not_be_embedded_or_searched_is_a_clear_error(client):
    assert "no text to embed" in refused(client, "embeddings", [])
    assert "no role 'poem'" in refused(client, "embeddings", "a cat", "poem")
    assert "no query" in refused(client, "embeddings_search", " ", REFUND)
    assert "no text to search in" in refused(client, "embeddings_search", "a cat", [""])


def test_a_summary_is_shorter_than_its_source_and_names_its_subject(client):
    answer = call(client, "summarization", LIGHTHOUSE)
    assert 5 < len(words(answer["text"])) < 0.7 * len(words(LIGHTHOUSE))
    assert "lighthouse" in answer["text"].lower()


def test_translation_gives_a_portuguese_sentence(client):
    answer = call(client, "translation", "The house is small and the garden is beautiful.")
    text = answer["text"].lower()
    assert "casa" in text
    assert "jardim" in text


def test_a_chat_knows_a_capital_and_shows_what_else_it_might_have_said(client):
    answer = call(
        client, "text_generation", "What is the capital of France?", temperature=0,
        max_new_tokens=12, alternatives=True,
    )  # fmt: skip
    assert "Paris" in answer["text"]
    assert answer["ended"] == "end"
    assert answer["seed"] is None
    assert "<|im_start|>user\nWhat is the capital" in answer["read"]
    assert len(answer["steps"]) == answer["tokens"]
    assert answer["metrics"]["first_s"] > 0


def test_a_seed_brings_an_answer_back_and_its_seed_is_told(client):
    asked = {"max_new_tokens": 8, "temperature": 1.5, "top_k": 0, "top_p": 1}
    first = call(client, "text_generation", "Name a fruit.", **asked)
    again = call(client, "text_generation", "Name a fruit.", seed=first["seed"], **asked)
    assert again["text"] == first["text"]


def test_a_text_is_gone_on_with_and_its_next_token_can_be_looked_at(client):
    text = "The capital of France is"
    answer = call(client, "text_generation", text, kind="text", temperature=0, max_new_tokens=3)
    assert answer["text"].startswith(" Paris")
    seen = call(client, "text_generation_next", text, kind="text")
    assert seen["alternatives"][0]["piece"] == " Paris"


def test_speech_is_audible_of_plausible_length_and_transcribes_back(client):
    sentence = "The quick brown fox jumps over the lazy dog."
    audio = call(client, "text_to_speech", sentence)
    path = audio[0] if isinstance(audio, (list, tuple)) else audio
    samples, rate = soundfile.read(path)
    assert 1.5 < len(samples) / rate < 6
    assert np.abs(samples).max() > 0.1
    heard = set(words(call(client, "speech_to_text", handle_file(path))["text"]))
    assert len(heard & set(words(sentence))) >= 6


def test_a_speech_tells_its_seed_and_when_every_word_is_heard(client):
    text = "# One\n\nDr. Ray paid $5.\n\n# Two\n\nThe end."
    path, facts = call(client, "text_to_speech", text, seed=7, file_format="mp3")
    again = call(client, "text_to_speech", text, seed=7, file_format="mp3")
    assert path.endswith(".mp3")
    assert Path(path).read_bytes() == Path(again[0]).read_bytes()
    assert facts["seed"] == 7
    assert [chapter["title"] for chapter in facts["chapters"]] == ["One", "Two"]
    spoken = next(piece for piece in facts["spoken"] if "five dollars" in piece["read_as"])
    words = [text[word["start_char"] : word["end_char"]] for word in spoken["words"]]
    assert words == ["Dr.", "Ray", "paid", "$5."]
    assert spoken["start"] <= spoken["words"][0]["start"] < spoken["words"][-1]["end"]
    assert soundfile.info(path).duration == pytest.approx(facts["duration"], abs=0.2)


def test_a_recording_is_transcribed_with_times_inside_it(client):
    recording = sorted((ROOT / "assets" / "examples").glob("*.flac"))[0]
    answer = call(client, "speech_to_text", handle_file(str(recording)))
    segments = answer["segments"]
    duration = soundfile.info(recording).duration
    assert len(words(answer["text"])) >= 5
    assert all(0 <= s["start"] < s["end"] <= duration + 0.1 for s in segments)


def test_an_image_has_the_asked_size_differs_by_prompt_and_repeats_by_seed(client):
    def draw(prompt):
        answer = call(client, "image_generation", prompt, seed=7)
        path = answer[0] if isinstance(answer, (list, tuple)) else answer
        return np.asarray(Image.open(path).convert("RGB"))

    apple, again, cat = draw("a red apple"), draw("a red apple"), draw("a cat")
    assert apple.shape == (64, 64, 3)
    assert np.array_equal(apple, again)
    assert np.abs(apple.astype(int) - cat.astype(int)).mean() > 5


def test_tokenizer_ids_are_the_published_ones(client):
    answer = call(client, "tokenizer", "Hello world")
    assert answer["ids"] == [9707, 1879]


TEXT_ENDPOINTS = (
    "sentiment",
    "ner",
    "summarization",
    "translation",
    "text_generation",
    "text_to_speech",
    "image_generation",
    "tokenizer",
)


@pytest.mark.parametrize("name", TEXT_ENDPOINTS)
def test_an_empty_text_is_a_clear_error(client, name):
    message = refused(client, name, "" if name == "tokenizer" else "   ")
    assert 10 < len(message) < 300
    assert "Traceback" not in message


@pytest.mark.parametrize(
    ("name", "wrong", "why"),
    [
        ("image_generation", {"width": "wide"}, "width: Input should be a valid integer"),
        ("image_generation", {"steps": 2.5}, "steps: Input should be a valid integer"),
        ("image_generation", {"guidance": "much"}, "guidance: Input should be a valid number"),
        ("text_to_speech", {"seed": "any"}, "seed: Input should be a valid integer"),
        ("text_to_speech", {"speed": "fast"}, "speed: Input should be a valid number"),
    ],
)
def test_what_is_no_number_is_named_with_what_it_should_be(client, name, wrong, why):
    text = "prompt" if name == "image_generation" else "text"
    assert why in refused(client, name, **{text: "a cat"}, **wrong)


def test_an_empty_question_or_passage_is_a_clear_error(client):
    assert refused(client, "question_answering", "", ADA)
    assert refused(client, "question_answering", "Who?", "")


@pytest.mark.parametrize("name", [*TEXT_ENDPOINTS, "question_answering", "zero_shot"])
def test_a_model_id_that_is_a_path_is_refused(client, name):
    """Other spellings of paths and addresses: ``tests/hub/test_errors.py``."""
    two = {"question_answering": ["Where?", ADA], "zero_shot": ["a cat", ["animals"]]}
    values = two.get(name, ["a cat"])
    assert "no model id" in refused(client, name, *values, model="../../etc/passwd")


@pytest.mark.parametrize("name", ["sentiment", "ner", "translation", "tokenizer"])
@pytest.mark.parametrize(
    "text",
    ["\U0001f600\U0001f468\u200d\U0001f469", "مرحبا بك", "<script>alert(1)</script>"],
    ids=["emoji", "right-to-left", "script"],
)
def test_any_script_gives_an_answer(client, name, text):
    assert call(client, name, text)


@pytest.mark.parametrize("name", ["sentiment", "ner", "tokenizer"])
def test_100_000_characters_are_answered(client, name):
    text = (ADA + " ") * (100_000 // (len(ADA) + 1) + 1)
    answer = as_json(call(client, name, text[:100_000]))
    if name == "ner":
        assert answer["entities"][-1]["start"] > 95_000
    elif name == "sentiment":
        assert answer["windows"] == answer["windows_total"] > 10
    else:
        assert len(json.dumps(answer)) > 1000


def test_a_question_about_100_000_characters_finds_the_one_place(client):
    filler = "The weather was mild and nothing of note happened that day. " * 800
    context = filler + ADA + " " + filler
    best = call(client, "question_answering", "Where was Ada Lovelace born?", context)["answers"][0]
    assert context[best["start"] : best["end"]] == best["text"]
    assert "London" in best["text"]


def wav(path, samples, rate):
    soundfile.write(path, samples, rate)
    return handle_file(str(path))


def test_a_text_file_renamed_wav_is_a_clear_error(client, tmp_path):
    path = tmp_path / "notes.wav"
    path.write_text("this is no audio at all\n" * 50)
    message = refused(client, "speech_to_text", handle_file(str(path)))
    assert "audio" in message.lower()


def test_silence_gives_an_empty_transcript(client, tmp_path):
    answer = call(
        client, "speech_to_text", wav(tmp_path / "silence.wav", np.zeros(16_000 * 4), 16_000)
    )
    assert answer["text"].strip() == ""


def test_an_8_khz_stereo_file_is_transcribed(client, tmp_path):
    recording = sorted((ROOT / "assets" / "examples").glob("*.flac"))[0]
    samples, rate = soundfile.read(recording)
    half = samples[:: rate // 8000]
    answer = call(
        client, "speech_to_text", wav(tmp_path / "phone.wav", np.stack([half, half], 1), 8000)
    )
    assert len(words(answer["text"])) >= 4


def test_after_all_that_the_app_still_serves(client):
    assert call(client, "sentiment", "Good.")["scores"]


def test_a_wrong_argument_type_names_the_argument(client):
    assert "text" in refused(client, "sentiment", {"not": "a text"})
