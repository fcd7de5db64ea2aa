"""Who may log in: pairs of a setting, and lines of a file."""

from __future__ import annotations

import pytest

from models.logins import logins
from models.settings import Settings, SettingsError


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("", []),
        ("ada:x", [("ada", "x")]),
        ("ada:x:y, bob:z", [("ada", "x:y"), ("bob", "z")]),
    ],
)
def test_pairs_of_a_setting_stand_between_commas(text, found):
    assert logins(text) == found


def test_a_file_names_a_user_a_line_and_may_have_remarks(tmp_path):
    path = tmp_path / "users.txt"
    path.write_text("# the team\nada:x,y:z\n\n王小明:密碼\n", "utf-8")
    assert Settings(auth=f"@{path}").auth_pairs == [("ada", "x,y:z"), ("王小明", "密碼")]


@pytest.mark.parametrize(
    ("content", "told"),
    [
        (b"ada:secret\nbob\n", "line 2 of "),
        (b"# nobody\n", "names nobody"),
        (b"ada:secret\nada:y\n", "names ada more than once"),
        (b"\xff\xfe\xff", "no UTF-8"),
    ],
)
def test_a_file_that_is_none_stops_the_start_and_quotes_no_password(tmp_path, content, told):
    path = tmp_path / "users.txt"
    path.write_bytes(content)
    with pytest.raises(SettingsError, match=told) as raised:
        Settings(auth=f"@{path}")
    assert "secret" not in str(raised.value)


def test_a_file_that_is_missing_is_named():
    with pytest.raises(SettingsError, match="/no/such/users can't be read"):
        Settings(auth="@/no/such/users")
