"""What the sentiment tab draws."""

import asyncio
import json
import re
from dataclasses import replace
from types import SimpleNamespace

import gradio as gr

from models.attribution import Attribution, WordWeight
from models.sentiment import LabelScore, Sentiment
from models.service import make_service
from models.settings import Settings
from tabs.parts import Deck
from tabs.parts.labels_view import columns
from tabs.parts.weigh_words import Weighed
from tabs.parts.word_view import changes_html, words_html
from tabs.sentiment import build, many_labels, reading, scores_html
from tests.fakes import FakeBuilder, FakeDevice, FakeEngine, fake_service


def result(**changes):
    facts = {"multi_label": False, "tokens": 9, "max_tokens": 510, "windows": 1, "windows_total": 1}
    return Sentiment((LabelScore("positive", 0.9), LabelScore("<b>", 0.1)), **{**facts, **changes})


def test_every_label_gets_a_bar_and_is_escaped():
    drawn = scores_html(result())
    assert drawn.count('role="listitem"') == 2
    assert "90.0%" in drawn
    assert "&lt;b&gt;" in drawn


def test_a_long_text_says_in_how_many_windows_it_was_read():
    assert reading(result(tokens=1000, windows=1, windows_total=3)) == (
        "1,000 tokens (labels share 100 %), read in 1 of 3 windows of 510 and averaged."
    )


def test_independent_labels_are_said_to_be_so():
    assert "each label by itself" in reading(result(multi_label=True))


def weighed(*weights, done=3, total=3, method="occlusion"):
    text = "<b> good film"
    bounds = [(0, 3), (4, 8), (9, 13)]
    words = tuple(WordWeight(text[a:b], a, b, w) for (a, b), w in zip(bounds, weights, strict=True))
    return text, Attribution("positive", 0.9, method, words, done, total)


def test_words_are_tinted_by_weight_and_side_and_escaped():
    drawn = words_html(*weighed(-0.1, 0.4, None, done=2))
    assert "<b>" not in drawn
    assert 'class="md-word md-for" data-word="1" title="+0.400"' in drawn
    assert 'md-against" data-word="0"' in drawn
    assert 'title="not weighed yet"' in drawn
    assert "--md-share:70%" in drawn
    assert 'title="not weighed"' in words_html(*weighed(-0.1, 0.4, None))


def test_a_dropped_word_is_marked():
    assert drawn_pressed(words_html(*weighed(0.1, 0.2, 0.3), {2})) == ["false", "false", "true"]


def drawn_pressed(drawn):
    return re.findall(r'aria-pressed="(\w+)"', drawn)


def test_words_that_say_the_same_are_said_to_and_hardly_tinted():
    drawn = words_html(*weighed(0.001, 0.002, 0.0))
    assert "No single word matters much" in drawn
    assert "--md-share:1%" in drawn
    assert "--md-share:70%" in words_html(*weighed(0.001, 0.002, 0.0, method="gradients"))


def test_sentences_are_called_sentences():
    text, found = weighed(0.1, 0.2, 0.3)
    assert "Green sentences raise" in words_html(text, replace(found, unit="sentence"))


def test_that_only_a_part_was_weighed_is_said():
    text, found = weighed(0.1, 0.2, 0.3)
    assert "part around the answer" in words_html(text, found.moved(0))
    assert "part around the answer" not in words_html(text, found)


def test_the_fewest_words_are_told_while_they_are_searched_for_and_in_the_end():
    text, found = weighed(None, None, None, method="fewest", done=1)
    found = replace(found, gone=(0,), rest_score=0.8)
    drawn = words_html(text, found, {0})
    assert "2 of 3 words left, and still" in drawn
    assert drawn_pressed(drawn) == ["true", "false", "false"]
    assert "not weighed yet" not in drawn
    told = words_html(text, replace(found, done=3), {0})
    assert "2 of 3 words are enough" in told
    assert "80.0%" in told


def test_the_change_of_each_label_is_in_points():
    before, after = result(), result()
    after = replace(after, scores=(LabelScore("<b>", 0.6), LabelScore("positive", 0.4)))
    drawn = changes_html(before, after, ["<i>"])
    assert "<td>90.0%</td><td>40.0%</td><td>-50.0</td>" in drawn
    assert "&lt;i&gt;" in drawn


def test_labels_from_the_threshold_on_are_named():
    def drawn(threshold):
        return scores_html(result(multi_label=True, threshold=threshold))

    assert "<strong>positive</strong>" in drawn(0.5)
    assert "<strong>positive, &lt;b&gt;</strong>" in drawn(0.1)
    assert "no label reaches 95%" in drawn(0.95)
    assert "<strong>" not in scores_html(result())


def test_many_rows_name_the_labels_that_count_where_several_may():
    assert columns(result(multi_label=True, threshold=0.1))["labels"] == "positive; <b>"
    assert columns(result(multi_label=True, threshold=0.95))["labels"] == ""
    assert "labels" not in columns(result())


class Scorer(FakeEngine):
    """Gives every text the same scores."""

    def score(self, text, threshold, stop):
        return result(multi_label="several" in text, threshold=threshold)


class ScorerBuilder(FakeBuilder):
    def build(self, weights, placement):
        return Scorer(self.device, 10)


def test_a_new_result_empties_the_words_of_the_text_before():
    service = fake_service(ScorerBuilder(FakeDevice(limit=1000)), "org/a")
    with gr.Blocks() as page:
        build(Deck(service, gr.HTML()))
    buttons = {b.value: b._id for b in page.blocks.values() if isinstance(b, gr.Button)}
    score, weigh = (
        next(fn for fn in page.fns.values() if (buttons[label], "click") in fn.targets)
        for label in ("Score the text", "Weigh the words")
    )

    async def run():
        session = SimpleNamespace(session_hash="s")
        return [u async for u in score.fn(session, "A good film.", "org/a", 0.5, [], True)]

    *_, last = asyncio.run(run())
    service.close()
    _, _, status, _, *words = weigh.outputs
    filled = dict(zip(score.outputs, last, strict=True))
    assert [filled.get(part, "as before") for part in (status, *words)] == ["", "", "", None]
    (labels,) = (part for part in filled if getattr(part, "label", "") == "For the label")
    assert [value for _, value in filled[labels]["choices"]] == ["", "positive", "<b>"]


def weighing(names):
    """The page of the tab alone: its deck, and the events of the part "Which words matter" by name."""
    service = fake_service(ScorerBuilder(FakeDevice(limit=1000)), *names)
    with gr.Blocks() as page:
        deck = Deck(service, gr.HTML())
        build(deck)
    (words,) = (
        b for b in page.blocks.values() if "dropOnClick" in str(getattr(b, "js_on_load", ""))
    )
    picker = deck.linked["sentiment"]["model"]
    drop = next(fn for fn in page.fns.values() if (words._id, "select") in fn.targets)
    cleared = [
        fn
        for fn in page.fns.values()
        if (picker._id, "change") in fn.targets and words in fn.outputs
    ]
    return service, drop, cleared


def test_a_word_that_is_dropped_is_weighed_by_the_model_that_weighed_the_others(monkeypatch):
    asked = []

    async def answer(deck, capability, model, verb):
        asked.append(model)
        return SimpleNamespace(value=result())

    monkeypatch.setattr(Deck, "answer", answer)
    service, drop, _ = weighing(["org/a", "org/b"])
    text, found = weighed(0.1, 0.2, 0.3)
    seen = Weighed("org/b", (text,), found, frozenset())
    shown = asyncio.run(drop.fn(seen, SimpleNamespace(word="1")))
    service.close()
    assert asked == ["org/b", "org/b"]
    assert shown[-1].dropped == {1}


def test_another_model_empties_the_words_that_the_one_before_weighed():
    service, drop, cleared = weighing(["org/a", "org/b"])
    service.close()
    (event,) = cleared
    assert [*drop.outputs] == event.outputs[:3]
    *blank, labels = event.fn()
    assert blank == ["", "", None, ""]
    assert labels["choices"] == [("the best one", "")]


def test_a_model_whose_files_say_so_is_known_to_give_several_labels_before_it_is_loaded(tmp_path):
    facts = {"problem_type": "multi_label_classification"}
    (tmp_path / "config.json").write_text(json.dumps(facts))
    service = make_service(Settings(offline=True, device="cpu", models=f"sentiment={tmp_path}"))
    with gr.Blocks():
        deck = Deck(service, gr.HTML())
    (mine,) = service.settings.local_models
    assert many_labels(deck, mine.id)
    assert not many_labels(deck, "starter/minilm-sentiment")
    assert not many_labels(deck, "../../etc/passwd")
    service.close()
