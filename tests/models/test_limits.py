"""What one visitor may do at once and in a minute."""

from __future__ import annotations

import pytest

from models import limits
from models.errors import Busy
from models.limits import Limits, Visitors
from models.local_models import named
from models.settings import Settings, SettingsError
from tabs.parts.visitor import address


class Clock:
    now = 0.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock():
    return Clock()


def run(visitors: Visitors, visitor: str, event: str) -> None:
    with visitors.admitted(visitor, event):
        pass


def test_runs_at_once_are_counted_by_visitor(clock):
    visitors = Visitors(Limits(at_once=2), clock)
    with visitors.admitted("ada", "1"), visitors.admitted("ada", "2"):
        with pytest.raises(Busy, match=r"You have 2 runs under way; this page allows 2 at once"):
            run(visitors, "ada", "3")
        run(visitors, "bob", "4")
    run(visitors, "ada", "5")


def test_runs_of_one_event_count_once(clock):
    visitors = Visitors(Limits(at_once=1, per_minute=1), clock)
    with visitors.admitted("ada", "compare"), visitors.admitted("ada", "compare"):
        pass
    run(visitors, "ada", "compare")  # the next slice of a batch


def test_a_minute_slides(clock):
    visitors = Visitors(Limits(per_minute=2), clock)
    run(visitors, "ada", "1")
    clock.now = 30
    run(visitors, "ada", "2")
    clock.now = 50
    with pytest.raises(Busy) as caught:
        run(visitors, "ada", "3")
    assert caught.value.hint == "Try again in 10 s."
    clock.now = 60
    run(visitors, "ada", "3")


def test_a_refused_run_does_not_count(clock):
    visitors = Visitors(Limits(at_once=1, per_minute=2), clock)
    with visitors.admitted("ada", "1"):
        with pytest.raises(Busy):
            run(visitors, "ada", "2")
    run(visitors, "ada", "3")


def test_a_run_that_fails_ends(clock):
    visitors = Visitors(Limits(at_once=1), clock)
    with pytest.raises(ZeroDivisionError):
        with visitors.admitted("ada", "1"):
            raise ZeroDivisionError
    run(visitors, "ada", "2")


def test_without_limits_everybody_runs(clock):
    visitors = Visitors(clock=clock)
    for number in range(100):
        run(visitors, "ada", str(number))


def test_visitors_who_are_away_are_forgotten(clock, monkeypatch):
    monkeypatch.setattr(limits, "MAX_VISITORS", 3)
    visitors = Visitors(Limits(at_once=1), clock)
    with visitors.admitted("busy", "1"):
        for number in range(10):
            run(visitors, str(number), "x")
        assert len(visitors._books) == 3
        with pytest.raises(Busy):
            run(visitors, "busy", "2")


@pytest.mark.parametrize(
    ("hosts", "found"),
    [
        (["203.0.113.9", "8.8.8.8", "10.0.0.1"], "8.8.8.8"),
        (["1.1.1.1", " 9.9.9.9 ", "127.0.0.1"], "9.9.9.9"),
        (["", "192.168.0.7"], "192.168.0.7"),
        (["<script>", "not an address"], "not an address"),
        (["2001:4860:4860::8888"], "2001:4860:4860::/64"),
    ],
)
def test_the_last_public_address_is_the_visitors(hosts, found):
    assert address(hosts) == found


def test_a_public_page_is_limited_and_locked_unless_told_otherwise():
    private, public = Settings(), Settings(share=True, auth="ada:x")
    assert (private.limits, private.locked, private.upload_bytes) == (Limits(), False, 500_000_000)
    assert (public.limits, public.locked, public.upload_bytes) == (Limits(2, 20), True, 50_000_000)
    assert Settings(on_space=True).locked
    opened = Settings(on_space=True, any_model=True, visitor_runs=9, visitor_rate=99, upload="2GB")
    assert (opened.locked, opened.limits) == (False, Limits(9, 99))
    assert opened.upload_bytes == 2_000_000_000


def test_a_public_link_needs_a_password_or_an_explicit_word():
    with pytest.raises(SettingsError, match="--anyone"):
        Settings(share=True)
    assert Settings(share=True, anyone=True).public


def test_local_models_are_told_apart_and_their_folders_are_not_told_in_public(tmp_path):
    entries = [("ner", tmp_path / "a" / "best"), ("ner", tmp_path / "b" / "best")]
    assert [model.id for model in named(entries, public=False)] == ["local/best", "local/best-2"]
    assert [model.id for model in named(entries, public=True)] == ["local/ner", "local/ner-2"]


@pytest.mark.parametrize("bad", [{"visitor_runs": -1}, {"visitor_rate": -5}, {"upload": "big"}])
def test_a_limit_that_makes_no_sense_is_named(bad):
    with pytest.raises(SettingsError, match=next(iter(bad))):
        Settings(**bad)
