"""Writing: three drafts that cannot be confused, checked as one types, never lost and never sent twice."""

from __future__ import annotations

import contextlib
import json
import re
import sqlite3
from typing import Any

import pytest
from playwright.sync_api import expect

from tests.browser.desks import PATIENCE, Person, find_case, press_to_write
from tests.journey.running import RunningDesk, eventually

pytestmark = pytest.mark.browser
expect.set_options(timeout=PATIENCE)

GOOD = "That is far too long, and I am sorry. Which town are you in, and since when is it like this?"
#: Not like the others: of a reply that is too like earlier ones one is warned (A3).
BY_HAND = (
    "Wilma, a week without a line is no way to be treated; I apologise. Do the lamps on your box still blink?"
)


@pytest.fixture(scope="module")
def forum(town, tmp_path_factory) -> dict[str, int]:
    """Cases from a network to which the desk cannot write; by author."""
    posts = tmp_path_factory.mktemp("forum") / "forum.jsonl"
    authors = ("wilma", "xaver", "yvonne", "zora", "zeno")
    rows = [
        {
            "id": f"forum-{name}",
            "author": name,
            "text": f"Telvoria left {name} without a line, again.",
            "url": f"https://forum.example/{name}",
        }
        for name in authors
    ]
    posts.write_text("".join(json.dumps(row) + "\n" for row in rows))
    town.run("import", str(posts), "--network", "Forum")
    return {name: eventually(lambda name=name: find_case(town, name))["id"] for name in authors}


@pytest.fixture(scope="module")
def taken() -> set[int]:
    return set()


@pytest.fixture
def case(town, taken) -> int:
    """A complaint in English that nobody has touched yet."""
    rows = town.get("/cases", view="unassigned", limit=100)["items"]
    for row in rows:
        if row["id"] in taken:
            continue
        shown = town.get(f"/cases/{row['id']}")
        if (
            row["kind"] == "complaint"
            and row["network"] == "example"
            and row["abuse"] == "none"
            and not row["is_deleted"]
            and not row["reply_status"]
            and shown["language"] == "en"
        ):
            taken.add(row["id"])
            return row["id"]
    raise AssertionError("no complaint is left in the example")


def said(desk: RunningDesk, case_id: int, what: str) -> list[str]:
    """The texts of the replies, or of the notes, in the order in which they came."""
    timeline = desk.get(f"/cases/{case_id}")["timeline"]
    return [each[what]["text"] for each in timeline if each["what"] == what]


def area(person: Person, mode: str = "reply") -> Any:
    return person.page.locator(f'#composer textarea[data-mode="{mode}"]')


def send_button(person: Person) -> Any:
    return person.page.locator("#send")


def test_verdicts_come_while_one_types_and_leave_the_caret_where_it_is(ada, case):
    ada.open_case(case)
    press_to_write(ada.page, "r")
    ada.page.keyboard.type("Write to me at dana@shop.example")
    expect(ada.page.locator("#review .says.block")).to_contain_text("mail address")
    expect(area(ada)).to_be_focused()
    ada.page.keyboard.type(" and I look")
    expect(area(ada)).to_have_value("Write to me at dana@shop.example and I look")
    # Read out politely, never as an alarm.
    expect(ada.page.locator("#composer [role=alert]")).to_have_count(0)
    expect(ada.page.locator("#composer [role=status]", has_text="mail address")).to_have_count(1)
    expect(send_button(ada)).to_have_attribute("aria-disabled", "true")


def test_one_click_repairs_what_a_guard_stopped(ada, case):
    """A5; letters outside the basic plane before the place do not move it."""
    ada.open_case(case)
    ada.write("I am sorry 😀. Write to dana@shop.example please. Which town are you in?")
    ada.page.locator("#review [data-repair]").first.click()
    expect(ada.page.locator("#review .says.block")).to_have_count(0)
    expect(send_button(ada)).to_have_attribute("aria-disabled", "false")
    expect(area(ada)).to_be_focused()
    text = area(ada).input_value()
    assert "dana@shop.example" not in text
    assert text.startswith("I am sorry 😀. Write to ") and text.endswith(" please. Which town are you in?")


def test_what_a_guard_objects_to_is_underlined_where_it_stands(ada, case):
    """The field itself is never touched: the lines follow what is typed, and go when it is mended."""
    ada.open_case(case)
    ada.write("😀 Write to dana@shop.example please.\nThanks for telling us, really.")
    marked = ada.page.locator("#composer .mirror .block")
    expect(marked).to_have_text("dana@shop.example")
    line = ada.page.locator("#review [data-verdict=block]")
    expect(line.locator("q")).to_have_text("dana@shop.example")
    expect(line.locator("a.rule")).to_have_attribute("href", re.compile("#AM001$"))
    over, under = marked.bounding_box(), area(ada).bounding_box()
    assert under["x"] <= over["x"] and over["x"] + over["width"] <= under["x"] + under["width"]
    assert under["y"] <= over["y"] and over["y"] + over["height"] <= under["y"] + under["height"]
    area(ada).evaluate("(field) => field.setSelectionRange(0, 0)")
    ada.page.keyboard.type("Hello! ")
    expect(marked).to_have_text("dana@shop.example")
    expect(area(ada)).to_be_focused()
    assert area(ada).evaluate("(field) => field.selectionStart") == len("Hello! ")
    area(ada).evaluate("(field) => field.setSelectionRange(25, 25)")
    ada.page.keyboard.type("x")
    expect(ada.page.locator("#composer .mirror")).to_have_attribute("aria-hidden", "true")
    area(ada).fill("")
    expect(marked).to_have_count(0)


def test_what_is_private_moves_into_a_direct_message_with_all_that_was_written(ada, case):  # A5, A12
    ada.open_case(case)
    ada.write("Your order number 48213-AB has left us. Is the door open at 5 pm?")
    ada.page.locator("#review [data-move]").first.click()
    expect(area(ada, "direct")).to_be_focused()
    expect(area(ada, "direct")).to_have_value(
        "Your order number 48213-AB has left us. Is the door open at 5 pm?"
    )
    expect(ada.page.locator("#review .says.block")).to_have_count(0)
    assert area(ada).input_value() == ""


def test_the_second_of_two_colleagues_is_stopped_and_keeps_her_text(ada, bea, case):
    for person in (ada, bea):
        person.open_case(case)
        person.write(GOOD)
        expect(send_button(person)).to_have_attribute("aria-disabled", "false")
    mine = "I am sorry about this. Which town are you in? I look at once."
    bea.write(mine)
    send_button(ada).click()
    expect(ada.page.locator("#undo")).to_be_visible()
    send_button(bea).click()
    expect(bea.page.locator("#toasts [role=alert]")).to_contain_text("has just answered")
    expect(area(bea)).to_have_value(mine)
    # What Ada sent appears before her, and her own words stay as they are.
    expect(bea.page.locator("#case-thread .bubble.ours")).to_contain_text(GOOD)
    expect(area(bea)).to_have_value(mine)


def test_two_tabs_of_one_person_send_one_reply(ada, people, ada_state, case, town):
    other = people(ada_state)
    for person in (ada, other):
        person.open_case(case)
        person.write(GOOD)
        expect(send_button(person)).to_have_attribute("aria-disabled", "false")
    send_button(ada).click()
    expect(ada.page.locator("#undo")).to_be_visible()
    send_button(other).click()
    expect(other.page.locator("#toasts [role=alert]")).to_contain_text("already on its way")
    expect(area(other)).to_have_value(GOOD)
    expect(ada.page.locator(".bubble.ours .foot")).to_contain_text("Sent")
    assert said(town, case, "reply") == [GOOD]


def test_what_happens_elsewhere_never_touches_what_is_being_written(ada, case, town):
    ada.open_case(case)
    press_to_write(ada.page, "r")
    ada.page.keyboard.type("I am sorry, which ")
    before = ada.page.locator("#composer").element_handle()
    town.post(f"/cases/{case}/note", {"text": "He rang this morning"})
    town.post(f"/cases/{case}/correct", {"field": "severity", "value": "critical"})
    expect(ada.page.locator("#case-thread .note")).to_contain_text("He rang this morning")
    expect(ada.page.locator(".triage-grid")).to_contain_text("Critical")
    expect(area(ada)).to_be_focused()
    ada.page.keyboard.type("town?")
    expect(area(ada)).to_have_value("I am sorry, which town?")
    assert before.evaluate("(one) => one.isConnected"), "the composer was replaced"


def test_a_menu_that_is_open_stays_open_when_something_happens_elsewhere(ada, case, town):
    ada.open_case(case)
    ada.page.locator("#act-snooze summary").click()
    town.post(f"/cases/{case}/note", {"text": "He rang again"})
    # The queue is told of the same change, and shows that it came.
    expect(ada.page.locator("#case-thread .note", has_text="He rang again")).to_have_count(0)
    expect(ada.page.locator("#act-snooze")).to_have_attribute("open", "")
    ada.page.keyboard.press("Escape")
    expect(ada.page.locator("#case-thread .note", has_text="He rang again")).to_be_visible()


def test_a_note_a_reply_and_a_direct_message_cannot_be_confused(ada, case, town):
    ada.open_case(case)
    told = {}
    for mode in ("reply", "direct", "note"):
        ada.page.locator(f'#composer .mode[data-mode="{mode}"]').click()
        expect(area(ada, mode)).to_be_focused()
        ada.page.keyboard.type(f"for {mode}")
        expect(ada.page.locator('#composer .mode[aria-pressed="true"]')).to_have_attribute("data-mode", mode)
        expect(ada.page.locator("#composer textarea:visible")).to_have_count(1)
        told[mode] = (
            ada.page.locator("[data-send-label]").text_content(),
            area(ada, mode).get_attribute("placeholder"),
            ada.page.locator("#composer").evaluate(
                "(one) => getComputedStyle(one).backgroundColor + getComputedStyle(one).borderColor"
            ),
        )
    assert "publicly" in told["reply"][0] and "privately" in told["direct"][0] and "note" in told["note"][0]
    assert len({each[1] for each in told.values()}) == 3
    assert told["note"][2] != told["reply"][2], "a note looks like a reply"
    # Each keeps its own words, and a note stays within the desk.
    expect(area(ada, "reply")).to_have_value("for reply")
    ada.page.keyboard.press("Control+Enter")
    expect(ada.page.locator("#case-thread .bubble.note")).to_contain_text("for note")
    assert said(town, case, "note") == ["for note"]
    assert said(town, case, "reply") == []


def test_a_feed_is_answered_by_hand_and_the_answer_noted(ada, forum, town):
    """Copy, post it there, say that it is there."""
    ada.context.grant_permissions(["clipboard-read", "clipboard-write"])
    ada.context.route("https://forum.example/**", lambda route: route.fulfill(body="the forum"))
    ada.open_case(forum["wilma"])
    ada.write(BY_HAND)
    expect(send_button(ada)).to_contain_text("post by hand")
    send_button(ada).click()
    entry = ada.page.locator("#case-thread .bubble.ours")
    expect(entry).to_contain_text("Post it yourself.")
    with ada.context.expect_page() as there:
        entry.get_by_role("link", name="Copy and open the post").click()
    there.value.close()
    assert ada.page.evaluate("navigator.clipboard.readText()") == BY_HAND
    expect(entry.get_by_label("Link to your answer (if you have it)")).to_be_visible()
    entry.get_by_label("Link to your answer (if you have it)").fill("https://forum.example/wilma#2")
    entry.get_by_role("button", name="Mark as sent").click()
    expect(entry.locator(".foot")).to_contain_text("Sent")
    expect(entry.get_by_role("link")).to_have_attribute("href", "https://forum.example/wilma#2")
    assert town.get(f"/cases/{forum['wilma']}")["status"] == "pending"
    # Opening the forum is the person's own doing, and nothing else left the desk.
    assert set(ada.noticed.strangers) == {"https://forum.example/wilma"}
    ada.noticed.strangers.clear()


def test_an_answer_by_hand_can_be_taken_back_into_the_draft(ada, forum):
    ada.open_case(forum["xaver"])
    ada.write(GOOD)
    send_button(ada).click()
    ada.page.locator("#case-thread .bubble.ours").get_by_role("button", name="Take it back").click()
    expect(area(ada)).to_have_value(GOOD)
    ada.page.goto("/hand")
    expect(ada.page.locator("body")).not_to_contain_text(
        "Which town are you in, and since when is it like this?"
    )


@pytest.mark.parametrize(
    ("author", "choice", "then"), [("zora", "It is there", "Sent"), ("zeno", "It is not there", "Not sent")]
)
def test_of_an_unsure_reply_a_person_says_what_became_of_it(ada, forum, town, author, choice, then):
    """Never blindly twice: two choices, and no button that sends it again."""
    ada.open_case(forum[author])
    ada.write(
        f"{author.title()}, sorry for the silence on your line! What did the box show, {author.title()}, before it went dark?"
    )
    send_button(ada).click()
    entry = ada.page.locator("#case-thread .bubble.ours")
    expect(entry).to_contain_text("Post it yourself.")
    lose_the_answer(town, forum[author])
    ada.page.reload()
    expect(entry).to_contain_text("Perhaps sent.")
    expect(entry.get_by_role("button")).to_have_text(["It is there", "It is not there"])
    ada.page.goto("/hand")
    expect(ada.page.locator("main")).to_contain_text("Perhaps sent.")
    ada.open_case(forum[author])
    entry.get_by_role("button", name=choice, exact=True).click()
    expect(entry.locator(".foot")).to_contain_text(then)


def lose_the_answer(desk: RunningDesk, case_id: int) -> None:
    """As a network leaves a reply that hung up before it answered; how that comes to be is told in tests/desk."""
    with contextlib.closing(sqlite3.connect(desk.home / "amends.sqlite3", timeout=30)) as rows, rows:
        changed = rows.execute(
            "UPDATE store_outboxentry SET status = 'unsure' WHERE case_id = ? AND status = 'by_hand'",
            (case_id,),
        )
        assert changed.rowcount == 1


def test_a_draft_comes_back_in_another_tab(ada, people, ada_state, forum):
    ada.open_case(forum["yvonne"])
    press_to_write(ada.page, "n")
    ada.page.keyboard.type("She is in Leith")
    expect(ada.page.locator("#composer .saved")).to_have_text("Draft saved")
    other = people(ada_state)
    other.open_case(forum["yvonne"])
    expect(area(other, "note")).to_have_value(re.compile("Leith"))
