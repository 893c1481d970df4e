"""W1, W2: `amends triage`: a line for a line, in their order, whatever the lines are."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

from typer.testing import CliRunner

from amends.cli import commands
from amends.cli import triage as command

#: What a line of JSON holds.
FIELDS = {
    "id", "kind", "kind_p", "abuse", "abuse_p", "sentiment", "sentiment_p", "emotion", "wants", "cause", "severity",
    "severity_parts", "topic", "lang", "anger", "sarcasm", "confidence", "tier", "reasons", "words",
}  # fmt: skip


def run(raw: bytes, *words: str):
    return CliRunner().invoke(commands.app, ["triage", *words], input=raw)


def lines(raw: bytes, *words: str, code: int = 0):
    done = run(raw, "--json", *words)
    assert done.exit_code == code, done.output
    return [json.loads(line) for line in done.stdout.splitlines()]


def test_each_text_gets_a_line_with_every_field():
    found = lines(
        b"My parcel never came and I want my money back!\nMerci beaucoup, vous \xc3\xaates g\xc3\xa9niaux\n"
    )
    assert [set(each) for each in found] == [FIELDS, FIELDS]
    assert [each["id"] for each in found] == [1, 2]
    assert found[0]["kind"] == "complaint"
    assert found[1]["lang"] == "fr"
    assert all(isinstance(reason, str) for each in found for reason in each["reasons"])


def test_json_lines_keep_their_names_and_their_order():
    given = [
        {"id": "b", "text": "It is broken"},
        {"id": 7, "text": "Nu merge nimic", "lang": "ro"},
        {"text": "Where is my parcel?"},
    ]
    found = lines("\n".join(map(json.dumps, given)).encode(), "--jsonl")
    assert [each["id"] for each in found] == ["b", 7, 3]
    assert found[1]["lang"] == "ro"


def test_a_bad_line_says_so_in_its_place_and_the_rest_goes_on():
    raw = b"""{"id": "a", "text": "It is broken"}
{"id": "b", "text"
{"id": "c"}
[1, 2]
{"id": {"x": 1}, "text": "y"}
{"id": "d", "text": "y", "lang": 7}
{"id": "e", "text": "\xff"}
{"id": "f", "text": "It is broken, too"}
"""
    found = lines(raw, code=1)
    assert [each.get("id", each.get("line")) for each in found] == ["a", 2, "c", 4, 5, "d", 7, "f"]
    assert [("error" in each) for each in found] == [False, True, True, True, True, True, True, False]
    assert "6 lines could not be judged." in run(raw, "--json").stderr


def test_blank_lines_are_passed_over_and_keep_their_number():
    assert [each["id"] for each in lines(b"\nIt is broken\n\n  \nMine, too\n")] == [2, 5]
    assert lines(b"") == []


def test_hostile_texts_are_judged():
    texts = [
        "\ufdfa" * 5000,
        "\x00",
        "",
        "x" * 100_000,
        "😡" * 900,
        "\ud800",
        "\u202eevil",
        "a\u2028b",
        "\x1b[31m",
    ]
    raw = "\n".join(json.dumps({"id": at, "text": text}) for at, text in enumerate(texts)).encode()
    assert [each["id"] for each in lines(raw)] == list(range(len(texts)))


def test_a_name_with_half_of_a_sign_comes_back_as_it_was():
    (found,) = lines(b'{"id": "\\ud800", "text": "It is broken"}')
    assert found["id"] == "\ud800"


def test_deep_nesting_and_endless_lines_break_nothing(monkeypatch):
    monkeypatch.setattr(command, "LONGEST_LINE", 1000)
    raw = (
        b'{"id": 1, "text": "fine"}\n'
        + b"[" * 900
        + b"\n"
        + b"x" * 5000
        + b"\n"
        + b'{"id": 4, "text": "fine"}\n'
    )
    found = lines(raw, code=1)
    assert [each.get("id", each.get("line")) for each in found] == [1, 2, 3, 4]


def test_many_lines_come_in_batches_and_in_order():
    raw = b"\n".join(b"Parcel %d never came" % number for number in range(600))
    assert [each["id"] for each in lines(raw)] == list(range(1, 601))


def test_one_that_breaks_what_judges_breaks_no_other(monkeypatch):
    judge_many = command.judge_many

    def stumbles(texts, *more):
        if "poison" in texts:
            raise RuntimeError("stumbled")
        return judge_many(texts, *more)

    monkeypatch.setattr(command, "judge_many", stumbles)
    found = lines(b"It is broken\npoison\nMine, too\n", code=1)
    assert ["error" in each for each in found] == [False, True, False]


def test_reasons_come_in_the_language_that_was_asked_for():
    english, french = (lines(b"My parcel never came", "--lang", lang)[0]["reasons"] for lang in ("en", "fr"))
    assert english != french
    assert run(b"x", "--lang", "tlh").exit_code == 1


def test_people_get_a_table_without_what_moves_their_terminal():
    done = run("My parcel never came \x1b[31m red \u202e\n".encode())
    assert done.exit_code == 0
    head, row = done.stdout.splitlines()
    assert head.split()[:3] == ["kind", "severity", "abuse"]
    assert row.startswith("complaint") and "\x1b" not in row and "\u202e" not in row


def test_it_is_said_who_judges():
    assert "judge" in run(b"x").stderr


def test_a_file_that_is_not_there_is_said_in_words(tmp_path):
    done = run(b"", str(tmp_path / "none.txt"))
    assert done.exit_code == 1
    assert "cannot be read" in done.stderr


def test_it_needs_no_desk_and_leaves_nothing_behind(tmp_path):
    place = tmp_path / "empty"
    place.mkdir()
    env = {key: value for key, value in os.environ.items() if not key.startswith("AMENDS_")}
    source = Path(commands.__file__).parents[2]
    done = subprocess.run(
        [sys.executable, "-m", "amends.cli", "triage", "--json"],
        input=b"My parcel never came\n",
        capture_output=True,
        cwd=place,
        env={**env, "AMENDS_HOME": str(place / "home"), "PYTHONPATH": str(source)},
        check=True,
    )
    assert json.loads(done.stdout)["kind"] == "complaint"
    assert list(place.iterdir()) == []
