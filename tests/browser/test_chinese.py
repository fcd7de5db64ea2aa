"""The page in Traditional Chinese: by the browser, a link or the switch; what people wrote stays as it is."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import Page, expect

from tabs import ORDER, all_tabs
from tests.browser.eyes import violations
from tests.browser.pages import RUN_LIMIT_MS, fits, open_page, panel
from tests.conftest import IN_CHROMIUM
from tests.dropdowns import choices
from tests.words import catalogue

pytestmark = IN_CHROMIUM
WORDS = catalogue()
#: Rules of axe that words can break; all of them are looked at on the page in English.
WORDED = {
    "runOnly": {
        "type": "rule",
        "values": [
            "aria-command-name", "aria-input-field-name", "aria-toggle-field-name", "button-name",
            "document-title", "html-has-lang", "html-lang-valid", "image-alt", "input-button-name", "label",
            "link-name", "select-name", "summary-name", "svg-img-alt", "valid-lang",
        ],
    }
}  # fmt: skip


def tab_bar(page: Page):
    return page.locator(".md-tabs > .tab-wrapper")


def switch(page: Page, name: str) -> None:
    page.locator(".md-tongues").get_by_role("button", name=name).click()


def open_in_chinese(page: Page, name: str):
    tab_bar(page).get_by_role("tab", name=WORDS[all_tabs()[name].TITLE], exact=True).click()
    return panel(page, name)


@pytest.fixture(scope="module")
def page(chromium, address):
    """A visitor from Taiwan."""
    page = open_page(chromium, address, locale="zh-TW")
    expect(tab_bar(page)).to_contain_text("情緒分析")
    yield page
    page.close()


def test_a_browser_that_speaks_chinese_is_given_a_chinese_page(page):
    expect(page.locator("html")).to_have_attribute("lang", "zh-Hant")
    for name in ORDER:
        expect(
            tab_bar(page).get_by_role("tab", name=WORDS[all_tabs()[name].TITLE], exact=True)
        ).to_be_visible()
    expect(page.locator(".md-tongues [aria-pressed=true]")).to_have_text("中文")


def test_no_text_of_a_component_is_without_chinese(page):
    """Walks the page's whole configuration, also what is in parts that nobody has opened."""
    lacking = page.evaluate(
        """() => {
          const texts = new Set();
          const bare = (html) => new DOMParser().parseFromString(html, "text/html").body;
          const own = "[translate=no], [dir=auto], pre, code, .md-notes, .md-card dd, .md-concepts li";
          for (const { type, props } of window.gradio_config.components) {
            for (const name of ["label", "info", "placeholder"]) if (props[name]) texts.add(props[name]);
            if (["button", "downloadbutton", "uploadbutton"].includes(type)) texts.add(props.value);
            const asIs = /md-as-is|md-picker|md-ner-labels/.test(props.elem_classes);
            if (props.choices && !asIs) for (const [label] of props.choices) texts.add(label);
            if (type !== "html" || !props.value) continue;
            const body = bare(props.value), walk = document.createTreeWalker(body, NodeFilter.SHOW_TEXT);
            body.querySelectorAll(own).forEach((one) => one.remove());
            for (let node = walk.nextNode(); node; node = walk.nextNode()) texts.add(node.data);
            body.querySelectorAll("[title], [aria-label]").forEach((one) => {
              for (const name of ["title", "aria-label"]) texts.add(one.getAttribute(name) || "");
            });
          }
          const words = [...texts].filter((text) => typeof text === "string" && /[a-z]{2}/.test(text));
          return words.filter((text) => !modeldeck.said(text));
        }"""
    )
    assert {text for text in lacking if not NAMES.fullmatch(text.strip())} == set()


#: Said alike in both languages: names of the app, of voices, of roles and of parameters, and code.
NAMES = re.compile(
    r"Modeldeck|hf_\.\.\.|Heart, .*|system|user|assistant|tool|\[\{.*|\{%.*|Instruct: .*|[a-z]+_[a-z_]+"
    r"|audio|exchange|facts|file|history|message|midi|seconds|timestamps",
    re.DOTALL,
)


def test_a_text_is_told_whole_or_not_at_all(page):
    said = "text => modeldeck.said(text)"
    assert page.evaluate(said, "7 entities in 157 characters.") == "157 個字元中有 7 個實體。"
    assert page.evaluate(said, "A cat (and a dog in it) sat in Rome.") == ""  # hardly "{0} in {1}."
    settings = page.evaluate(said, "Joe · 2 s · Voice: Joe, American, Seed: 7")
    assert settings == "Joe · 2 s · 聲音：Joe, American，種子：7"
    noted = page.evaluate(
        said,
        "No safety checker is loaded: pictures are shown as they were drawn. "
        "Memory mode: resident (cpu has one memory and everything stays in it).",
    )
    assert noted.endswith("記憶體模式：常駐（cpu 只有一種記憶體，全部留在裡面）。")


def test_no_tab_shuts_anybody_out_in_chinese(page):
    for name in ORDER:
        open_in_chinese(page, name)
        assert violations(page, WORDED, name) == [], name


def test_a_run_and_its_error_speak_chinese(page):
    tab = open_in_chinese(page, "sentiment")
    tab.locator(".md-run").click()
    expect(tab.get_by_role("alert")).to_contain_text("沒有可評分的文字。")
    expect(tab.get_by_role("alert").locator(".md-hint")).to_have_text(re.compile("[\u4e00-\u9fff]"))
    tab.locator(".md-example").first.click()
    expect(tab.locator(".md-done").first).to_contain_text("執行", timeout=RUN_LIMIT_MS)


def test_what_a_person_wrote_stays_as_it_is_though_it_is_a_text_of_the_page(page):
    tab = open_in_chinese(page, "zero_shot")
    tab.locator("textarea").first.fill("Stop")
    box = tab.locator(".md-labels-field input")
    for label in ("Stop", "Model", "Text"):
        box.fill(label)
        box.press("Enter")
    expect(tab.locator(".md-labels-field li")).to_contain_text(["Stop", "Model", "Text"])
    tab.locator(".md-run").click()
    expect(tab.locator(".md-done").first).to_be_visible(timeout=RUN_LIMIT_MS)
    expect(tab.locator(".md-bar-name").filter(has_text=re.compile("^Stop$"))).to_be_visible()
    assert tab.locator("textarea").first.input_value() == "Stop"
    expect(tab.locator(".md-runbar")).to_contain_text("停止")


def test_a_menu_is_chosen_from_and_found_in_chinese_and_gives_its_english_value(page):
    tab = open_in_chinese(page, "translation")
    target = tab.get_by_label("目標語言")
    expect(target).to_have_value("葡萄牙文")
    source = tab.get_by_label("來源語言")
    source.click()
    source.fill("葡萄牙")
    choices(source).get_by_role("option", name="葡萄牙文").click()
    expect(source).to_have_value("葡萄牙文")
    expect(target).to_have_value("英文")
    assert target.evaluate("node => node.value") == "English"  # what gradio reads


def test_switching_keeps_what_was_written_and_comes_back_to_english(page):
    tab = open_in_chinese(page, "ner")
    tab.locator("textarea").first.fill("停止 Stop in Taipei.")
    switch(page, "English")
    expect(page.locator("html")).to_have_attribute("lang", "en")
    expect(tab.locator(".md-run").first).to_have_text("Find entities")
    expect(tab_bar(page)).to_contain_text("Named entities")
    assert tab.locator("textarea").first.input_value() == "停止 Stop in Taipei."
    left = page.evaluate(
        """() => document.body.innerText.split("\\n").filter((line) => /[\u4e00-\u9fff]/.test(line))"""
    )
    assert set(left) <= {"中文", "圖書館"}
    page.reload()
    expect(tab_bar(page)).to_contain_text("Named entities")
    expect(page.locator("html")).to_have_attribute("lang", "en")
    switch(page, "中文")
    expect(tab_bar(page)).to_contain_text("具名實體")


def test_a_link_may_carry_the_language_and_fits_a_phone(chromium, address):
    page = open_page(chromium, f"{address}?lang=zh-Hant&tab=ner&text=Stop", width=390)
    expect(page.locator("#tab-ner .md-run").first).to_have_text("找出實體")
    assert page.locator("#tab-ner textarea").first.input_value() == "Stop"
    fits(page, 390)
    assert page.problems == []
    page.close()


def test_a_page_in_english_fetches_no_catalogue(pages):
    page = pages.untouched()
    expect(tab_bar(page)).to_contain_text("Named entities")
    assert (
        page.evaluate(
            "performance.getEntriesByType('resource').filter(r => r.name.includes('words/')).length"
        )
        == 0
    )


def test_gradios_settings_are_in_chinese_and_offer_no_other_language(page):
    page.locator("footer").get_by_role("button", name="設定").click()
    settings = page.locator(".api-docs")
    expect(settings.get_by_role("heading", name="顯示主題")).to_be_visible()
    expect(settings.get_by_role("button", name="深色")).to_be_visible()
    assert settings.locator("input[role=combobox]:visible").count() == 0
    untold, shown = page.evaluate("modeldeck.untold()"), settings.inner_text()
    here = [text for text in untold if text in shown and not text.startswith("http")]
    assert set(here) <= {"Modeldeck"}
    page.keyboard.press("Escape")
    settings.get_by_role("button").first.click()
    expect(settings).to_have_count(0)
