"""Translation by the families in torch: Marian, M2M100 and NLLB on tiny random networks."""

from __future__ import annotations

from itertools import islice

import pytest

from models.errors import ModelUnsupported, Stopped
from models.spec import Weights
from models.stop import StopToken
from models.translation import LOADERS
from models.translation_torch import LanguageFrames, MarianFrames
from tests.fakes import card
from tests.models.engines import HERE, last
from tests.models.text_checkpoints import tiny_bart, tiny_m2m100, tiny_marian, tiny_nllb


def engine(folder, name="local/tiny", kind="transformers"):
    return LOADERS[kind](Weights(card(name, "translation"), folder, "test"), HERE)


def test_a_marian_model_of_one_pair_translates(tmp_path):
    made = engine(tiny_marian(tmp_path, source_lang="en", target_lang="pt"), kind="marian")
    result = last(made.translate("the house is small .\n\nthe garden ."))
    assert (result.source, result.target) == ("en", "pt")
    assert "\n\n" in result.text
    assert len(result.text) > 10


def test_a_marian_pair_is_read_from_its_repository_where_the_tokenizer_is_silent(tmp_path):
    made = engine(tiny_marian(tmp_path), "Helsinki-NLP/opus-mt-en-fi")
    assert made.pairs.choose("", "") == ("en", "fi")


def test_a_marian_model_of_several_targets_is_told_which(tmp_path):
    folder = tiny_marian(tmp_path, targets=("por", "fra"), source_lang="eng", target_lang="roa")
    made = engine(folder)
    assert made.pairs.targets("en") == ("pt", "fr")
    assert last(made.translate("the house .", target="fr")).target == "fr"


def test_m2m100_knows_its_languages_by_iso_code(tmp_path):
    made = engine(tiny_m2m100(tmp_path), kind="m2m100")
    assert {"en", "pt", "ar", "zh"} <= set(made.pairs.sources)
    assert last(made.translate("the house .", source="pt", target="en")).text


def test_nllb_is_told_its_languages_in_its_own_codes(tmp_path):
    made = engine(tiny_nllb(tmp_path), kind="nllb")
    assert made.pairs.choose("", "") == ("en", "pt")
    assert "ace_Arab" in made.pairs.sources
    assert last(made.translate("the house.", source="en", target="ar")).target == "ar"


def test_frames_put_the_languages_where_the_families_want_them():
    assert MarianFrames(0, {"fr": 7}).framed([5, 6], "en", "fr") == [7, 5, 6, 0]
    frames = LanguageFrames(2, {"en": 8, "fr": 9})
    assert frames.framed([5, 6], "en", "fr") == [8, 5, 6, 2]
    assert frames.first("fr") == 9


def test_stop_reaches_a_model_in_mid_sentence(tmp_path):
    made = engine(tiny_marian(tmp_path, source_lang="en", target_lang="pt"))
    stop = StopToken()
    results = made.translate("the house is small and the garden is beautiful .", stop=stop)
    next(results)
    stop.set()
    with pytest.raises(Stopped):
        next(islice(results, 2, None))


def test_a_model_of_another_kind_is_refused_by_name(tmp_path):
    with pytest.raises(ModelUnsupported, match="bart"):
        engine(tiny_bart(tmp_path))


@pytest.mark.parametrize("make", [tiny_marian, tiny_m2m100, tiny_nllb])
def test_other_wordings_are_different_and_best_first(tmp_path, make):
    folder = make(tmp_path)
    made = LOADERS["transformers"](Weights(card("o/opus-mt-en-pt"), folder, "test"), HERE)
    source, target = made.pairs.choose("", "")
    found = made.wordings("One house. Another one.", source=source, target=target)
    assert len(set(found.texts)) == len(found.texts)
    assert found.sentence == "One house."
    assert made.wordings("One house.", source=source, target=target).texts == found.texts
    second = made.wordings("One house. Another one.", sentence=2, source=source, target=target)
    assert second.sentence == "Another one."
