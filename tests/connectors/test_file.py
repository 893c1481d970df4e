"""A file of mentions is read whole, once, and what is broken in it is named by its line (I4, I6, I7)."""

from __future__ import annotations

import gzip
import json
import os
from datetime import UTC, datetime
from pathlib import Path

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from amends.connectors.base import Listener, NeedsAttention
from amends.connectors.contract import GARBAGE, ListenerContract
from amends.connectors.file import LONGEST_LINE, PAGE, File, FileSettings
from amends.core.mention import Mention, Unreadable, Visibility

SHARED = Path(os.environ.get("AMENDS_SHARED", Path(__file__).resolve().parents[3] / "shared"))


class Import:
    """A file that we write, and a reader that goes on where it stopped."""

    def __init__(self, path: Path, **settings: str) -> None:
        self.path, self.settings, self.cursor, self.pages = path, settings, "", []

    def write(self, content: bytes | str) -> Import:
        self.path.write_bytes(content.encode() if isinstance(content, str) else content)
        return self

    def connector(self) -> File:
        return File(FileSettings(path=str(self.path), **self.settings))

    def read(self) -> list[Mention | Unreadable]:
        found = []
        while True:
            page = self.connector().fetch(self.cursor)
            self.pages.append(page)
            self.cursor = page.cursor
            found += self.connector().read(page.raw)
            if not page.more:
                return found


@pytest.fixture
def jsonl(tmp_path):
    return Import(tmp_path / "posts.jsonl")


@pytest.fixture
def table(tmp_path):
    return Import(tmp_path / "posts.csv")


def lines(*rows: object) -> str:
    return "".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows)


def mentions(found):
    return [each for each in found if isinstance(each, Mention)]


def unreadable(found):
    return [each for each in found if isinstance(each, Unreadable)]


def texts(found):
    return [each.text for each in mentions(found)]


# -- JSON lines ----------------------------------------------------------------------------------------------------


def test_every_field_of_a_line_arrives(jsonl):
    row = {
        "id": 9007199254740993,
        "text": "My kettle melted.",
        "author": "ada",
        "author_name": "Ada L.",
        "at": "2026-03-01T12:00:00+01:00",
        "url": "https://a.example/1",
        "thread": "t1",
        "in_reply_to": "p1",
        "lang": "en",
        "title": "Kettle",
        "visibility": "direct",
    }
    [found] = jsonl.write(lines(row)).read()
    assert (found.network, found.remote_id, found.text) == ("import", "9007199254740993", "My kettle melted.")
    assert (found.author.remote_id, found.author.handle, found.author.name) == ("ada", "ada", "Ada L.")
    assert found.posted_at == datetime(2026, 3, 1, 11, tzinfo=UTC)
    assert (found.url, found.thread_id, found.in_reply_to) == ("https://a.example/1", "t1", "p1")
    assert (found.languages, found.title) == (("en",), "Kettle")
    assert (found.visibility, found.is_to_us, found.is_ours) == (Visibility.DIRECT, True, False)
    assert found.raw == lines(row).encode()


def test_the_usual_names_of_other_tools_are_known(jsonl):
    [found] = jsonl.write(
        lines(
            {
                "id_str": "7",
                "full_text": "Nope.",
                "created_at": "Tue Oct 31 22:10:47 +0000 2017",
                "user": {"screen_name": "bo", "name": "Bo B."},
            }
        )
    ).read()
    assert (found.remote_id, found.text, found.author.handle, found.author.name) == (
        "7",
        "Nope.",
        "bo",
        "Bo B.",
    )
    assert found.posted_at == datetime(2017, 10, 31, 22, 10, 47, tzinfo=UTC)


def test_a_mapping_reaches_into_objects(tmp_path):
    source = Import(tmp_path / "x.jsonl", mapping='{"text": "data.words", "author": "data.by"}')
    [found] = source.write(lines({"data": {"words": "Hm.", "by": "cy"}})).read()
    assert (found.text, found.author.handle) == ("Hm.", "cy")


def test_our_own_posts_are_known_as_ours(jsonl):
    [found] = jsonl.write(lines({"id": "1", "text": "Sorry!", "ours": True})).read()
    assert found.is_ours


def test_a_cut_last_line_is_named_and_the_rest_goes_on(jsonl):
    good, cut = jsonl.write(lines({"text": "one"}) + '{"text": "tw').read()
    assert good.text == "one"
    assert (cut.where, cut.raw) == ("line 2", b'{"text": "tw')
    assert "cut off" in str(cut.why)


def test_every_broken_line_is_told_by_its_true_number(jsonl):
    rows = [json.dumps({"id": n, "text": f"number {n}"}) for n in range(1, 1200)]
    rows[16] = "{nope"
    rows[700] = "[1, 2]"
    rows[1100] = '{"id": 3}'
    found = jsonl.write("\n".join(rows) + "\n").read()
    assert [each.where for each in unreadable(found)] == ["line 17", "line 701", "line 1101"]
    assert len(mentions(found)) == 1199 - 3
    assert len(jsonl.pages) == 3


def test_a_line_without_end_is_quarantined_and_the_next_ones_are_read(jsonl):
    long = '{"text": "' + "x" * (LONGEST_LINE * 3) + '"}\n'
    found = jsonl.write(lines({"text": "before"}) + long + lines({"text": "after"})).read()
    assert texts(found) == ["before", "after"]
    [broken] = unreadable(found)
    assert broken.where == "line 2" and "longer" in str(broken.why)
    assert len(broken.raw) < LONGEST_LINE + 10


def test_strange_but_valid_json_does_no_harm(jsonl):
    found = jsonl.write(
        lines({"text": "start"})
        + '{"text": "a\\ud800b\\u0000", "id": "x\\udc00"}\n{"text": "n", "id": NaN}\n'
        + '{"id": '
        + "9" * 5000
        + ', "text": "big"}\n'
        + "[" * 100_000
        + "\n"
        + '{"text": "one", "text": "two"}\n'
    ).read()
    assert texts(found) == ["start", "a\ufffdb\ufffd", "n", "two"]
    assert [each.where for each in unreadable(found)] == ["line 4", "line 5"]


def test_lines_that_are_added_later_are_read_and_nothing_twice(jsonl):
    assert texts(jsonl.write(lines({"text": "one"})).read()) == ["one"]
    assert texts(jsonl.read()) == []
    jsonl.path.write_text(jsonl.path.read_text() + lines({"text": "two"}))
    assert texts(jsonl.read()) == ["two"]


def test_a_file_that_became_shorter_is_read_again_and_it_says_so(jsonl):
    jsonl.write(lines({"text": "one"}, {"text": "two"})).read()
    assert texts(jsonl.write(lines({"text": "new"})).read()) == ["new"]
    assert "again from its start" in str(jsonl.pages[-1].gap)


def test_progress_is_told_in_lines(jsonl):
    jsonl.write(lines(*({"text": str(n)} for n in range(1234)))).read()
    assert {page.total for page in jsonl.pages} == {1234}
    assert [page.more for page in jsonl.pages] == [True, True, False]


def test_without_ids_the_same_file_gives_the_same_ids(jsonl, tmp_path):
    content = lines(*({"text": f"{n} melted", "author": "ada", "at": "2026-01-01"} for n in range(20)))
    first = jsonl.write(content).read()
    again = Import(tmp_path / "copy.jsonl").write(content).read()
    assert [each.remote_id for each in first] == [each.remote_id for each in again]
    assert len({each.remote_id for each in first}) == 20


def test_strangers_without_a_name_are_not_one_person(jsonl):
    found = jsonl.write(lines({"text": "one"}, {"text": "two"})).read()
    assert len({each.author.remote_id for each in found}) == 2
    assert all(each.author.remote_id for each in found)


def test_a_page_can_be_read_years_later_by_whoever_has_only_its_bytes(tmp_path):
    source = Import(tmp_path / "a.jsonl", mapping='{"text": "w"}', network_name="forum", zone="Europe/Paris")
    found = source.write(lines({"w": "Hm.", "at": "2026-03-01 12:00:00"}, 7)).read()
    later = list(File(FileSettings(path="/gone")).read(source.pages[0].raw))
    assert later == found
    assert found[0].network == "forum"
    assert found[0].posted_at == datetime(2026, 3, 1, 11, tzinfo=UTC)
    assert found[1].where == "line 2"


# -- threads -------------------------------------------------------------------------------------------------------

THREAD = {
    "id": "th7",
    "lang": "en",
    "brand": "kettlewell",
    "turns": [
        {"role": "customer", "author": "ada", "at": "2026-03-01T10:00:00+00:00", "text": "It melted."},
        {
            "role": "brand",
            "author": "kettlewell",
            "at": "2026-03-01T10:05:00+00:00",
            "text": "Sorry! Which one?",
        },
        {"role": "customer", "author": "ada", "text": "The blue one."},
    ],
}


def test_a_thread_on_a_line_becomes_its_turns_in_order(jsonl):
    first, ours, last = jsonl.write(lines(THREAD)).read()
    assert [each.remote_id for each in (first, ours, last)] == ["th7/0", "th7/1", "th7/2"]
    assert [each.thread_id for each in (first, ours, last)] == ["", "th7/0", "th7/0"]
    assert [each.in_reply_to for each in (first, ours, last)] == ["", "th7/0", "th7/1"]
    assert [each.is_ours for each in (first, ours, last)] == [False, True, False]
    assert [each.is_to_us for each in (first, ours, last)] == [True, False, True]
    assert json.loads(last.raw) == THREAD["turns"][2]
    assert last.raw in jsonl.path.read_bytes()


def test_a_turn_without_words_does_not_break_the_thread(jsonl):
    thread = {**THREAD, "turns": [THREAD["turns"][0], {"role": "brand"}, 7, THREAD["turns"][2]]}
    found = jsonl.write(lines(thread)).read()
    assert [each.remote_id for each in mentions(found)] == ["th7/0", "th7/3"]
    assert mentions(found)[1].in_reply_to == "th7/0"
    assert [str(each.why) for each in unreadable(found)] == [
        "Turn 2 of the thread on line 1 has no text.",
        "Turn 3 of the thread on line 1 has no text.",
    ]


def test_people_without_names_are_one_per_thread(jsonl):
    bare = {
        "id": "x",
        "sector": "tea",
        "turns": [{"role": "customer", "text": "a"}, {"role": "brand", "text": "b"}],
    }
    found = jsonl.write(lines(bare, {**bare, "id": "y"})).read()
    assert [each.author.handle for each in found] == ["x/customer", "brand", "y/customer", "brand"]


# -- CSV -----------------------------------------------------------------------------------------------------------


def test_a_table_is_read_with_its_quotes_and_line_breaks(table):
    found = table.write(
        'id,tweet,username,date\r\n1,"Two lines\r\nand ""quotes"", too",ada,2026-03-01T10:00:00Z\r\n2,Fine.,bo,\r\n'
    ).read()
    assert texts(found) == ['Two lines\r\nand "quotes", too', "Fine."]
    assert [each.author.handle for each in found] == ["ada", "bo"]
    assert found[0].posted_at == datetime(2026, 3, 1, 10, tzinfo=UTC)
    assert found[0].raw.startswith(b"id,tweet,username,date\r\n1,")
    assert found[1].raw == b"id,tweet,username,date\r\n2,Fine.,bo,\r\n"


@pytest.mark.parametrize("sign", [",", ";", "\t", "|"])
def test_the_sign_between_cells_is_seen(table, sign):
    assert texts(
        table.write(
            f"id{sign}message\n1{sign}Hello, there\n" if sign != "," else "id,message\n1,Hello\n"
        ).read()
    ) in (
        ["Hello, there"],
        ["Hello"],
    )


def test_rows_over_many_pages_keep_their_line_numbers(table):
    rows = "".join(f'{n},"line\nbreak {n}"\n' for n in range(1, 1201))
    found = table.write("id,text\n" + rows + "x,y,z\n").read()
    assert [each.remote_id for each in mentions(found)] == [str(n) for n in range(1, 1201)]
    assert len(table.pages) == 3
    [broken] = unreadable(found)
    assert broken.where == f"line {1 + 2 * 1200 + 1}"
    assert "3 cells, the header 2" in str(broken.why)


def test_a_quotation_mark_that_is_never_closed_costs_one_row(table):
    rows = "".join(f"{n},words {n}\n" for n in range(3, 1500))
    found = table.write('id,text\n1,fine\n2,"open\n' + rows).read()
    [broken] = unreadable(found)
    assert (broken.where, broken.raw) == ("line 3", b'2,"open\n')
    assert str(broken.why) == "Line 3 opens a quotation mark that is never closed."
    assert len(mentions(found)) == 1 + 1497


def test_an_excel_file_with_a_mark_and_semicolons_is_read(table):
    assert texts(table.write("\ufeffid;contenu\r\n1;Théière cassée\r\n".encode()).read()) == [
        "Théière cassée"
    ]


def test_windows_letters_are_read_and_said_so(table):
    table.write("id;contenu\n1;“Théière” cassée\n".encode("cp1252"))
    assert texts(table.read()) == ["“Théière” cassée"]
    assert "Windows-1252" in str(table.connector().check())


def test_a_missing_column_is_named_with_those_that_there_are(table):
    table.settings["mapping"] = '{"text": "tweet_texte"}'
    with pytest.raises(NeedsAttention) as why:
        table.write("tweet_id,tweet_text\n1,Hm\n").read()
    assert "“tweet_texte”" in str(why.value) and "“tweet_id”, “tweet_text”" in str(why.value)
    assert '{"text": "tweet_text"}' in str(why.value)


def test_a_table_without_a_text_column_proposes_the_nearest(table):
    with pytest.raises(NeedsAttention) as why:
        table.write("no,tweet_text,who\n1,Hm,ada\n").read()
    assert '{"text": "tweet_text"}' in str(why.value)


def test_lines_without_any_text_field_propose_the_nearest(jsonl):
    with pytest.raises(NeedsAttention) as why:
        jsonl.write(lines({"no": 1, "tweet_text": "Hm"})).read()
    assert '{"text": "tweet_text"}' in str(why.value)


@pytest.mark.parametrize(
    ("name", "content", "word"),
    [
        ("a.xlsx", b"PK\x03\x04....", "workbook"),
        ("a.jsonl.gz", gzip.compress(b"{}", mtime=0), "unpack"),
        ("a.csv", "id,text\n".encode("utf-16"), "UTF-16"),
        ("a.csv", b"id,text\r1,a\r", "old Macs"),
        ("a.json", b'[{"text": "a"}]', "one JSON list"),
    ],
)
def test_a_file_of_another_kind_says_what_to_do(tmp_path, name, content, word):
    with pytest.raises(NeedsAttention) as why:
        Import(tmp_path / name).write(content).read()
    assert word in str(why.value)


@pytest.mark.parametrize(
    ("given", "word"),
    [
        ({"mapping": "{nope"}, "JSON such as"),
        ({"mapping": '{"txt": "a"}'}, "did you mean “text”"),
        ({"format": "xml"}, "choose auto, jsonl or csv"),
    ],
)
def test_wrong_settings_are_told_in_words(tmp_path, given, word):
    with pytest.raises(NeedsAttention) as why:
        Import(tmp_path / "a.txt", **given).write("id,text\n").read()
    assert word in str(why.value)


def test_a_file_that_is_not_there_is_told_with_its_path(tmp_path):
    with pytest.raises(NeedsAttention) as why:
        Import(tmp_path / "nowhere.csv").read()
    assert "nowhere.csv" in str(why.value)


def test_an_empty_file_is_nothing_to_worry_about(jsonl):
    assert jsonl.write(b"").read() == []
    assert str(jsonl.connector().check()) == "“posts.jsonl” can be read: it has 0 lines."


# -- nothing harms -------------------------------------------------------------------------------------------------


@given(st.binary(max_size=300))
@example(b'{"amends_file": {"name": 1}}\n')
@example(
    b'{"amends_file": {"name":"","format":"csv","network":"n","zone":"../etc","mapping":{"text":"t"}}}\nt\n"a\n'
)
@example(b'{"turns": [1]}')
def test_no_bytes_make_reading_fail(raw):
    for kind in ("auto", "csv", "jsonl"):
        for each in File(FileSettings(path="x", format=kind)).read(raw):
            assert each.raw


@given(
    st.lists(st.tuples(st.text(max_size=20), st.text(min_size=1, max_size=60)), max_size=40),
    st.sampled_from([",", ";", "\t"]),
)
def test_whatever_a_spreadsheet_writes_comes_back(tmp_path_factory, rows, sign):
    import csv
    import io

    rows = [row for row in rows if row[1].strip() and not {"\ud800", "\x00", "\r"} & set("".join(row))]
    rows = [row for row in rows if "".join(row).isprintable() or "\n" in "".join(row)]
    out = io.StringIO()
    writer = csv.writer(out, delimiter=sign, quoting=csv.QUOTE_ALL)
    writer.writerow(["author", "text"])
    writer.writerows(rows)
    source = Import(tmp_path_factory.mktemp("f") / "a.csv").write(out.getvalue().encode("utf-8", "replace"))
    assert texts(source.read()) == [row[1].encode("utf-8", "replace").decode() for row in rows]


class Lines:
    """A network that is a file; what is said is in it once its writer has written it down."""

    secrets: tuple[str, ...] = ()

    def __init__(self, path: Path) -> None:
        self.path, self.count, self.extra, self.waiting = path, 0, {}, []
        path.write_bytes(b"")

    def publish(self, text, *, to_us=True, reply_to=""):
        self.count += 1
        row = {"id": f"p{self.count}", "text": text, "author": "ada", "in_reply_to": reply_to, **self.extra}
        self.waiting.append(json.dumps(row) + "\n")
        return row["id"]

    def settle(self):
        with self.path.open("a", encoding="utf-8") as file:
            file.writelines(self.waiting)
        self.waiting.clear()

    def send_unknown_fields(self):
        self.extra = {"weather": {"is": ["fine"]}}

    def go_down(self):
        self.path.unlink()


class TestContract(ListenerContract):
    @pytest.fixture
    def network(self, tmp_path):
        return Lines(tmp_path / "posts.jsonl")

    @pytest.fixture
    def connector(self, network):
        return File(FileSettings(path=str(network.path)))

    def test_it_is_a_listener(self, connector):
        assert isinstance(connector, Listener)
        assert not connector.traits.can_reply

    def test_a_rate_limit_says_when_to_come_back(self, connector, network):
        """A file has no rate limit; a folder in its place is a matter for a person at once."""
        network.path.unlink()
        network.path.mkdir()
        with pytest.raises(NeedsAttention):
            connector.fetch("")

    def test_a_network_that_is_down_is_tried_again(self, connector, network):
        """A file that is gone does not come back by itself: a person is asked, and then reading goes on."""
        network.publish("one")
        network.settle()
        cursor = connector.fetch("").cursor
        kept = network.path.read_bytes()
        network.go_down()
        with pytest.raises(NeedsAttention):
            connector.fetch(cursor)
        network.path.write_bytes(kept)
        network.publish("two")
        network.settle()
        assert texts(connector.read(connector.fetch(cursor).raw)) == ["two"]

    @pytest.mark.parametrize("raw", GARBAGE, ids=lambda raw: repr(raw[:16]))
    def test_garbage_in_a_table_is_never_an_exception(self, raw):
        assert all(
            isinstance(each, Mention | Unreadable) for each in File(FileSettings(path="x.csv")).read(raw)
        )


# -- others' data --------------------------------------------------------------------------------------------------


@pytest.mark.shared
@pytest.mark.parametrize("name", ["en.twcs_sample", "fr.free_tweets", "en.asapp_airlines"])
def test_ten_thousand_turns_in_are_ten_thousand_out(tmp_path, name):
    with gzip.open(SHARED / "data" / "threads" / f"{name}.jsonl.gz", "rb") as packed:
        rows, turns = [], 0
        for line in packed:
            rows.append(line)
            turns += len(json.loads(line)["turns"])
            if turns >= 10_000:
                break
    once = Import(tmp_path / "threads.jsonl").write(b"".join(rows)).read()
    again = Import(tmp_path / "threads.jsonl").read()
    assert (len(mentions(once)), unreadable(once)) == (turns, [])
    assert [each.remote_id for each in once] == [each.remote_id for each in again]
    assert len({each.remote_id for each in once}) == turns
    assert sum(len(json.loads(row)["turns"]) for row in rows[:PAGE]) == len(
        list(
            File(FileSettings(path="x")).read(
                File(FileSettings(path=str(tmp_path / "threads.jsonl"))).fetch("").raw
            )
        )
    )
