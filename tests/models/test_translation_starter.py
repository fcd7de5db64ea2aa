"""Translation by the starter: both ways, whatever the text, from many threads."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import pytest

from tests.models.engines import last, starter_engine


@pytest.fixture(scope="module")
def starter():
    return starter_engine("bergamot-en-pt")


@pytest.mark.starter
def test_the_starter_translates_both_ways(starter):
    text = last(starter.translate("The house is small and the garden is beautiful.")).text.lower()
    assert "casa" in text
    assert "jardim" in text
    text = last(starter.translate("O cachorro dorme na cozinha.", source="pt")).text.lower()
    assert "dog" in text
    assert "kitchen" in text


@pytest.mark.starter
def test_the_starters_portuguese_contractions_survive(starter):
    """The package's own post-processing turned "no Rio" (in Rio) into "não Rio" (not Rio)."""
    text = last(starter.translate("He lives in Rio and plays in the park.")).text
    assert "no Rio" in text
    assert "não" not in text


@pytest.mark.starter
@pytest.mark.parametrize(
    "text", ["\U0001f600\U0001f468\u200d", "مرحبا بك", "字" * 500, "<script>alert(1)</script>"]
)
def test_the_starter_leaves_what_it_can_not_read_as_it_is(starter, text):
    assert last(starter.translate(text)).text == text


@pytest.mark.starter
def test_the_starter_answers_a_word_of_any_length(starter):
    assert len(last(starter.translate("x" * 900)).text) >= 450


@pytest.mark.starter
def test_the_native_engine_gives_the_same_from_many_threads(starter):
    texts = [
        f"The {who} is {age} years old." for who in ("dog", "king", "nurse") for age in range(8)
    ]

    def say(text):
        return last(starter.translate(text)).text

    alone = [say(text) for text in texts]
    with ThreadPoolExecutor(6) as pool:
        assert list(pool.map(say, texts * 2)) == alone * 2
