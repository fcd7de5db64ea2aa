"""Gradio's script asks for lookups where it searched, and is left alone where it is another one."""

from __future__ import annotations

import pytest
from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.responses import PlainTextResponse
from starlette.routing import Route
from starlette.testclient import TestClient

from tabs.parts.lookups import QuickLookups, core_scripts, quickened

WALK = (
    "function $a(n,o){if(n.id===o)return n;if(n.children)for(let e of n.children)"
    "{let n=$a(e,o);if(n)return n}return null}"
)
SEARCH = (
    "find(n,o){let r=o.filter(o=>o.targets.find(([o])=>o===n.id)).map(o=>{let r=o.targets.find("
    "([o])=>o===n.id);return r?r[1]:null}).filter(Boolean);return n.events=r,n}"
)


def test_the_installed_gradio_has_both_searches():
    (path,) = core_scripts()
    plain = path.read_text("utf-8")
    assert quickened(plain).count("modeldeck?.lookups") == 3


def test_the_searches_stay_behind_the_lookups_by_whatever_names_they_have():
    changed = quickened(f"{WALK}{SEARCH}")
    ask = "globalThis.modeldeck?.lookups"
    assert f"function $a(n,o){{if({ask})return {ask}.node(n,o);if(n.id===o)return n;" in changed
    assert f"let r={ask}?.events(o,n.id)??o.filter(" in changed
    assert changed.endswith(".filter(Boolean);return n.events=r,n}")


@pytest.mark.parametrize(
    "script",
    [
        WALK,
        SEARCH,
        WALK + WALK + SEARCH,
        WALK + SEARCH.replace("o.filter(o", "this.o.filter(o"),
        "let a=1",
    ],
)
def test_another_script_is_left_as_it_is(script):
    assert quickened(script) == script


def visitor(scripts):
    def plain(request):
        return PlainTextResponse("gradio's own")

    route = Route("/{path:path}", plain, methods=["GET", "POST"])
    return TestClient(Starlette(routes=[route], middleware=[Middleware(QuickLookups, scripts)]))


def test_a_browser_is_sent_the_quickened_script_once(tmp_path):
    (tmp_path / "core-x.js").write_text(WALK + SEARCH, "utf-8")
    browser = visitor([tmp_path / "core-x.js"])
    answer = browser.get("/assets/core-x.js")
    assert answer.text == quickened(WALK + SEARCH)
    assert answer.headers["content-type"].startswith("text/javascript")
    again = browser.get("/assets/core-x.js", headers={"If-None-Match": answer.headers["etag"]})
    assert (again.status_code, again.content) == (304, b"")
    weak = {"If-None-Match": f'"older", W/{answer.headers["etag"]}'}
    assert browser.get("/assets/core-x.js", headers=weak).status_code == 304
    assert browser.get("/assets/other.js").text == "gradio's own"
    assert browser.post("/assets/core-x.js").text == "gradio's own"


def test_a_gradio_without_the_searches_is_served_as_it_is_and_said_so(tmp_path, caplog):
    (tmp_path / "core-x.js").write_text(WALK, "utf-8")
    assert visitor([tmp_path / "core-x.js"]).get("/assets/core-x.js").text == "gradio's own"
    assert "slower in browsers" in caplog.text
