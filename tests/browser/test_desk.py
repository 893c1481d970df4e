"""The desk as a person meets it: a real server, worker and browser, and the example town.

Chromium is Debian's. Our Content-Security-Policy forbids eval, so waiting is done with locators only.
"""

from __future__ import annotations

import os
import re
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import unquote_plus

import pytest
from playwright.sync_api import expect

from tests.browser.desks import press_to_write

pytestmark = pytest.mark.browser

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture(scope="module")
def address(tmp_path_factory) -> Iterator[str]:
    """A running desk of its own; gives a sign-in link that was not used yet."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    home = tmp_path_factory.mktemp("home")
    said = home / "said.txt"
    with said.open("w") as out:
        server = subprocess.Popen(
            [sys.executable, "-m", "amends.cli", "up", "--port", str(port), "--no-browser"],
            env={
                **os.environ,
                "PYTHONPATH": str(ROOT / "src"),
                "AMENDS_HOME": str(home),
                "AMENDS_EXAMPLE_SPEED": "40",
                "AMENDS_UNDO_SECONDS": "8",
                "PYTHONUNBUFFERED": "1",
                "NO_COLOR": "1",
            },
            stdout=out,
            stderr=subprocess.STDOUT,
        )
    for _ in range(300):
        found = re.search(rf"http://127\.0\.0\.1:{port}/sign-in/\S+", said.read_text())
        if found and answers(port):
            break
        time.sleep(0.2)
    else:
        server.kill()
        pytest.fail(said.read_text())
    yield found.group()
    server.send_signal(signal.SIGTERM)
    # A live stream is open: it must end by itself, or the server would wait for it.
    server.wait(timeout=20)


def answers(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0


@pytest.fixture(scope="module")
def state(address, chromium, tmp_path_factory) -> dict[str, Any]:
    """Signed in once, with the example running."""
    context = chromium.new_context()
    page = context.new_page()
    page.goto(address)
    page.get_by_role("button", name="Sign in").click()
    page.get_by_role("button", name="Start the example").click()
    # The first case comes by the live stream: the page is not loaded again.
    page.locator(".row").first.wait_for(timeout=30_000)
    kept = context.storage_state()
    context.close()
    return {"base": address.split("/sign-in")[0], "session": kept}


@pytest.fixture
def page(chromium, state, request) -> Iterator[Any]:
    options = getattr(request, "param", {})
    context = chromium.new_context(
        storage_state=state["session"],
        base_url=state["base"],
        viewport={"width": 1440, "height": 880},
        **options,
    )
    opened = context.new_page()
    opened.set_default_timeout(15_000)
    problems: list[str] = []
    opened.on("pageerror", lambda error: problems.append(str(error)))
    opened.on("console", lambda line: problems.append(line.text) if "Content Security" in line.text else None)
    opened.goto("/")
    yield opened
    assert problems == []
    context.close()


def test_a_case_is_answered_by_keys_alone_and_taken_back(page):
    """A1: j, r, type, Ctrl+Enter, undo."""
    page.locator(".row").first.wait_for()
    page.keyboard.press("j")
    page.locator("#composer").wait_for()
    press_to_write(page, "r")
    page.keyboard.type("I am so sorry about this. Which town are you in? I will write to you in 2 hours.")
    page.locator("#review .coach li.done").first.wait_for()
    page.get_by_text("Draft saved").wait_for()
    page.locator('#send[aria-disabled="false"]').wait_for()
    page.keyboard.press("Control+Enter")
    page.locator("#undo").wait_for()
    expect(page.locator('textarea[data-mode="reply"]')).to_have_value("")
    page.locator("#undo button").click()
    page.get_by_text("Nothing was posted").wait_for()
    expect(page.locator('textarea[data-mode="reply"]')).to_have_value(re.compile("I am so sorry"))


def test_a_reply_that_is_not_taken_back_goes_out_by_itself(page):
    page.keyboard.press("j")
    page.locator("#composer").wait_for()
    first = page.locator("#case [data-case-id]").get_attribute("data-case-id")
    page.keyboard.press("j")
    # The mark moves at once, and the case comes later.
    page.locator(f'#case [data-case-id]:not([data-case-id="{first}"])').wait_for()
    press_to_write(page, "r")
    page.keyboard.type("I am so sorry about this. Which town are you in?")
    page.locator('#send[aria-disabled="false"]').wait_for()
    page.keyboard.press("Control+Enter")
    page.locator("#undo").wait_for()
    page.locator(".bubble.ours .foot", has_text="Sent").first.wait_for(timeout=20_000)


def test_what_happens_elsewhere_never_touches_what_is_being_written(page, chromium, state):
    page.keyboard.press("j")
    page.locator("#composer").wait_for()
    way = page.url
    press_to_write(page, "n")
    page.keyboard.type("Half a thou")
    context = chromium.new_context(storage_state=state["session"], base_url=state["base"])
    other = context.new_page()
    other.goto(way)
    other.locator("#act-triage > summary").click()
    other.locator('#act-triage button[data-key="q"]').click()
    other.locator(".triage-grid", has_text="Question").wait_for()
    page.locator(".triage-grid", has_text="Question").wait_for()
    page.keyboard.type("ght")
    expect(page.locator('textarea[data-mode="note"]')).to_have_value("Half a thought")
    context.close()


def test_a_draft_survives_a_closed_tab(page, chromium, state):
    page.keyboard.press("j")
    page.locator("#composer").wait_for()
    press_to_write(page, "n")
    page.keyboard.press("Control+a")
    page.keyboard.type("Remember the router of May")
    way = page.url
    page.goto("about:blank")
    for _ in range(5):
        # The last letters leave as the tab closes: they may arrive a moment after this page.
        page.goto(way)
        note = page.locator('textarea[data-mode="note"]')
        note.wait_for(state="attached")
        if note.input_value() == "Remember the router of May":
            break
        page.wait_for_timeout(200)
    assert note.input_value() == "Remember the router of May"


def test_keys_do_nothing_while_one_types(page):
    page.locator("#search").click()
    page.keyboard.type("jkenaz?")
    assert page.locator("#search").input_value() == "jkenaz?"
    assert not page.locator("dialog[open]").count()


def test_the_palette_finds_commands_with_their_keys_and_cases(page):
    page.keyboard.press("Control+k")
    page.keyboard.type("action plan")
    assert page.locator('#palette li[aria-selected="true"] kbd').text_content() == "g p"
    page.keyboard.press("Enter")
    page.wait_for_url("**/plan")


def test_a_mail_address_is_stopped_and_mended_with_one_press(page):
    """A5"""
    page.keyboard.press("j")
    page.locator("#composer").wait_for()
    press_to_write(page, "r")
    page.keyboard.press("Control+a")
    page.keyboard.type("I am sorry 😀. Write to me at dana@shop.example please, and tell me the town?")
    page.locator("#review .says.block").first.wait_for()
    assert page.locator("#send").get_attribute("aria-disabled") == "true"
    page.locator("#review [data-repair]").first.click()
    page.locator('#send[aria-disabled="false"]').wait_for()
    text = page.locator('textarea[data-mode="reply"]').input_value()
    assert "dana@shop.example" not in text
    assert text.startswith("I am sorry 😀.") and text.endswith("and tell me the town?")


@pytest.mark.parametrize(
    "way", ["/", "/cases/1", "/plan", "/hand", "/sources", "/people", "/settings", "/start"]
)
def test_nothing_scrolls_sideways_on_a_phone(way, page):
    page.set_viewport_size({"width": 390, "height": 844})
    page.goto(way)
    page.locator("h1:visible").first.wait_for()
    assert page.evaluate("document.documentElement.scrollWidth") <= 390


def test_a_search_stays_in_the_address_and_in_the_way_back(page):
    page.locator(".row").first.wait_for()
    page.keyboard.press("/")
    page.keyboard.type("telvoria")
    page.wait_for_url("**/?view=all&q=telvoria")
    page.locator(".row").first.click()
    page.locator("#composer").wait_for()
    assert page.url.endswith("?view=all&q=telvoria")
    assert page.locator("#case a.back").get_attribute("href") == "/?view=all&q=telvoria"


def test_a_reply_is_taken_back_by_key(page):
    page.locator(".row").nth(4).click()
    page.locator("#composer").wait_for()
    press_to_write(page, "r")
    page.keyboard.type("I am so sorry about this. Which town are you in?")
    page.locator('#send[aria-disabled="false"]').wait_for()
    page.keyboard.press("Control+Enter")
    page.locator("#undo").wait_for()
    page.keyboard.press("Control+z")
    page.get_by_text("Nothing was posted").wait_for()


def test_a_case_is_handed_over_from_its_menu(page):
    page.locator(".row").nth(6).click()
    page.locator("#composer").wait_for()
    page.keyboard.press("a")
    page.locator("#act-assign .menu-in").wait_for()
    page.keyboard.press("Enter")
    page.get_by_text("It is yours.").wait_for()
    page.locator(".case-head", has_text="Yours").wait_for()


def test_who_is_signed_out_while_writing_loses_nothing(page, state):
    page.locator(".row").nth(8).click()
    page.locator("#composer").wait_for()
    press_to_write(page, "n")
    page.keyboard.type("Three lines of hard thought")
    page.get_by_text("Draft saved").wait_for()
    expect(page.locator('textarea[data-mode="note"]')).to_have_value("Three lines of hard thought")
    expect(page.locator('textarea[data-mode="note"]')).to_be_focused()
    kept = page.context.cookies()
    page.context.clear_cookies(name="amends")
    page.keyboard.press("Control+Enter")
    page.get_by_text("You are signed out.").wait_for()
    assert page.locator('textarea[data-mode="note"]').input_value() == "Three lines of hard thought"
    page.context.add_cookies(kept)
    page.keyboard.press("Control+Enter")
    page.locator(".bubble.note", has_text="Three lines of hard thought").wait_for()


def test_a_second_reply_while_one_is_on_its_way_is_refused_and_kept(page):
    page.locator(".row").nth(10).click()
    page.locator("#composer").wait_for()
    for words in (
        "I am so sorry about this. Which town are you in?",
        "I am sorry once more. Is it the flat?",
    ):
        press_to_write(page, "r")
        page.keyboard.type(words)
        page.locator('#send[aria-disabled="false"]').wait_for()
        page.keyboard.press("Control+Enter")
        page.locator("#undo").wait_for()
    page.locator(".toast.error", has_text="already on its way").wait_for()
    assert page.locator('textarea[data-mode="reply"]').input_value().startswith("I am sorry once more")


def test_a_kept_question_for_satisfaction_is_still_one_after_a_reload(page):
    """M3"""
    ask = page.get_by_role("button", name="Ask whether they are satisfied")
    page.goto("/?view=mine")
    page.locator(".row").first.wait_for()
    for way in [each.get_attribute("href") for each in page.locator(".row a[href^='/cases/'], a.row").all()]:
        page.goto(way)
        page.locator("#case-head").wait_for()
        if ask.count():
            break
    page.locator('textarea[data-mode="reply"]').fill("")
    kept = page.locator(
        "#composer [data-fill][data-purpose='ask_satisfied'], [data-purpose='ask_satisfied']"
    ).first
    words = kept.get_attribute("data-fill")

    def holds_the_question(response: Any) -> bool:
        return response.url.endswith("/draft") and words[-12:-1] in unquote_plus(
            response.request.post_data or ""
        )

    with page.expect_response(holds_the_question, timeout=15_000) as saved:
        ask.click()
        page.get_by_text("This asks whether they are satisfied.").wait_for()
    assert saved.value.ok
    page.reload()
    page.get_by_text("This asks whether they are satisfied.").wait_for()
    assert page.locator('#composer [name="purpose"]').input_value() == "ask_satisfied"
