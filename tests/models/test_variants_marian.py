"""Marian in CTranslate2: the same words as transformers, batches, limits, and the seat it takes."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import pytest

from models.caller import Caller, acting
from models.errors import Stopped
from models.spec import ModelCard, Weights
from models.stop import StopToken
from models.translation import TranslationEngine
from models.translation_torch import load_speaker
from models.variants import Shelf
from models.variants_marian import PRECISIONS, convert, trial
from tests.models.engines import CPU
from tests.models.text_checkpoints import SENTENCES, tiny_marian

pytestmark = pytest.mark.filterwarnings("ignore:.*sacremoses")
TEXTS = [*dict.fromkeys(SENTENCES), "two trees", "the house", "spring is beautiful ."]


@pytest.fixture(scope="module")
def weights(tmp_path_factory):
    folder = tiny_marian(tmp_path_factory.mktemp("marian"), source_lang="eng", target_lang="por")
    return Weights(ModelCard("local/tiny", "translation", "marian", "Tiny"), folder, "test")


@pytest.fixture(scope="module")
def converted(weights, tmp_path_factory):
    folder = tmp_path_factory.mktemp("ct2")
    convert(weights.folder, folder)
    return folder


def speaker(weights, folder=None, name="ctranslate2-float32"):
    made = load_speaker(weights, CPU)
    if folder is not None:
        made.seat.exchange(made.seat.variant(folder, ("ids",), name))
    return made


def said(made, text):
    return list(made.say(text, "en", "pt", StopToken()))[-1]


def test_float32_writes_what_transformers_writes(weights, converted):
    plain, quick = speaker(weights), speaker(weights, converted)
    assert [said(quick, text) for text in TEXTS] == [said(plain, text) for text in TEXTS]


def test_sentences_of_many_callers_share_a_batch_and_keep_their_own(weights, converted):
    quick = speaker(weights, converted)
    alone, callers = [said(quick, text) for text in TEXTS], [Caller(n) for n in range(21)]

    def ask(caller):
        with acting(caller):
            return said(quick, TEXTS[caller.user % len(TEXTS)])

    with ThreadPoolExecutor(21) as pool:
        together = list(pool.map(ask, callers))
    assert together == [alone[n % len(TEXTS)] for n in range(21)]
    assert {caller.tally.variant for caller in callers} == {"ctranslate2 float32"}


def test_each_sentence_keeps_its_own_limit(weights, converted):
    seat = speaker(weights, converted).seat
    ids, _ = seat.asked(TEXTS[0])
    assert len(seat.runtime.translate(ids, 3, StopToken())) == 3


def test_stop_is_heard(weights, converted):
    stop = StopToken()
    stop.set()
    with pytest.raises(Stopped):
        list(speaker(weights, converted).say("the house", "en", "pt", stop))


def test_a_trial_holds_both_precisions_against_torch(weights, tmp_path):
    verdict = trial(speaker(weights).seat, weights.folder, tmp_path, TEXTS)
    assert set(verdict.tried) == {"torch-float32", *PRECISIONS}
    assert verdict.tried["ctranslate2-float32"].agreement == 1
    assert verdict.chosen in ("", *PRECISIONS)


def test_the_shelf_gives_an_engine_the_variant_that_was_made(weights, tmp_path):
    shelf = Shelf(tmp_path, "ctranslate2-float32")
    folder = shelf.folder(weights)
    folder.mkdir(parents=True)
    trial(speaker(weights).seat, weights.folder, folder, TEXTS).save(folder)
    engine = TranslationEngine(load_speaker(weights, CPU))
    before = engine.memory_bytes
    shelf.equip(engine, weights, CPU)
    assert engine.translator_seat.runtime.name == "ctranslate2 float32"
    assert engine.memory_bytes > before
    other = TranslationEngine(load_speaker(weights, CPU))
    Shelf(tmp_path, "openvino-float32").equip(other, weights, CPU)
    assert other.translator_seat.runtime is None
