"""I6, I7: files that are broken in every way: named, kept, and the rest is read; through `amends import`."""

from __future__ import annotations

import json

import pytest
from typer.testing import CliRunner

from amends.cli.commands import app
from amends.desk import audit, intake, judging, reading
from amends.store import models as rows

pytestmark = pytest.mark.django_db

GOOD = [{"id": f"g{n}", "author": f"a{n}", "text": f"The router number {n} is broken"} for n in range(3)]


def line(post) -> bytes:
    return json.dumps(post).encode()


@pytest.fixture
def do_import(tmp_path, monkeypatch):
    """`amends import` of some bytes; gives its exit code and what it says."""
    monkeypatch.setattr("amends.cli.serve.prepare", lambda: None)

    def run(raw: bytes, name: str = "posts.jsonl", *more: str):
        path = tmp_path / name
        path.write_bytes(raw)
        answer = CliRunner().invoke(app, ["import", str(path), "--json", *more])
        assert answer.exception is None or isinstance(answer.exception, SystemExit), answer.exception
        return answer.exit_code, json.loads(answer.stdout)

    return run


def kept_pieces() -> list[bytes]:
    return [bytes(each.raw) for each in rows.Quarantined.objects.order_by("capture", "position")]


BROKEN = {
    "truncated": (b'{"id": "x", "text": "It was cut o', "line 2", "cut off"),
    "not JSON": (b"<html>oh dear</html>", "line 2", "not JSON"),
    "no object": (b'["a list"]', "line 2", "no object"),
    "no text": (b'{"id": "x", "texte_": "?"}', "line 2", "no text"),
    "nested too deep": (b'{"id": "x", "text": ' + b"[" * 100_000, "line 2", "nested"),
    "endless number": (b'{"id": ' + b"9" * 5_000 + b', "text": "x"}', "line 2", "number"),
    "line too long": (b'{"text": "' + b"x" * 1_100_000 + b'"}', "line 2", "longer than"),
}


@pytest.mark.parametrize("how", BROKEN)
def test_a_broken_line_is_named_and_kept_and_the_rest_is_read(do_import, how):
    broken, where, why = BROKEN[how]
    code, said = do_import(b"\n".join([line(GOOD[0]), broken, line(GOOD[1]), line(GOOD[2])]) + b"\n")
    assert (code, said["taken"], said["quarantined"]) == (0, 3, 1)
    assert [each["where"] for each in said["unreadable"]] == [where]
    assert why in said["unreadable"][0]["why"]
    assert kept_pieces()[0].startswith(broken[:1_000_000])
    assert rows.Mention.objects.count() == rows.Leaf.objects.count() == 3
    assert audit.verify_log().faults == ()


ODD = {
    "NUL": b'{"id": "odd\\u0000id", "author": "a\\u0000b", "text": "A \\u0000 in it", "url": "https://x/\\u0000"}',
    "lone surrogate": b'{"id": "odd\\ud83d", "author": "\\udc00", "text": "half a \\ud83d face", "title": "\\ud83d"}',
    "invalid UTF-8": b'{"id": "odd", "author": "a", "text": "caf\xe9 \xff\xfe"}',
    "year 9999": b'{"id": "odd", "text": "Late", "at": "9999-12-31T23:59:59.999999-12:00"}',
    "year 1": b'{"id": "odd", "text": "Early", "at": "0001-01-01T00:00:00+14:00"}',
    "no such day": b'{"id": "odd", "text": "Never", "at": "2026-02-30T25:61:00Z"}',
    "not a number": b'{"id": NaN, "text": "Odd", "at": Infinity}',
    "two texts": b'{"id": "odd", "text": "first", "text": "second"}',
    "long id": b'{"id": "' + b"i" * 5000 + b'", "author": "' + b"a" * 5000 + b'", "text": "long", "thread": "' + b"t" * 5000 + b'"}',
}  # fmt: skip


@pytest.mark.parametrize("how", ODD)
def test_an_odd_line_is_taken_with_its_exact_bytes(do_import, how):
    code, said = do_import(line(GOOD[0]) + b"\n" + ODD[how] + b"\n")
    assert (code, said["taken"], said["quarantined"]) == (0, 2, 0), said
    evidence = rows.Evidence.objects.get(leaf=1)
    assert bytes(evidence.raw).strip() == ODD[how]
    shown = rows.Mention.objects.latest("pk")
    assert "\x00" not in shown.text
    shown.text.encode("utf-8")
    assert audit.verify_log().faults == ()
    # The same file under another name: all of it is known, whatever was odd.
    code, said = do_import(line(GOOD[0]) + b"\n" + ODD[how] + b"\n", "again.jsonl")
    assert (code, said["taken"], said["again"]) == (0, 0, 2)


REFUSED = {
    "a wrong column": (b"who;what\nioana;It is broken\n", "posts.csv", (), "“who”, “what”"),
    "a mapping to no column": (
        b"who;what\nioana;Broken\n",
        "posts.csv",
        ("--map", "text=words"),
        "“words”",
    ),
    "a workbook": (b"PK\x03\x04rest", "posts.csv", (), "workbook"),
    "UTF-16": ("id,text\n1,x\n".encode("utf-16"), "posts.csv", (), "UTF-16"),
    "no text in any line": (b'{"id": 1, "words": "x"}\n' * 3, "posts.jsonl", (), "“words”"),
}


@pytest.mark.parametrize("how", REFUSED)
def test_a_file_that_is_none_of_ours_is_refused_with_words(do_import, how):
    raw, name, more, why = REFUSED[how]
    code, said = do_import(raw, name, *more)
    assert code == 1
    assert not said["ok"]
    assert why in said["error"]
    assert rows.Mention.objects.count() == 0


def test_a_row_with_too_many_cells_is_kept_alone(do_import):
    code, said = do_import(b"id,text\n1,It is broken\n2,It is, too, broken\n3,Mine as well\n", "posts.csv")
    assert (code, said["taken"], said["quarantined"]) == (0, 2, 1)
    assert said["unreadable"][0]["where"] == "line 3"
    assert kept_pieces() == [b"2,It is, too, broken\n"]


def test_a_poison_mention_goes_to_quarantine_alone_and_is_read_after_the_fix(do_import, monkeypatch):
    posts = [{"id": f"p{n}", "author": f"a{n}", "text": f"Number {n} is broken"} for n in range(200)]
    poison = {17, 60, 199}

    def stumbles(asked):
        if any(each.text == posts[n]["text"] for each in asked for n in poison):
            raise RuntimeError("triage stumbled over this one")
        return judged(asked)

    judged = judging.judged
    monkeypatch.setattr(judging, "judged", stumbles)
    code, said = do_import(b"\n".join(line(each) for each in posts))
    assert (code, said["taken"], said["quarantined"]) == (0, 197, 3)
    assert all("triage stumbled" in each["why"] for each in said["unreadable"])
    assert kept_pieces() == [line(posts[17]) + b"\n", line(posts[60]) + b"\n", line(posts[199])]
    assert rows.Leaf.objects.count() == 197
    assert audit.verify_log().faults == ()

    waiting = rows.Quarantined.objects.order_by("pk")
    now = rows.Capture.objects.get().fetched_at
    assert not intake.retry_quarantined(waiting[0].pk, now=now)
    monkeypatch.setattr(judging, "judged", judged)
    assert all(intake.retry_quarantined(each.pk, now=now) for each in waiting)
    assert set(waiting.values_list("state", flat=True)) == {"read"}
    assert rows.Mention.objects.count() == rows.Leaf.objects.count() == 200
    assert audit.verify_log().faults == ()


def test_a_mention_that_fails_half_way_leaves_nothing_of_itself(do_import, monkeypatch):
    def fails(self, row, mention, *, number):
        keep(self, row, mention, number=number)
        if row.remote_id == "g1":
            raise RuntimeError("after its rows were made")

    keep = reading.Reading._keep_version
    monkeypatch.setattr(reading.Reading, "_keep_version", fails)
    code, said = do_import(b"\n".join(line(each) for each in GOOD))
    assert (code, said["taken"], said["quarantined"]) == (0, 2, 1)
    assert rows.Mention.objects.count() == rows.Case.objects.count() == rows.Leaf.objects.count() == 2
    assert (
        rows.Version.objects.count() == rows.Judgement.objects.count() == rows.CaseEvent.objects.count() == 2
    )
    assert audit.verify_log().faults == ()
