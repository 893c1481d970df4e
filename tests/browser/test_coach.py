"""The coach beside the composer: a row of marks, one line of advice, nothing that disturbs whoever writes (A1)."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from playwright.sync_api import expect

from tests.browser.desks import PATIENCE, Person

pytestmark = pytest.mark.browser
expect.set_options(timeout=PATIENCE)

HEARD = "I understand how annoying three lost mornings are."
ASKED = f"{HEARD} Which town are you in?"

#: Notes when a key was pressed, when the review was there, and every change of what a screen reader is told.
WATCH = """() => {
  const text = document.querySelector("#composer textarea:not([hidden])"), told = document.querySelector("#review-said");
  window.seen = { typed: 0, shown: 0, told: [] };
  text.addEventListener("input", () => { seen.typed = performance.now(); });
  new MutationObserver(() => { seen.shown = performance.now(); }).observe(document.querySelector("#review"), { childList: true });
  new MutationObserver(() => { if (told.textContent) seen.told.push(told.textContent); }).observe(told, { childList: true, characterData: true });
}"""


@pytest.fixture
def writing(people, town, ada_state) -> Iterator[Person]:
    """Ada in an English complaint that nobody has answered, with an empty draft."""
    rows = town.get("/cases", view="unassigned", limit=100)["items"]
    case = next(
        row["id"]
        for row in rows
        if row["kind"] == "complaint"
        and row["network"] == "example"
        and row["abuse"] == "none"
        and not row["reply_status"]
        and town.get(f"/cases/{row['id']}")["language"] == "en"
    )
    ada = people(ada_state)
    ada.page.goto(f"/cases/{case}")
    ada.page.locator("#review .coach").wait_for(state="attached")
    area(ada).fill("")
    ada.page.locator("#review .play .btn").wait_for()
    yield ada
    # The town is everybody's: the next test finds no draft of this one.
    area(ada).fill("")
    ada.page.wait_for_timeout(800)
    expect(area(ada)).to_have_attribute("data-saved", "")


def area(person: Person) -> Any:
    return person.page.locator('#composer textarea[data-mode="reply"]')


def test_a_mark_says_why_and_shows_its_words(writing):
    page = writing.page
    area(writing).fill(f"Hello! {HEARD}")
    advice, done = page.locator("#review .advice > span"), page.locator("#review .done > .mark")
    expect(done).to_have_count(1)
    own = advice.inner_text()
    done.hover()
    expect(advice).to_contain_text("I understand")
    page.mouse.move(5, 5)
    expect(advice).to_have_text(own)
    done.click()
    selected = (
        "() => { const t = document.activeElement; return t.value.slice(t.selectionStart, t.selectionEnd); }"
    )
    assert page.evaluate(selected).startswith("I understand")


def test_the_row_of_marks_is_one_stop_of_the_tab_key(writing):
    page = writing.page
    area(writing).fill(HEARD)
    page.locator("#review .next > .mark").wait_for()
    marks = page.locator("#review .mark")
    assert marks.evaluate_all("(all) => all.map((one) => one.tabIndex)") == [0] + [-1] * (marks.count() - 1)
    marks.first.focus()
    page.keyboard.press("ArrowRight")
    expect(marks.nth(1)).to_be_focused()
    expect(page.locator("#review .advice > span")).to_have_text(marks.nth(1).get_attribute("data-why"))


def test_advice_is_told_once_and_the_caret_stays_where_it_is(writing):
    page = writing.page
    area(writing).click()
    page.evaluate(WATCH)
    for words in ASKED.split(" "):
        page.keyboard.type(f"{words} ", delay=15)
    page.locator("#review .advice.done").wait_for()
    page.keyboard.press("Home")
    page.keyboard.type("Hello. ", delay=15)
    page.wait_for_timeout(600)
    assert page.evaluate("document.activeElement.selectionStart") == len("Hello. ")
    told = page.evaluate("seen.told")
    assert sum("good first answer" in each for each in told) == 1


def test_one_pause_is_one_review_and_a_key_is_none(writing):
    """How long the answer took is printed (docs/reference/coach.md): no test of ours depends on a clock."""
    page = writing.page
    area(writing).click()
    page.evaluate(WATCH)
    asked = []
    page.on("request", lambda each: asked.append(each.url) if each.url.endswith("/review") else None)
    waited = []
    for words in ("I understand how annoying ", "three lost mornings are. ", "Which town are you in? "):
        page.keyboard.type(words, delay=20)
        page.wait_for_function("() => seen.shown > seen.typed")
        waited.append(round(page.evaluate("seen.shown - seen.typed")))
    assert len(asked) == 3
    print("ms from the last key to the answer, 250 of them the pause:", waited)
