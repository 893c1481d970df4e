"""`amends lint`: the guards where there is no desk; its formats, its choices, its exit codes, and hostile files."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from importlib.metadata import EntryPoint

import pytest
from tests.reply.test_plugin import FERRY
from typer.testing import CliRunner

from amends.cli import commands
from amends.cli.linting import visibly
from amends.desk import plugins, policies

CALM = "Calm down, Ana."
FINE = "I’m sorry about the lost day, Ana. Which shop was it? You hear from me by 6 pm."


def run(*words: str, given: str | bytes | None = None):
    return CliRunner().invoke(commands.app, ["lint", *map(str, words)], input=given)


def answer(*words: str, code: int, given: str | bytes | None = None):
    done = run(*words, "--format", "json", given=given)
    assert done.exit_code == code, done.output
    return json.loads(done.stdout)


def rules(found) -> list[str]:
    return [each["rule"] for each in found["findings"]]


@pytest.fixture
def past(tmp_path):
    file = tmp_path / "past.jsonl"
    rows = [
        {"id": "a1", "text": f"{FINE}\n“{CALM}”", "lang": "en"},
        {"id": "a2", "text": "Vous auriez dû \"appeler\" le 06 12 34 56 78.", "to": "Où est mon colis ?"},
        {"id": "a3", "text": "Your order number 48213-AB has left.", "public": False},
    ]  # fmt: skip
    file.write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
    return file


# -- one draft


def test_a_good_draft_ends_with_nothing_said():
    done = run("--text", FINE)
    assert (done.exit_code, done.stdout) == (0, "")
    assert "1 reply read · 0 findings" in done.stderr


def test_a_draft_from_the_input_shows_the_words_marked():
    for words in ((), ("-",)):
        done = run(*words, given=f"Hello Ana.\n{CALM}\n")
        assert done.exit_code == 1
        place, words_marked = done.stdout.splitlines()[:2]
        assert place.startswith("-:2:1 AM002 block This reads as mockery.")
        assert words_marked.strip() == "⟦Calm down⟧, Ana."


def test_what_is_known_of_the_draft_counts():
    number = "Your order number 48213-AB has left."
    assert run("--text", number).exit_code == 1
    assert run("--text", number, "--direct").exit_code == 0
    assert run("--text", "Write to help@shop.example.", "--ours", "help@shop.example").exit_code == 0
    assert "AM004" in rules(answer("--text", "a " * 200, "--network", "bluesky", code=1))
    french = answer("--text", FINE, "--to", "Où est mon colis ? Personne ne répond.", code=0)
    assert rules(french) == ["AM010"]
    assert rules(answer("--text", FINE, "--their-lang", "ro", code=0)) == ["AM010"]


# -- files


def test_files_of_past_replies_name_the_line_and_the_column(past):
    found = answer(past, code=1)
    assert found["drafts"] == 3
    seen = {(each["rule"], each["id"]): each for each in found["findings"]}
    line = past.read_text(encoding="utf-8").splitlines()[1]
    phone = seen["AM001", "a2"]
    assert (phone["line"], phone["words"]) == (2, "06 12 34 56 78")
    assert line[phone["column"] - 1 :].startswith("06 12")
    assert seen["AM002", "a1"]["line"] == 1
    assert not any(name == "a3" and rule == "AM001" for rule, name in seen)


def test_a_table_is_read_by_its_columns(tmp_path):
    file = tmp_path / "past.csv"
    file.write_text(f'nr;message;public\n1;"He said ""no"".\n{CALM}";yes\n2;{CALM};no\n', encoding="utf-8")
    first, second = (
        each for each in answer(file, "--select", "AM002", code=1)["findings"] if each["words"] == "Calm down"
    )
    assert (first["line"], first["column"], second["line"], second["column"]) == (3, 1, 4, 3)


def test_plain_text_is_a_reply_a_line_and_the_same_words_again_are_seen(tmp_path):
    file = tmp_path / "past.txt"
    file.write_text(f"{FINE}\n\n{FINE}\r\n  {CALM}\n", encoding="utf-8")
    found = answer(file, code=1)
    assert found["drafts"] == 3
    assert [(each["rule"], each["line"], each["column"]) for each in found["findings"]] == [
        ("AM009", 3, 1),
        ("AM002", 4, 3),
    ]


def test_a_file_may_be_read_otherwise_than_its_ending_says(tmp_path):
    file = tmp_path / "draft.txt"
    file.write_text(f"Hello.\n\n{CALM}\n", encoding="utf-8")
    assert answer(file, "--read-as", "draft", code=1)["drafts"] == 1
    assert answer("-", "--read-as", "jsonl", code=1, given=json.dumps({"text": CALM}))["drafts"] == 1


# -- formats


def test_github_is_told_where_and_how_grave(tmp_path):
    file = tmp_path / "a,b.txt"
    file.write_text(f"{CALM}\nYou should have called: 100%.\n", encoding="utf-8")
    done = run(file, "--format", "github")
    first, second = done.stdout.splitlines()
    where = str(file).replace(",", "%2C")
    assert first.startswith(f"::error file={where},line=1,col=1,title=AM002::This reads as mockery.")
    assert second.startswith(f"::warning file={where},line=2,col=1,title=AM006::")
    assert done.exit_code == 1


def test_statistics_count_instead_of_pointing(past):
    done = run(past, "--statistics", "--select", "AM001,AM006")
    assert [line.split()[:2] for line in done.stdout.splitlines()] == [["1", "AM001"], ["1", "AM006"]]


@pytest.mark.parametrize(("lang", "word"), [("fr", "moquerie"), ("ro", "bătaie"), ("en", "mockery")])
def test_the_sentences_come_in_the_language_that_is_asked(lang, word):
    assert word in run("--text", CALM, "--lang", lang).stdout


# -- choices


def test_rules_are_selected_and_ignored_by_their_beginnings(past):
    assert set(rules(answer(past, "--select", "AM00", "--ignore", "AM002,AM006", code=1))) == {"AM001"}
    assert rules(answer(past, "--ignore", "AM", code=0)) == []


@pytest.mark.parametrize(
    ("text", "words", "code"),
    [
        ("You should have called.", (), 0),
        ("You should have called.", ("--fail-on", "warn"), 1),
        ("It has left!!", ("--fail-on", "warn"), 0),
        ("It has left!!", ("--fail-on", "hint"), 1),
        (CALM, (), 1),
        (CALM, ("--ignore", "AM002"), 0),
    ],
)
def test_the_exit_code_tells_what_is_grave_enough(text, words, code):
    assert run("--text", text, *words).exit_code == code


def test_a_baseline_passes_over_what_was_there(past, tmp_path):
    kept = tmp_path / "kept.json"
    written = run(past, "--baseline", kept, "--write-baseline")
    assert written.exit_code == 0
    again = answer(past, "--baseline", kept, code=0)
    assert (again["findings"], again["known"] > 2) == ([], True)
    with past.open("a", encoding="utf-8") as file:
        file.write(json.dumps({"text": "Haha, cry me a river."}) + "\n")
    assert set(rules(answer(past, "--baseline", kept, code=1))) == {"AM002"}


def test_one_rule_is_explained_by_code_or_name():
    for asked in ("AM018", "am018", "put_off"):
        told = run("--explain", asked).stdout
        assert told.startswith("AM018 Put off what can be solved")
        assert "S3 · A2" in told
        assert "  ✗ We are looking into it, you hear from me by 6 pm.  (when it can be solved now)" in told
    assert json.loads(run("--explain", "AM001", "--format", "json").stdout)["level"] == "block"


# -- asked wrongly


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (("--text", "x", "--select", "XX9"), "No guard is called “XX9”"),
        (("--explain", "AM999"), "No guard is called “AM999”"),
        (("no-such-file.txt",), "There is no file no-such-file.txt."),
        (("/",), "/ is a folder"),
        (("--text", "x", "file.txt"), "not both"),
        (("--text", "x", "--write-baseline"), "--baseline FILE"),
        (("--text", "x", "--baseline", "no-such.json"), "There is no file no-such.json."),
        (("--text", "x", "--baseline", __file__), "It is not a baseline"),
        (("--text", "x", "--policy", "/no-such-folder"), "guards.toml"),
        (("--text", "x", "--baseline", "/no-such/b.json", "--write-baseline"), "cannot be written"),
    ],
)
def test_what_is_asked_wrongly_is_told_with_code_two(words, says):
    done = run(*words)
    assert done.exit_code == 2
    assert says in done.stderr


def test_an_option_that_is_not_there_ends_with_code_two():
    assert run("--nonsense").exit_code == 2
    assert run("--text", "x", "--format", "pdf").exit_code == 2


def test_a_broken_policy_of_ones_own_is_told(tmp_path):
    (tmp_path / "guards.toml").write_text("[[rules]\n")
    done = run("--text", "x", "--policy", tmp_path)
    assert done.exit_code == 2
    assert "guards.toml" in done.stderr
    (tmp_path / "guards.toml").write_text('[rules.AM002]\nlevel = "pass"\n')
    assert run("--text", CALM, "--policy", tmp_path).exit_code == 0


# -- hostile files


@pytest.mark.parametrize(
    ("name", "held", "line", "why"),
    [
        ("a.jsonl", b'{"text": "Calm down"}\n{"text": "Calm\n{"text": "Calm down"}\n', 2, "not JSON"),
        ("a.jsonl", b'{"text": "Calm down"}\n{"text": "\xff"}\n{"text": "Calm down"}\n', 2, "not UTF-8"),
        ("a.jsonl", b'{"text": "Calm down"}\n[1]\n{"text": "Calm down"}\n', 2, "no object"),
        ("a.jsonl", b'{"text": "Calm down"}\n{"text": 3}\n{"text": "Calm down"}\n', 2, "no “text”"),
        ("a.jsonl", b'{"text": "Calm down"}\n{"id": "x"}\n{"text": "Calm down"}\n', 2, "no “text”"),
        ("a.jsonl", b'{"text": "Calm down"}\n{"text": "x", "public": "maybe"}\n{"text": "Calm down"}\n', 2, "public"),
        ("a.jsonl", b'{"text": "Calm down"}\n{"text": "x", "kind": "rage"}\n{"text": "Calm down"}\n', 2, "complaint"),
        ("a.jsonl", b'{"text": "Calm down"}\n{"text": "x", "lang": 3}\n{"text": "Calm down"}\n', 2, "lang"),
        ("a.jsonl", b'{"text": "Calm down"}\n' + b"[" * 100_000 + b'\n{"text": "Calm down"}\n', 2, "not JSON"),
        ("a.jsonl", b'{"text": "Calm down"}\n"' + b"x" * 1_000_001 + b'"\n{"text": "Calm down"}\n', 2, "longer"),
        ("a.txt", b"Calm down\ncaf\xe9\nCalm down\n", 2, "not UTF-8"),
        ("a.csv", b'text\nCalm down\n"caf\xe9"\nCalm down\n', 3, "not UTF-8"),
        ("a.csv", b'text\nCalm down\nCalm down\n"never closed\n', 4, "never closed"),
    ],
)  # fmt: skip
def test_a_broken_piece_is_named_and_the_rest_goes_on(tmp_path, name, held, line, why):
    file = tmp_path / name
    file.write_bytes(held)
    found = answer(file, code=1, given=None)
    (unread,) = found["unread"]
    assert (unread["file"], unread["line"]) == (str(file), line)
    assert why in unread["why"]
    assert rules(found).count("AM002") == 2
    told = run(file)
    assert f"{file}:{line}:1 " in told.stderr


@pytest.mark.parametrize(
    ("name", "held", "why"),
    [
        ("a.txt", "Calm down\n".encode("utf-16"), "UTF-16"),
        ("a.csv", "text\nCalm down\n".encode("utf-16"), "UTF-16"),
        ("a.csv", b"when,who\ntoday,me\n", "“when”, “who”"),
        ("a.csv", b"", "text"),
        ("a.jsonl", b"\x00\x01\x02", "JSON"),
    ],
)
def test_a_file_that_is_something_else_is_told_once(tmp_path, name, held, why):
    file = tmp_path / name
    file.write_bytes(held)
    (unread,) = answer(file, code=1)["unread"]
    assert why in unread["why"]


@pytest.mark.parametrize(
    "text", ["\x00", "\x1b[31mCalm down\x1b[0m", "\ud83d calm down", "\u202ecalm down", "calm\u2028down", ""]
)
def test_signs_that_a_terminal_would_obey_are_shown_as_numbers(tmp_path, text):
    file = tmp_path / "a.jsonl"
    file.write_text(json.dumps({"id": text, "text": text}) + "\n", encoding="utf-8")
    for form in ("text", "github"):
        done = run(file, "--format", form)
        assert done.exit_code == 1
        assert not set(done.stdout) & set("\x00\x1b\u202e\u2028")
    assert answer(file, code=1)["findings"]


def test_hidden_signs_have_their_numbers_and_emoji_stay_whole():
    assert visibly("a\x1bb\nc\u202e") == "a⟨U+001B⟩b⏎c⟨U+202E⟩"
    assert visibly("👩‍👩‍👧 é") == "👩‍👩‍👧 é"


def test_a_hundred_thousand_signs_are_blocked_for_their_length(tmp_path):
    file = tmp_path / "a.txt"
    file.write_text("calm down " * 10_000 + f"\n{CALM}\n", encoding="utf-8")
    found = answer(file, code=1)
    assert [(each["rule"], each["line"]) for each in found["findings"]] == [("AM004", 1), ("AM002", 2)]
    assert max(map(len, run(file).stdout.splitlines())) < 500


# -- rules of other packages


@pytest.fixture
def plugged(monkeypatch):
    """`plugged(…)` installs entry points, as packages would."""

    class Entry:
        def __init__(self, name, load):
            self.name, self.load, self.dist = name, load, None
            self.value = f"{name}_guards:rule"

    def install(**rules):
        entries = [Entry(name, load) for name, load in rules.items()]
        monkeypatch.setattr(
            plugins, "entry_points", lambda group: entries if group == "amends.guards" else []
        )
        policies.forget()

    yield install
    monkeypatch.undo()
    policies.forget()


def test_a_rule_of_another_package_is_asked_selected_and_explained(plugged):
    plugged(ferry=lambda: FERRY)
    assert rules(answer("--text", "She sails at 9.", "--select", "FERRY", code=0)) == ["FERRY001"]
    assert "The tide decides" in run("--explain", "FERRY001").stdout


def test_two_packages_with_one_code_are_refused(plugged):
    plugged(ferry=lambda: FERRY, boat=lambda: FERRY)
    done = run("--text", "x")
    assert done.exit_code == 2
    assert "two packages bring a guard FERRY001" in done.stderr
    assert "uninstall one of them" in done.stderr


def test_a_package_that_cannot_be_loaded_is_refused(plugged):
    def broken():
        raise ImportError("no module named tide")

    plugged(ferry=broken)
    done = run("--text", "x")
    assert done.exit_code == 2
    assert (
        "guard “ferry” of ferry_guards:rule cannot be loaded (ImportError: no module named tide)"
        in done.stderr
    )


def test_a_real_entry_point_is_loaded():
    entry = EntryPoint("ferry", "tests.reply.test_plugin:FERRY", "amends.guards")
    assert plugins._loaded(entry).id == "FERRY001"


# -- nowhere


@pytest.mark.slow
def test_it_runs_in_an_empty_folder_and_leaves_it_empty(tmp_path):
    env = {key: value for key, value in os.environ.items() if not key.startswith(("AMENDS_", "DJANGO_"))}
    env |= {"AMENDS_HOME": str(tmp_path / "none"), "PYTHONPATH": os.pathsep.join(sys.path)}
    done = subprocess.run(
        [sys.executable, "-m", "amends.cli", "lint", "-"],
        input=CALM,
        cwd=tmp_path,
        env=env,
        capture_output=True,
        text=True,
        timeout=120,
    )
    assert (done.returncode, list(tmp_path.iterdir())) == (1, []), done.stderr
    assert "⟦Calm down⟧" in done.stdout


# -- posts of the brand's own


def test_a_post_of_our_own_is_read_for_what_would_set_the_comments_alight():
    post = "We never fail. Tell us your story with #novatel"
    found = answer("--own-post", "--fail-on", "warn", "--text", post, code=1)
    assert rules(found) == ["OP004", "OP006"]
    assert found["findings"][0]["words"] == "We never fail"
    assert answer("--own-post", "--text", post, "--ignore", "OP", code=0)["findings"] == []
    assert rules(answer("--own-post", "--text", post, "--select", "OP006", code=0)) == ["OP006"]


def test_the_guards_of_replies_are_not_asked_about_posts():
    assert answer("--own-post", "--text", "Our shop opens at nine.", code=0)["findings"] == []
    assert "AM014" in rules(answer("--own-post", "--text", "Our sh\u200bop opens at nine.", code=1))


def test_a_rule_of_posts_is_explained():
    assert "A green claim" in run("--explain", "OP008").stdout
    assert json.loads(run("--explain", "green", "--format", "json").stdout)["rule"] == "OP008"
    assert run("--own-post", "--select", "OP9", "--text", "x").exit_code == 2
