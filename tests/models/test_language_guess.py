"""Guessing a text's language by script and small words."""

from __future__ import annotations

import pytest

from models.language_guess import foreign_language, guess_language
from models.language_words import LISTED, WORDS
from models.languages import LANGUAGES


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("The house is small and the garden is beautiful.", "en"),
        ("O trem para Lisboa sai às nove horas da manhã.", "pt"),
        ("El perro duerme en la cocina y no quiere salir.", "es"),
        ("Le chien dort dans la cuisine et ne veut pas sortir.", "fr"),
        ("Der Hund schläft in der Küche und will nicht hinaus.", "de"),
        ("Il cane dorme in cucina e non vuole uscire con noi.", "it"),
        ("De hond slaapt in de keuken en wil niet naar buiten.", "nl"),
        ("مرحبا بك", "ar"),
        ("سلام، چطوری؟", "fa"),
        ("Привет, как дела?", "ru"),
        ("Привіт, як їхні справи?", "uk"),
        ("今天天气很好。", "zh"),
        ("今日はいい天気です。", "ja"),
        ("안녕하세요", "ko"),
    ],
)
def test_a_sentence_tells_its_language(text, code):
    found = guess_language(text, LANGUAGES)
    assert found is not None
    assert found[0] == code
    assert 0.5 < found[1] <= 1


@pytest.mark.parametrize("text", ["", "\U0001f600", "123", "No", "<script>alert(1)</script>"])
def test_nothing_is_guessed_from_nothing(text):
    assert guess_language(text, ("en", "pt")) is None


def test_languages_that_the_words_can_not_tell_apart_are_named_as_unsure():
    assert guess_language("Jeg har ikke været der, men du har.", LANGUAGES) == (
        "da",
        pytest.approx(0.6, abs=0.1),
    )
    assert guess_language("Jeg har ikke sett det, men du har.", ("no", "en"))[0] == "no"


@pytest.mark.parametrize("code", LISTED)
def test_the_list_of_every_language_is_its_own(code):
    letters, words = LISTED[code]
    assert all(word == word.lower() for word in words)
    assert all(letter in letters or letter.isascii() for word in words for letter in word)
    assert sum(len(WORDS[word]) == 1 for word in words) >= 8
    assert code in LANGUAGES


def test_only_what_may_be_the_answer_is_answered():
    assert guess_language("مرحبا بك", ("en", "pt")) is None
    assert guess_language("Der Hund schläft in der Küche.", ("en", "pt")) is None


@pytest.mark.parametrize(
    ("text", "known", "found"),
    [
        ("يقع متحف اللوفر في باريس.", ("en",), "ar"),
        ("O trem para Lisboa sai às nove horas e não é o único da tarde.", ("en",), "pt"),
        ("O trem para Lisboa sai às nove horas e não é o único da tarde.", ("en", "pt"), None),
        ("東京は日本の首都です。", ("en",), "ja"),
        ("Київ - столиця України.", ("ru",), None),  # the same script: it may be near enough
        ("日本語東京", ("ja",), None),
        ("Она живёт в Белграде.", ("sr",), None),
        ("Она живёт в Белграде.", ("en", "ko"), "ru"),
        ("La casa de la meva germana és a la muntanya.", ("ca",), None),
        ("The house is in the garden and it is not for you.", ("hi", "zho_Hant"), "en"),
        ("Die Hard rocks my world!", ("en",), None),
        ("The Louvre is in Paris, and it was opened in 1793. C'est la vie!", ("en",), None),
        ("Me gusta mucho jugar al fútbol con mis amigos los domingos.", ("en",), "es"),
        ("Me gusta mucho jugar al fútbol con mis amigos los domingos.", ("en", "es"), None),
        ("J'aime jouer au football avec mes amis.", ("en",), "fr"),
        ("Autonome Autos verlagern die Haftung auf den Hersteller.", ("en",), "de"),
        ("Londen is een grote stad in het Verenigd Koninkrijk.", ("en",), "nl"),
        ("Wczoraj byłem z siostrą w kinie.", ("en",), "pl"),
        ("Jag tycker om att läsa böcker på kvällen.", ("en",), "sv"),
        ("Minä asun Helsingissä ja opiskelen yliopistossa.", ("en",), "fi"),
        ("Hôm nay trời rất đẹp.", ("en",), "vi"),
        ("Saya tinggal di Jakarta dan bekerja sebagai guru.", ("en",), "id"),
        ("Fu\u0308r mich ist das scho\u0308n.", ("en",), "de"),  # accents written apart
        ("Mia moglie e io siamo stati a Roma.", ("en",), "it"),
        ("Siemens AG, BMW and Deutsche Bank met in Zürich.", ("en",), None),
        ("Los Angeles Lakers beat San Antonio in El Paso.", ("en",), None),
        ("She said it's déjà vu, and he ordered a café au lait.", ("en",), None),
        ("Oliphant et al., Nature, vol. 3", ("en",), None),
        ("Die Hard", ("en",), None),
        ("Que sera, sera", ("en",), None),  # three words are a name, or anything
        ("👩‍👩‍👧 123 !?", ("en",), None),
        ("", ("en",), None),
    ],
)
def test_a_text_is_foreign_only_where_that_is_clear(text, known, found):
    assert foreign_language(text, known) == found
