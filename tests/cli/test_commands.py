"""Every command speaks words or JSON, and its exit code tells."""

from __future__ import annotations

import json
import os
import socket
import subprocess
import sys

import pytest
from tests.makers import NOW, Desk, make_agent
from typer.testing import CliRunner

from amends.cli import commands, serve
from amends.desk import beat, setup
from amends.store import models as rows

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def prepared(monkeypatch):
    monkeypatch.setattr(serve, "prepare", lambda: None)
    monkeypatch.setattr(setup, "is_online", lambda *_: False)


def run(*words: str):
    return CliRunner().invoke(commands.app, list(words))


def answer(*words: str, code: int = 0):
    done = run(*words, "--json")
    assert done.exit_code == code, done.output
    return json.loads(done.stdout.strip().splitlines()[-1])


def test_watching_says_what_it_watches_and_that_it_is_offline():
    done = run("watch", "Novatel", "--also", "Novabox", "--feed", "https://alerts.example/1", "--only-add")
    assert done.exit_code == 0
    assert "Watching Bluesky" in done.output
    assert "cannot be reached" in done.output
    assert set(rows.WatchTerm.objects.values_list("text", flat=True)) == {"Novatel", "Novabox"}


def test_watching_again_adds_nothing_twice():
    for _ in range(2):
        found = answer("watch", "Novatel", "--only-add")
    assert [each["connector"] for each in found["sources"]] == ["jetstream"]
    assert rows.Source.objects.count() == 1


def test_a_stream_of_ones_own_is_taken():
    answer("watch", "Novatel", "--jetstream", "ws://127.0.0.1:9/subscribe", "--only-add")
    assert rows.Source.objects.get().settings == {"url": "ws://127.0.0.1:9/subscribe"}


def test_a_brand_without_a_name_is_refused_with_code_one():
    assert "name" in answer("watch", "  ", "--only-add", code=1)["error"]


def test_the_example_starts_and_then_goes_on():
    assert answer("example", "--only-add")["source"]["connector"] == "example"
    again = run("example", "--only-add")
    assert again.exit_code == 0
    assert "goes on" in again.output


def test_a_link_and_a_key_are_printed_once():
    assert "/sign-in/" in answer("link")["link"]
    assert answer("key", "script")["key"].startswith("amends_")
    assert answer("link", "nobody@example.org", code=1)["ok"] is False


def test_a_link_leads_to_where_the_desk_was_last_started():
    beat.beat("web", now=NOW, base="http://127.0.0.1:8177")
    assert answer("link")["link"].startswith("http://127.0.0.1:8177/sign-in/")


def test_a_colleague_is_invited():
    found = answer("invite", "bob@example.org", "--name", "Bob", "--role", "lead")
    assert "/sign-in/" in found["link"]
    assert rows.Agent.objects.get(email="bob@example.org").role == "lead"
    assert "role" in answer("invite", "eve@example.org", "--name", "Eve", "--role", "queen", code=1)["error"]


def test_a_file_is_imported_with_a_mapping_and_only_once(tmp_path):
    make_agent("Ada", "admin")
    file = tmp_path / "posts.csv"
    file.write_text(
        "nr,what,who\n1,My router is broken again,ioana\n2,Charged twice and nobody answers,radu\n"
    )
    words = ("import", str(file), "--map", "text=what", "--map", "id=nr", "--map", "author=who")
    assert answer(*words)["taken"] == 2
    again = answer(*words)
    assert (again["taken"], rows.Case.objects.count()) == (0, 2)


def test_a_broken_line_is_named_and_the_rest_goes_on(tmp_path):
    make_agent("Ada", "admin")
    file = tmp_path / "posts.jsonl"
    file.write_text(
        '{"id": "1", "text": "It is broken"}\n{"id": "2", "te\n{"id": "3", "text": "Never came"}\n'
    )
    found = answer("import", str(file))
    assert (found["taken"], found["quarantined"]) == (2, 1)
    assert found["unreadable"][0]["where"] == "line 2"


def test_a_missing_column_is_named_with_the_ones_there_are(tmp_path):
    make_agent("Ada", "admin")
    file = tmp_path / "posts.csv"
    file.write_text("when,tweet_txt\ntoday,It is broken\n")
    found = answer("import", str(file), code=1)
    assert "tweet_txt" in found["error"]


@pytest.mark.parametrize("words", [("import", "no-such-file.csv"), ("import", __file__, "--map", "nonsense")])
def test_what_cannot_be_imported_is_refused_with_code_one(words):
    assert answer(*words, code=1)["ok"] is False


def test_all_cases_are_exported(tmp_path):
    Desk().hear("My Novatel router is broken again")
    file = tmp_path / "cases.jsonl"
    assert answer("export", str(file))["cases"] == 1
    (case,) = [json.loads(line) for line in file.read_text().splitlines()]
    assert case["mentions"][0]["text"] == "My Novatel router is broken again"
    assert case["evidence"][0]["sha256"]


def test_an_export_that_cannot_be_written_says_so(tmp_path):
    assert (
        "cannot be written"
        in answer("export", str(tmp_path / "no" / "such" / "folder.jsonl"), code=1)["error"]
    )


def test_the_doctor_says_what_is_wrong_and_what_to_do():
    desk = Desk()
    assert answer("doctor")["ok"] is True
    rows.Source.objects.update(state="needs_attention", problem={"t": "The password was refused."})
    found = answer("doctor", code=1)
    assert any("password was refused" in each["says"] for each in found["checks"])
    assert desk.source.name in str(found)


def test_a_whole_log_is_whole_and_a_changed_one_is_not():
    Desk().hear("My Novatel router is broken again")
    assert answer("verify")["size"] == 1
    rows.Evidence.objects.update(raw=b"something else")
    assert answer("verify", code=1)["faults"]


def test_the_version_and_the_sources_are_told():
    Desk()
    assert answer("version")["amends"]
    assert answer("sources")["sources"][0]["name"] == "Our account"
    assert "Our account" in run("sources").output


def test_a_busy_port_is_said_in_words():
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = str(taken.getsockname()[1])
        done = run("up", "--port", port, "--no-browser")
    assert done.exit_code == 1
    assert "--port" in done.output


def test_a_wrong_command_ends_with_two():
    assert run("sing").exit_code == 2


def test_a_wrong_setting_is_said_without_a_traceback():
    done = subprocess.run(
        [sys.executable, "-m", "amends.cli", "version"],
        env={
            **os.environ,
            "AMENDS_DATABASE_URL": "mysql://x",
            "DJANGO_SETTINGS_MODULE": "amends.site.settings",
        },
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert done.returncode == 1
    assert "postgres://" in done.stderr
    assert "Traceback" not in done.stderr
