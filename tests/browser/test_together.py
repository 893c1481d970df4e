"""Two on one case: they see each other, one reads what the other wrote, and a heated draft rests (issue 4; A6)."""

from __future__ import annotations

from typing import Any

import pytest
from playwright.sync_api import expect

from tests.browser.desks import PATIENCE, Person
from tests.journey.running import RunningDesk

pytestmark = pytest.mark.browser
expect.set_options(timeout=PATIENCE)

HOT = "This is ridiculous. Which town are you in, and since when?"
PRIVATE = "I am sorry. Ring me at 0722 123 456 and I will sort it out with you in 2 hours."


@pytest.fixture
def ada(people, ada_state) -> Person:
    return people(ada_state)


@pytest.fixture
def bea(people, bea_state) -> Person:
    return people(bea_state)


@pytest.fixture
def case(town: RunningDesk) -> int:
    """A complaint in English that nobody has answered, the last of the queue."""
    rows = town.get("/cases", view="unassigned", limit=100)["items"]
    for row in reversed(rows):
        shown = town.get(f"/cases/{row['id']}")
        if row["kind"] == "complaint" and shown["language"] == "en" and row["severity"] in ("low", "medium"):
            town.post(f"/cases/{row['id']}/take")
            return int(row["id"])
    raise AssertionError("no complaint in English is left")


def area(person: Person) -> Any:
    return person.page.locator('textarea[data-mode="reply"]')


def press_send(person: Person) -> None:
    expect(person.page.locator("#send")).to_have_attribute("aria-disabled", "false")
    person.page.locator("#send").click()


def test_who_is_here_is_seen_and_what_she_begins_is_warned_of(ada, bea, case):
    ada.open_case(case)
    bea.open_case(case)
    beside = ada.page.locator("#case-presence")
    expect(beside).to_contain_text("Bea Lowe is looking at it")
    bea.write("I am so sorry that")
    expect(beside).to_contain_text("Bea Lowe is writing here")
    expect(beside).to_contain_text("Bea Lowe has a draft for the same customer")
    bea.page.goto("/plan")
    expect(beside).not_to_contain_text("Bea Lowe is")


def test_a_heated_draft_rests_and_calmer_words_go_at_once(bea, case):
    bea.open_case(case)
    bea.write(HOT)
    press_send(bea)
    rests = bea.page.locator("#case-cooling")
    expect(rests).to_contain_text("Your draft rests")
    expect(area(bea)).to_have_value(HOT)
    rests.get_by_role("button", name="Put these words").click()
    expect(area(bea)).to_have_value("This is hard for us to follow. Which town are you in, and since when?")
    press_send(bea)
    expect(bea.page.locator("#undo")).to_be_visible()
    expect(rests).to_be_empty()
    expect(area(bea)).to_have_value("")


def test_what_a_guard_stops_is_put_before_a_colleague_who_gives_it_back(ada, bea, case):
    bea.open_case(case)
    bea.write(PRIVATE)
    bea.page.get_by_text("Ask a colleague to let it through").click()
    bea.page.locator("#plea").fill("It is the number of our shop")
    bea.page.locator("[data-ask]").last.click()
    expect(bea.page.locator("#case-approval")).to_contain_text("Waits for a second person")
    expect(area(bea)).to_have_value("")
    ada.page.goto("/approvals")
    waiting = ada.page.locator("li", has_text="It is the number of our shop").first
    waiting.get_by_text("Give it back with a reason").click()
    waiting.get_by_label("What should be different").fill("Say that it is the shop")
    waiting.get_by_role("button", name="Give it back").click()
    back = bea.page.locator("#case-approval")
    expect(back).to_contain_text("Say that it is the shop")
    back.get_by_role("button", name="Put it into the composer").click()
    expect(area(bea)).to_have_value(PRIVATE)
