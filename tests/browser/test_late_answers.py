"""A slow desk: what answers late takes nothing from the person who has gone on meanwhile."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

import pytest
from playwright.sync_api import expect

from tests.browser.desks import PATIENCE, Person, press_to_write

pytestmark = pytest.mark.browser
expect.set_options(timeout=PATIENCE)

GOOD = "I am sorry that it takes so long. Which town are you in, and since when is the line dead?"


class Held:
    """Requests of a page to addresses that match `way`: they reach the desk when they are let go."""

    def __init__(self, person: Person, way: str) -> None:
        self.page, self.way, self.routes, self.is_open = person.page, way, [], False
        self.page.route(re.compile(way), self._take)

    def _take(self, route: Any) -> None:
        if self.is_open:
            route.continue_()
        else:
            self.routes.append(route)

    def wait(self) -> None:
        """Until there is one."""
        for _ in range(PATIENCE // 50):
            if self.routes:
                return
            self.page.wait_for_timeout(50)
        raise AssertionError(f"nothing was asked of {self.way}")

    def let_go(self) -> None:
        """All that came and all that will; what came is answered, and shown, when this returns."""
        self.is_open = True
        for route in self.routes:
            with self.page.expect_event("requestfinished", lambda seen, at=route: seen == at.request):
                route.continue_()
        self.page.evaluate("new Promise((shown) => requestAnimationFrame(() => shown()))")


@pytest.fixture
def two(town) -> Iterator[tuple[int, int]]:
    """Two complaints that nobody works on."""
    rows = town.get("/cases", view="unassigned", limit=100)["items"]
    free = [
        row["id"]
        for row in rows
        if row["kind"] == "complaint"
        and row["network"] == "example"
        and row["abuse"] == "none"
        and not row["is_deleted"]
        and not row["reply_status"]
    ]
    yield free[0], free[1]


def area(person: Person, mode: str = "reply") -> Any:
    return person.page.locator(f'#composer textarea[data-mode="{mode}"]')


def row(person: Person, case: int) -> Any:
    return person.page.locator(f'.row[data-case="{case}"]')


def test_rows_that_come_late_leave_the_focus_with_who_writes(ada, town, two):
    page = ada.page
    page.goto("/?view=all")
    page.locator(".row").first.click()
    expect(page.locator("#composer")).to_be_visible()
    queue = Held(ada, r"/queue\?")
    town.post(f"/cases/{two[0]}/note", {"text": "He rang."})
    queue.wait()
    press_to_write(page, "n")
    page.keyboard.type("Half a tho")
    queue.let_go()
    page.keyboard.type("ught, and the rest")
    expect(area(ada, "note")).to_have_value("Half a thought, and the rest")
    area(ada, "note").fill("")


def test_rows_that_come_late_leave_the_mark_where_the_keys_have_put_it(ada, town, two):
    page = ada.page
    page.goto("/?view=all")
    page.locator(".row").first.click()
    expect(page.locator("#composer")).to_be_visible()
    queue = Held(ada, r"/queue\?")
    town.post(f"/cases/{two[0]}/note", {"text": "He rang twice."})
    queue.wait()
    rows = page.locator(".row").evaluate_all("all => all.map((one) => one.dataset.case)")
    case = Held(ada, rf"/cases/{rows[1]}\b")
    page.keyboard.press("j")
    case.wait()
    queue.let_go()
    marked = page.locator('.row[aria-current="true"]')
    expect(marked).to_have_count(1)
    expect(marked).to_have_attribute("data-case", rows[1])
    expect(marked).to_be_focused()
    case.let_go()
    expect(page.locator("#case [data-case-id]")).to_have_attribute("data-case-id", rows[1])


def test_a_row_stays_under_the_pointer_until_it_is_let_go(ada, town, two):
    page, (first, second) = ada.page, two
    page.goto("/?view=unassigned")
    row(ada, second).wait_for()
    queue = Held(ada, r"/queue\?")
    town.post(f"/cases/{first}/note", {"text": "He rang once more."})
    queue.wait()
    row(ada, second).hover()
    page.mouse.down()
    queue.let_go()
    page.mouse.up()
    expect(page.locator("#case [data-case-id]")).to_have_attribute("data-case-id", str(second))


def test_a_case_that_answers_late_never_stands_over_the_composer_of_another(ada, town, two):
    page, (first, second) = ada.page, two
    ada.page.goto(f"/cases/{first}?view=unassigned")
    expect(page.locator("#composer")).to_be_visible()
    late = Held(ada, rf"/cases/{first}/live")
    town.post(f"/cases/{first}/note", {"text": "Meant for the first."})
    late.wait()
    row(ada, second).click()
    expect(page.locator("#case [data-case-id]")).to_have_attribute("data-case-id", str(second))
    late.let_go()
    expect(page.locator("#case-head")).to_have_attribute("data-of", str(second))
    expect(page.locator("#case-side")).to_have_attribute("data-of", str(second))
    expect(page.locator("#case-thread")).not_to_contain_text("Meant for the first.")


def test_what_changes_is_shown_however_slow_the_queue_and_the_notices_are(ada, town, two):
    page, case = ada.page, two[0]
    page.goto(f"/cases/{case}")
    expect(page.locator("#composer")).to_be_visible()
    slow = Held(ada, r"/queue\?|/notices/")
    town.post(f"/cases/{case}/note", {"text": "The first word."})
    expect(page.locator("#case-thread")).to_contain_text("The first word.")
    town.post(f"/cases/{case}/note", {"text": "The second word."})
    expect(page.locator("#case-thread")).to_contain_text("The second word.")
    slow.wait()
    with page.expect_response(lambda answer: "/queue?" in answer.url):
        slow.let_go()


def test_a_search_is_answered_though_the_queue_changes_meanwhile(ada, town, two):
    page = ada.page
    page.goto("/?view=all")
    page.locator(".row").first.wait_for()
    live = Held(ada, r"/queue\?view=all$")
    town.post(f"/cases/{two[0]}/note", {"text": "She rang."})
    live.wait()
    search = Held(ada, r"/queue\?.*q=")
    page.keyboard.press("/")
    page.keyboard.type("nothing-of-this-name")
    search.wait()
    live.let_go()
    search.let_go()
    expect(page.locator(".row")).to_have_count(0)


def test_what_happens_while_a_page_comes_is_not_missed(ada, town, two):
    """Between the moment at which it is made and that at which it listens."""
    case = two[0]
    stream = Held(ada, r"/events")
    ada.page.goto(f"/cases/{case}")
    stream.wait()
    town.post(f"/cases/{case}/note", {"text": "Told in between."})
    # Longer than the desk takes to tell it to all who listen.
    ada.page.wait_for_timeout(2500)
    stream.routes[0].continue_()
    expect(ada.page.locator("#case-thread")).to_contain_text("Told in between.")


def test_keys_that_are_faster_than_the_check_send_once_it_is_done(ada, town, two):
    """A5: the words that were stopped are no longer there, and the key is not lost."""
    page, case = ada.page, two[0]
    ada.open_case(case)
    ada.write("Write to me at dana@shop.example")
    expect(page.locator("#send")).to_have_attribute("aria-disabled", "true")
    check = Held(ada, rf"/cases/{case}/review")
    area(ada).fill(GOOD)
    page.keyboard.press("Control+Enter")
    check.wait()
    expect(page.locator("#undo")).to_have_count(0)
    check.let_go()
    page.locator("#undo").get_by_role("button", name="Undo").click()
    expect(area(ada)).to_have_value(GOOD)
    area(ada).fill("")


def test_words_written_while_a_note_is_on_its_way_stay(ada, two):
    page, case = ada.page, two[1]
    ada.open_case(case)
    area(ada).fill("")
    page.locator('#composer .mode[data-mode="note"]').click()
    page.keyboard.type("She moved")
    send = Held(ada, rf"/cases/{case}/send")
    page.keyboard.press("Control+Enter")
    send.wait()
    page.locator('#composer .mode[data-mode="reply"]').click()
    page.keyboard.type("I am sorry")
    send.let_go()
    expect(page.locator("#case-thread .note", has_text="She moved")).to_be_visible()
    expect(area(ada)).to_have_value("I am sorry")
    expect(area(ada, "note")).to_have_value("")
    area(ada).fill("")


def test_a_draft_that_is_kept_late_does_not_come_back_after_its_note(ada, people, ada_state, two):
    page, case = ada.page, two[1]
    ada.open_case(case)
    press_to_write(page, "n")
    draft = Held(ada, rf"/cases/{case}/draft")
    page.keyboard.type("She likes tea")
    draft.wait()
    page.keyboard.press("Control+Enter")
    expect(page.locator("#case-thread .note", has_text="She likes tea")).to_be_visible()
    with page.expect_response(
        lambda answer: answer.url.endswith("/draft") and "tea" not in (answer.request.post_data or "")
    ):
        draft.let_go()
    other = people(ada_state)
    other.open_case(case)
    expect(area(other, "note")).to_have_value("")
