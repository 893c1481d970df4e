"""Example town: the walk-through's network must behave as a real one does."""

from __future__ import annotations

import json
import threading
from datetime import UTC, datetime, timedelta

import pytest

from amends.connectors.base import (
    AnswerLost,
    Gone,
    Listener,
    Looker,
    NeedsAttention,
    Outgoing,
    Speaker,
    fields_of,
)
from amends.connectors.example import PAGE, Example, Replies, Settings, asks_satisfied, scenario
from amends.core.mention import Change, Mention, Unreadable, Visibility

START = datetime(2030, 1, 31, 9, tzinfo=UTC)
SCENARIO = scenario()


class Town:
    """A folder, a clock that only we move, and a reader that keeps what it heard."""

    def __init__(self, folder, speed="1"):
        self.folder, self.speed, self.now = folder, speed, START
        self.connector = self.another()
        self.cursor, self.heard = "", []

    def another(self):
        return Example(
            Settings(folder=str(self.folder), started_at=START.isoformat(), speed=self.speed),
            clock=lambda: self.now,
        )

    def later(self, seconds):
        self.now += timedelta(seconds=seconds)
        return self.listen()

    def listen(self):
        """What is new by now."""
        new = []
        while True:
            page = self.connector.fetch(self.cursor)
            new += self.connector.read(page.raw)
            self.cursor = page.cursor
            if not page.more:
                self.heard += new
                return new

    def answer(self, post_id, text="We are sorry. Where do you live?", visibility=Visibility.PUBLIC):
        key = self.connector.new_key(self.now)
        return self.connector.send(reply_to(post_id, text, visibility), key)


def reply_to(post_id, text="We are sorry.", visibility=Visibility.PUBLIC):
    return Outgoing(text=text, in_reply_to=post_id, visibility=visibility)


@pytest.fixture
def town(tmp_path):
    return Town(tmp_path / "town")


def post_of(handle, lang=None):
    return next(post for post in SCENARIO.posts if post.handle == handle and (lang in (None, post.lang)))


def from_handle(mentions, handle):
    return [each for each in mentions if each.author.handle == handle]


# -- what it is


def test_it_has_the_three_roles(town):
    assert isinstance(town.connector, Listener)
    assert isinstance(town.connector, Speaker)
    assert isinstance(town.connector, Looker)
    assert [field.name for field in fields_of(Settings)] == ["folder", "started_at", "speed"]


def test_the_check_says_how_many_replies_the_town_has(town):
    town.later(5)
    town.answer("ex-0001")
    assert str(town.connector.check()) == "Example town is open: 1 reply was sent to it."


def test_the_check_says_which_folder_cannot_be_used(tmp_path):
    (tmp_path / "file").write_text("in the way")
    with pytest.raises(NeedsAttention, match="Choose a folder"):
        Town(tmp_path / "file" / "town").connector.check()


@pytest.mark.parametrize("started_at", ["", "soon", "2030-01-31T09:00:00", "9999-12-31T23:59:59+00:00"])
def test_a_start_that_is_no_moment_is_refused_with_an_example(tmp_path, started_at):
    with pytest.raises(NeedsAttention, match="such as 2030-01-31T09:00:00"):
        Example(Settings(folder=str(tmp_path), started_at=started_at))


@pytest.mark.parametrize("speed", ["", "fast", "0", "-1", "nan", "inf", "1e-300", "1e9"])
def test_a_speed_that_is_none_is_refused_with_an_example(tmp_path, speed):
    with pytest.raises(NeedsAttention, match="such as 1 or 10"):
        Example(Settings(folder=str(tmp_path), started_at=START.isoformat(), speed=speed))


# -- listening


def test_posts_arrive_when_their_moment_has_come_and_bear_its_time(town):
    assert [each.text[:15] for each in town.listen()] == ["Bravo Telvoria,"]
    assert len(town.later(10)) == 10
    assert [each.posted_at for each in town.heard[:3]] == [START + timedelta(seconds=n) for n in range(3)]


def test_nothing_is_said_before_the_start(town):
    town.now = START - timedelta(hours=1)
    assert town.connector.fetch("").raw == b""


def test_ten_times_as_fast_is_over_in_a_tenth_of_the_time_and_never_in_the_future(tmp_path):
    town = Town(tmp_path, speed="10")
    town.later(24)
    assert len(town.heard) == len(SCENARIO.posts)
    assert all(each.posted_at <= town.now for each in town.heard)


def test_the_same_cursor_at_the_same_moment_gives_the_same_bytes(town):
    town.later(30)
    town.answer("ex-0003")
    town.now += timedelta(seconds=60)
    cursors = ["", town.cursor]
    for cursor in cursors:
        assert town.connector.fetch(cursor) == town.another().fetch(cursor)


def test_a_crash_between_pages_loses_nothing(town):
    """Every page is fetched twice, and its cursor kept only the second time, by a new process."""
    for seconds in range(0, 300, 7):
        town.now = START + timedelta(seconds=seconds)
        if seconds == 14:
            town.answer("ex-0003")
        town.connector.fetch(town.cursor)
        town.connector = town.another()
        town.listen()
    at_once = Town(town.folder)
    at_once.now = town.now
    at_once.listen()
    assert sorted(each.raw for each in town.heard) == sorted(each.raw for each in at_once.heard)
    assert len(town.heard) == len(SCENARIO.posts) + 1


def test_a_late_reader_gets_all_of_it_in_pages(town):
    town.now = START + timedelta(hours=1)
    first = town.connector.fetch("")
    assert first.more and first.total == len(SCENARIO.posts)
    assert first.raw.count(b"\n") == PAGE
    assert len(town.listen()) == len(SCENARIO.posts)
    assert town.listen() == []


@pytest.mark.parametrize(
    "cursor",
    ["null", "{", "[]", "no cursor of ours", '{"posts": -1, "settled": 0, "heard": []}', '{"posts": 2}',
     '{"posts": 99999, "settled": 0, "heard": []}', '{"posts": true, "settled": 0, "heard": []}',
     '{"posts": 0, "settled": 7, "heard": []}', '{"posts": 0, "settled": 0, "heard": [0, 0, 0]}',
     '{"posts": 0, "settled": 0, "heard": {"a": 1}}', "[" * 100_000],
)  # fmt: skip
def test_a_cursor_that_is_not_ours_begins_again(town, cursor):
    town.later(20)
    assert town.connector.fetch(cursor) == town.connector.fetch("")


def test_what_is_for_us_is_marked_by_tag_thread_or_privacy(town):
    town.later(240)
    marked = {each.remote_id for each in town.heard if each.is_to_us}
    written = {post.target for post in SCENARIO.posts if post.to_us}
    assert marked == written
    assert {each.author.handle for each in town.heard if each.is_ours} == {"telvoria"}
    assert sum(each.visibility is Visibility.DIRECT for each in town.heard) == 3


def test_the_kind_and_the_note_stay_backstage(town):
    page = town.later(240) and town.connector.fetch("")
    assert b'"kind"' not in page.raw and b'"note"' not in page.raw


def test_an_edit_and_a_deletion_keep_the_post_s_id(town):  # D2
    town.later(240)
    nadia = from_handle(town.heard, "nadia_in_leith")
    assert [each.change for each in nadia] == [Change.SAID, Change.EDITED]
    assert nadia[0].remote_id == nadia[1].remote_id
    assert [each.revision for each in nadia] == ["1", "2"]
    assert "take this post down" in nadia[1].text
    lucas = from_handle(town.heard, "lucas_mrtn")
    assert [each.change for each in lucas] == [Change.SAID, Change.DELETED]
    assert lucas[0].remote_id == lucas[1].remote_id and lucas[1].text == ""


def test_somebody_who_writes_again_stays_in_the_thread(town):  # K3
    town.later(240)
    first, *again = from_handle(town.heard, "bogdan_rv")
    assert first.thread_id == ""
    assert [each.thread_id for each in again] == [first.remote_id] * 2


def test_raw_holds_exactly_the_bytes_of_one_post(town):  # D1
    town.later(60)
    page = town.connector.fetch("")
    for mention in town.connector.read(page.raw):
        assert mention.raw in page.raw
        assert json.loads(mention.raw)["id"] == mention.remote_id


@pytest.mark.parametrize(
    "line",
    [b"{", b"[]", b"7", b'"x"', b"\xff\xfe", b"{}", b'{"id": 7, "account": {}}', b'{"id": "a", "account": []}',
     b'{"id": "a", "account": {"id": "b", "username": "c"}}',
     b'{"id": "a", "content": 3, "account": {"id": "b", "username": "c"}}', b"[" * 100_000, b"1" * 10_000],
)  # fmt: skip
def test_a_broken_line_is_kept_and_the_next_one_read(town, line):
    good = town.connector.fetch("").raw
    broken, mention = town.connector.read(line + b"\n" + good)
    assert isinstance(broken, Unreadable) and broken.raw == line and broken.where == "line 1"
    assert isinstance(mention, Mention)


def test_odd_fields_do_not_stop_the_reading(town):
    post = json.loads(town.connector.fetch("").raw)
    post |= {
        "created_at": "9999-99-99",
        "mentions": [{}, 3],
        "version": [],
        "language": None,
        "content": "a\x00\ud800",
    }
    (mention,) = town.connector.read(json.dumps(post).encode())
    assert mention.posted_at is None and mention.revision == "" and mention.languages == ()
    assert mention.text == "a\ufffd\ufffd"


# -- speaking


def test_a_reply_is_in_the_town_with_an_address(town):
    town.later(5)
    receipt = town.answer("ex-0001", "Sorry, Tom.")
    assert receipt.url == f"https://example.invalid/@telvoria/{receipt.remote_id}"
    assert receipt.text == "Sorry, Tom."
    assert receipt.sent_at == town.now


def test_a_second_send_with_one_key_is_one_reply(town):
    town.later(5)
    first = town.connector.send(reply_to("ex-0001"), "key-1")
    assert town.another().send(reply_to("ex-0001"), "key-1") == first
    assert len(Replies(town.folder).all()) == 1


def test_a_reply_is_found_again_by_its_key_and_only_by_its_key(town):
    town.later(5)
    sent = town.connector.send(reply_to("ex-0001"), "key-1")
    assert town.another().find_sent(reply_to("ex-0001"), "key-1") == sent
    assert town.connector.find_sent(reply_to("ex-0001"), "key-2") is None


def test_two_hands_at_once_send_one_reply_a_key(town):
    town.later(5)
    keys = [f"key-{n % 8}" for n in range(32)]
    threads = [threading.Thread(target=town.another().send, args=(reply_to("ex-0001"), key)) for key in keys]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(reply.key for reply in Replies(town.folder).all()) == sorted(set(keys))


def test_a_line_that_a_crash_cut_off_was_never_sent_and_is_written_anew(town):
    town.later(5)
    town.connector.send(reply_to("ex-0001"), "key-1")
    with Replies(town.folder).path.open("ab") as file:
        file.write(b'{"id": "ex-o-torn", "key": "key-2", "te')
    assert town.connector.find_sent(reply_to("ex-0001"), "key-2") is None
    town.connector.send(reply_to("ex-0001"), "key-2")
    assert [reply.key for reply in Replies(town.folder).all()] == ["key-1", "key-2"]


@pytest.mark.parametrize("line", ["{}", "[]", "nonsense", '{"sent_at": 3}', '{"sent_at": "2030-01-31"}'])
def test_a_damaged_file_says_which_line_to_mend(town, line):
    town.later(5)
    town.answer("ex-0001")
    with Replies(town.folder).path.open("a") as file:
        file.write(line + "\n")
    for attempt in (lambda: town.connector.fetch(""), lambda: town.answer("ex-0002")):
        with pytest.raises(NeedsAttention, match="Line 2 of"):
            attempt()


def test_a_disk_that_fails_while_writing_is_an_answer_lost(town, monkeypatch):
    town.later(5)

    def broken_disk(_):
        raise OSError("no space left on device")

    monkeypatch.setattr("amends.connectors.example.os.fsync", broken_disk)
    with pytest.raises(AnswerLost):
        town.answer("ex-0001")


@pytest.mark.parametrize("text", ["", "  \n", "x" * 501])
def test_a_text_that_the_town_refuses_is_refused_before_it_is_written(town, text):
    town.later(5)
    with pytest.raises(NeedsAttention):
        town.answer("ex-0001", text)
    assert Replies(town.folder).all() == []


def test_nobody_can_answer_what_is_not_there(town):
    town.later(5)
    for absent in ("ex-9999", "ex-0100", ""):
        with pytest.raises(NeedsAttention, match="not there any more"):
            town.answer(absent)


def test_a_deleted_complaint_can_still_be_answered_in_private(town):  # D2
    town.later(240)
    emma = post_of("emma_lcr")
    with pytest.raises(NeedsAttention, match="in private"):
        town.answer(emma.id)
    town.answer(emma.id, "Bonjour Emma, êtes-vous en sécurité ?", Visibility.DIRECT)
    (back,) = town.later(10)
    assert back.author.handle == "emma_lcr" and back.visibility is Visibility.DIRECT


# -- people react


def test_a_furious_customer_becomes_a_fan(town):  # K4
    maeve = post_of("maeve_knits")
    town.later(5)
    first = town.answer(
        maeve.id, "Maeve, that is three mornings lost. Where are you, and when were the slots?"
    )
    town.later(10)
    said = from_handle(town.heard, "maeve_knits")
    assert said[-1].in_reply_to == first.remote_id and said[-1].thread_id == maeve.id and said[-1].is_to_us
    assert "Galway" in said[-1].text
    town.answer(said[-1].remote_id, "Thank you. Aoife rings you in a minute and stays with it.")
    town.later(10)
    assert "Thank you, I mean it" in from_handle(town.heard, "maeve_knits")[-1].text
    town.later(30)
    fan = from_handle(town.heard, "maeve_knits")[-1]
    assert "Credit where it's due" in fan.text
    assert not fan.is_to_us and fan.thread_id == ""


@pytest.mark.parametrize(
    ("handle", "question", "yes"),
    [
        ("DanFromDerby", "Are you satisfied, Dan?", "Yes, all good now"),
        ("camille.brd", "Êtes-vous satisfaite, Camille ?", "Oui c'est bon"),
        ("ioana.dobre_", "Sunteți mulțumită? Mai aveți nevoie de altceva?", "Da, totul e în regulă"),
    ],
)
def test_a_customer_confirms_in_her_language(town, handle, question, yes):  # M3
    town.later(20)
    post = post_of(handle)
    town.answer(post.id)
    town.later(10)
    town.answer(post.id, question)
    town.later(10)
    assert from_handle(town.heard, handle)[-1].text.startswith(yes)


@pytest.mark.parametrize(
    ("handle", "question", "no", "yes"),
    [
        ("geraint_w", "Are you satisfied now?", "No, still not working", "Yes! 297"),
        ("yanis.b", "Êtes-vous satisfait ?", "Ah non, toujours pas", "Oui cette fois"),
        ("mihai_b_is", "Sunteți mulțumit?", "Nu, tot nu merge", "Da, acum merge"),
    ],
)
def test_a_customer_denies_and_confirms_the_second_time(town, handle, question, no, yes):  # M3
    town.later(20)
    post = post_of(handle)
    town.answer(post.id)
    town.later(10)
    town.answer(post.id, question)
    town.later(10)
    assert from_handle(town.heard, handle)[-1].text.startswith(no)
    town.answer(post.id, question)
    town.later(10)
    assert from_handle(town.heard, handle)[-1].text.startswith(yes)


def test_nobody_reacts_before_we_answer_or_without_an_answer(town):
    town.later(30)
    before = len(town.heard)
    receipt = town.answer("ex-0011")
    assert len(town.listen()) == 0
    town.later(12)
    reactions = [each for each in town.heard[before:] if each.in_reply_to == receipt.remote_id]
    assert len(reactions) == 1
    assert all(each.posted_at > receipt.sent_at for each in reactions)
    alone = Town(town.folder.parent / "alone")
    alone.later(3600)
    assert {each.remote_id for each in alone.heard} == {post.target for post in SCENARIO.posts}


def test_who_was_answered_in_time_does_not_complain_that_nobody_answers(town):  # M1
    town.later(50)
    town.answer(post_of("bogdan_rv").id)
    town.later(200)
    _, reaction = from_handle(town.heard, "bogdan_rv")
    assert "În sfârșit" in reaction.text
    assert len(from_handle(town.heard, "bernard.lavigne38")) == 2


def test_the_cursor_stays_short_however_many_replies_there_are(town):
    town.later(240)
    people = {each.remote_id for each in town.heard}
    for remote_id in people:
        town.answer(remote_id, visibility=Visibility.DIRECT)
    assert len(town.later(60)) > 100
    assert town.listen() == [] and len(town.cursor) < 100


def test_who_has_no_internet_says_so_rather_than_thank_for_anything(town):  # K1
    town.later(130)
    outage = [
        post
        for post in SCENARIO.posts
        if post.about == "outage"
        and post.at < 130
        and not post.unless_answered
        and post.handle != "dr.haiduc"
    ]
    ours = {town.answer(post.id, "We know, we are on it, news within the hour.").remote_id for post in outage}
    town.later(30)
    said = {each.text for each in town.heard if each.in_reply_to in ours}
    fitting = {text for lang in ("en", "fr", "ro") for text in SCENARIO.answers["detail outage", lang]}
    assert len(said & fitting) >= 6


@pytest.mark.parametrize("lang", ["en", "fr", "ro"])
def test_every_complaint_that_is_answered_gets_an_answer_in_its_language(town, lang):
    town.later(240)
    scripted = {post.after_reply_to for post in SCENARIO.reactions}
    gone = {post.delete_of for post in SCENARIO.posts}
    ours = {
        town.answer(post.id).remote_id
        for post in SCENARIO.posts
        if post.kind == "complaint" and post.lang == lang and post.id == post.target
        if post.id not in scripted | gone and not post.thread
    }
    town.later(30)
    answers = [each for each in town.heard if each.in_reply_to in ours]
    assert len(answers) == len(ours) > 20
    assert {each.languages for each in answers} == {(lang,)}
    assert len({each.text for each in answers}) >= 3


def test_most_but_not_all_are_satisfied_when_asked(town):
    town.later(240)
    asked = [
        post for post in SCENARIO.posts if post.kind == "complaint" and post.lang == "en" and not post.thread
    ]
    ours = {
        town.answer(post.id, "Is it fixed, and do you need anything else?").remote_id
        for post in asked
        if post.id == post.target
    }
    town.later(30)
    answers = [each.text.lower() for each in town.heard if each.in_reply_to in ours]
    yes = sum(text.startswith(("yes", "yep")) for text in answers)
    no = sum(text.startswith(("no,", "not ")) for text in answers)
    assert yes > 2 * no > 0


def test_trolls_stay_silent(town):  # W6
    town.later(240)
    ours = {town.answer(post.id).remote_id for post in SCENARIO.posts if post.kind == "abuse"}
    town.later(60)
    assert [each for each in town.heard if each.in_reply_to in ours] == []


def test_an_address_comes_in_private_though_we_asked_in_public(town):  # A5
    town.later(20)
    town.answer(post_of("corina_mtm").id)
    public, private = from_handle(town.later(12), "corina_mtm")
    assert (public.visibility, private.visibility) == (Visibility.PUBLIC, Visibility.DIRECT)
    assert "str." in private.text and "str." not in public.text


def test_who_thanked_already_still_says_yes_when_asked_and_then_no_more(town):  # M3
    town.later(20)
    post = post_of("jb_garonne")
    for text in ("Débranchez-la. Tout le monde va bien ?", "Une nouvelle box est en route."):
        town.answer(post.id, text)
        town.later(10)
    for expected in (1, 0):
        town.answer(post.id, "Êtes-vous satisfait ?")
        assert len(from_handle(town.later(10), "jb_garonne")) == expected
    assert from_handle(town.heard, "jb_garonne")[-1].text.lower().startswith("oui")


def test_who_said_that_all_is_well_falls_silent(town):
    town.later(30)
    town.answer("ex-0011", "Is it done, are you satisfied?")
    (yes_or_no,) = [each for each in town.later(10) if each.author.handle == post_of("gillian.oc").handle]
    town.answer(yes_or_no.remote_id, "Good to hear. Is everything done, are you satisfied?")
    town.later(10)
    town.answer("ex-0011", "Thank you!")
    town.later(10)
    town.answer("ex-0011", "Have a good day.")
    assert from_handle(town.later(30), "gillian.oc") == []


def test_a_private_reply_is_answered_in_private(town):  # A5, A12
    town.later(40)
    receipt = town.answer("ex-0011", "What is your customer number?", Visibility.DIRECT)
    (answer,) = [each for each in town.later(12) if each.in_reply_to == receipt.remote_id]
    assert answer.visibility is Visibility.DIRECT and "TV-" in answer.text


@pytest.mark.parametrize(
    ("text", "asks"),
    [
        ("Are you satisfied now?", True),
        ("Êtes-vous SATISFAITE ?", True),
        ("Avez-vous besoin d’autre chose ?", True),
        ("Sunteti multumita?", True),
        ("Vă mulțumim. Unde locuiți?", False),
        ("Sorry that you are dissatisfied. Where do you live?", False),
        ("I see that you are satisfied. Where do you live?", False),
        ("We want you satisfied.", False),
    ],
)
def test_a_question_about_satisfaction_is_told_from_other_sentences(text, asks):
    assert asks_satisfied(text) is asks


# -- looking again


def test_looking_again_shows_the_present_text_or_that_it_is_gone(town):  # D2
    nadia, lucas = post_of("nadia_in_leith"), post_of("lucas_mrtn")
    town.later(60)
    before = list(town.connector.look([nadia.id, lucas.id]))
    assert [each.text for each in before] == [nadia.text, lucas.text]
    town.later(100)
    edited, gone = town.connector.look([nadia.id, lucas.id])
    assert "EDIT:" in edited.text and edited.revision == "2"
    assert gone == Gone(remote_id=lucas.id)


def test_looking_shows_our_own_reply_and_people_s_reactions(town):
    town.later(30)
    ours = town.answer("ex-0003")
    (reaction,) = [each for each in town.later(10) if each.in_reply_to == ours.remote_id]
    reply, again = town.connector.look([ours.remote_id, reaction.remote_id])
    assert reply.is_ours and reply.thread_id == "ex-0003" and reply.text == ours.text
    assert again == reaction


def test_of_what_was_not_said_yet_it_does_not_say_that_it_is_gone(town):
    assert list(town.connector.look(["ex-0100", "nonsense"])) == []
