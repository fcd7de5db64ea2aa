"""The page in Chinese, without a browser: nothing is left out, and what a browser is sent holds together."""

from __future__ import annotations

import ast
import re

import pytest
from starlette.applications import Starlette
from starlette.testclient import TestClient

from tabs.parts.words import CHINESE, WORDS_PATH, cards_html, switch_html, words_route
from tests import words, words_in_code

CATALOGUE = words.catalogue()
_VALUE = re.compile(r"\{(\d+)!?\}")


@pytest.fixture(scope="module")
def client():
    with TestClient(Starlette(routes=[words_route()])) as client:
        yield client


def test_every_text_of_the_page_has_a_chinese_one():
    lacking = "\n".join(f"  {text!r}  ({place})" for text, place in words.missing().items())
    assert not lacking, f"These texts have no Chinese:\n{lacking}\n{words.HOW}"


def test_every_learner_card_is_there_in_chinese_as_it_is_in_english_now():
    stale = ", ".join(words.stale_cards())
    assert not stale, (
        f"Look at assets/i18n/zh-Hant/: {stale}; then run python -m tests.words --cards"
    )


def test_a_translation_has_no_value_that_its_text_lacks():
    wrong = [
        text
        for text, said in CATALOGUE.items()
        if not {*_VALUE.findall(said)} <= {*_VALUE.findall(text)}
    ]
    assert wrong == []


def test_a_translation_is_written_with_the_marks_of_chinese():
    """Full-width marks after a sign, and the signs of Taiwan: no simplified ones."""
    half = [said for said in CATALOGUE.values() if re.search(r"[\u3400-\u9fff][,;:?!](?!\S)", said)]
    simplified = re.compile("[们这说为来对时会过还进开关实现产发动种应无样网页语词译选项节后个]")
    assert half == []
    assert [said for said in CATALOGUE.values() if simplified.search(said)] == []


def test_a_card_has_as_many_paragraphs_in_both_languages_and_no_mark_left_over():
    from tabs.parts.look import ASSETS

    for name, html in cards_html().items():
        english = (ASSETS / "learn" / f"{name}.md").read_text("utf-8")
        assert html.count("<p>") == len(re.split(r"\n\s*\n", english.strip())), name
        assert "*" not in re.sub("<code>.*?</code>", "", html), name


def test_the_list_of_what_stays_names_nothing_that_is_translated():
    whole, _ = words.left_out()
    assert whole & {*CATALOGUE} == set()


def test_browsers_are_sent_the_words_once_and_told_when_theirs_are_the_newest(client):
    first = client.get(WORDS_PATH)
    assert first.headers["content-type"] == "text/javascript; charset=utf-8"
    assert '"Stop": "停止"' in first.text
    again = client.get(WORDS_PATH, headers={"If-None-Match": first.headers["etag"]})
    assert (again.status_code, again.content) == (304, b"")


def test_the_switch_names_each_language_in_itself():
    assert f'lang="{CHINESE}"' in switch_html()
    assert "中文" in switch_html()
    assert "English" in switch_html()


def test_a_text_is_found_with_its_values_numbered_and_html_gives_what_is_read():
    tree = ast.parse("f\"<b title='Of {a}'>{b} of <i>{c}</i> rows</b>\"").body[0].value
    assert list(words_in_code.pieces(words_in_code.template(tree))) == ["Of {0}", "{0} of", "rows"]


def test_a_counted_noun_is_found_for_one_and_for_more():
    def found(code):
        return [*words_in_code.counted_in(ast.parse(code).body[0].value)]

    assert found("counted(len(rows), 'row')") == ["1 row", "{0} rows"]
    assert found("counted(n, 'entity', 'entities')") == ["1 entity", "{0} entities"]
    assert found("counted_of(a, b, 'row')") == ["{0} of 1 row", "{0} of {1} rows"]
    assert found("other(n, 'row')") == []
