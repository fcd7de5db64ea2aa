"""Options of the command line, and a start that can't work is told before anything is built."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
from dataclasses import fields

import pytest

from models.command_line import parse, refuse
from models.listening import bracketed, check_address
from models.settings import Settings, SettingsError, meanings
from tests.conftest import ROOT, free_port


def test_every_setting_has_a_meaning_and_an_option(monkeypatch, capsys):
    chosen = [field for field in fields(Settings) if "env" not in field.metadata]
    assert [field.name for field in chosen] == list(meanings())
    with pytest.raises(SystemExit):
        parse(["--help"])
    said = capsys.readouterr().out
    assert all(f"--{field.name.replace('_', '-')} " in said for field in chosen)


def test_options_override_variables_both_ways(monkeypatch):
    monkeypatch.setenv("MODELDECK_OFFLINE", "1")
    monkeypatch.setenv("MODELDECK_PORT", "8001")
    assert parse(["--no-offline", "--visitor-runs", "3"]) == Settings(port=8001, visitor_runs=3)


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (["--prot", "1"], "There is no option --prot; did you mean --port?"),
        (["--no-offlin"], "There is no option --no-offlin; did you mean --no-offline?"),
        (["--mem=1GB"], "There is no option --mem; did you mean --memory?"),
        (["--frobnicate"], "There is no option --frobnicate."),
        (["port=7861"], "'port=7861' is no option; write options such as --port 7861."),
        (["--port"], "--port needs a value: TCP port, 1 to 65535."),
        (["--port", "--offline"], "--port needs a value: TCP port, 1 to 65535."),
        (["--port", "many"], "--port: 'many' is no whole number. It is the TCP port, 1 to 65535."),
        (["--port", "\u00b2"], "--port: '\u00b2' is no whole number."),
        (["--visitor-runs", "-1"], "visitor_runs: -1 is below 0, which is no limit."),
        (["--offline=yes"], "--offline takes no value; write --offline or --no-offline."),
    ],
)
def test_what_is_wrong_with_an_option_is_one_sentence_with_what_it_takes(arguments, told, capsys):
    with pytest.raises(SettingsError) as refused:
        parse(arguments)
    assert str(refused.value).startswith(told)
    assert capsys.readouterr() == ("", "")


def test_a_refused_start_says_where_help_is_and_ends_as_a_wrong_call(capsys):
    with pytest.raises(SystemExit) as ended:
        refuse(SettingsError("There is no option --prot."))
    assert ended.value.code == 2
    assert capsys.readouterr().err == (
        "modeldeck: There is no option --prot. All settings: python app.py --help\n"
    )


def test_a_port_that_is_taken_is_told():
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        port = other.getsockname()[1]
        with pytest.raises(SettingsError, match=rf"port: {port} is taken .* --port"):
            check_address("127.0.0.1", port)


@pytest.mark.parametrize(
    ("host", "told"),
    [
        ("no such host", "is no address; write 127"),
        ("203.0.113.7", "is no address of this machine"),
    ],
)
def test_a_host_that_cannot_be_used_is_told(host, told):
    with pytest.raises(SettingsError, match=told):
        check_address(host, free_port())


def test_an_address_of_ip_version_6_works():
    check_address("::1", free_port())
    assert bracketed("::1") == "[::1]"
    assert bracketed("127.0.0.1") == "127.0.0.1"


@pytest.mark.slow
def test_a_start_that_cannot_work_ends_with_one_line():
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        done = subprocess.run(
            [sys.executable, "app.py", "--port", str(other.getsockname()[1])],
            cwd=ROOT, env=os.environ, capture_output=True, text=True,
        )  # fmt: skip
    assert done.returncode == 2
    assert "Traceback" not in done.stderr
    assert done.stderr.strip().splitlines()[-1].startswith("modeldeck: port: ")
