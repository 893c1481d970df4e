"""One mention through all six steps, by a person at a browser. Read it as the walk through the desk."""

from __future__ import annotations

import hashlib
import json
import os
import re
from collections.abc import Iterator

import pytest
from playwright.sync_api import expect

from tests.browser.conftest import invite
from tests.browser.desks import PATIENCE, Person, find_case, from_now, postgres_database, press_to_write
from tests.journey.running import RunningDesk, eventually

pytestmark = pytest.mark.browser
expect.set_options(timeout=PATIENCE)

POSTGRES = os.environ.get("AMENDS_TEST_POSTGRES", "")
DATABASES = ["sqlite"]
if POSTGRES:
    DATABASES.append(pytest.param("postgres", marks=pytest.mark.postgres))


@pytest.fixture(params=DATABASES)
def new_desk(request, tmp_path) -> Iterator[RunningDesk]:
    settings = {"AMENDS_EXAMPLE_SPEED": "20", "AMENDS_UNDO_SECONDS": "6"}
    if request.param == "sqlite":
        with RunningDesk(tmp_path / "home", **settings) as desk:
            yield desk
    else:
        with (
            postgres_database(POSTGRES) as address,
            RunningDesk(tmp_path / "home", AMENDS_DATABASE_URL=address, **settings) as desk,
        ):
            yield desk


@pytest.fixture
def ada(new_desk, chromium) -> Iterator[Person]:
    """She starts the desk."""
    person = Person(chromium, new_desk.base)
    yield person
    person.close()


@pytest.fixture
def bea(new_desk, chromium) -> Iterator[Person]:
    person = Person(chromium, new_desk.base)
    yield person
    person.close()


def test_a_furious_customer_is_heard_answered_and_satisfied(new_desk, ada, bea):
    page = ada.page

    # 1. Listen: the desk is opened with a link, and hears of her by itself (L1, L4).
    ada.sign_in(new_desk.sign_in_link())
    page.wait_for_url("**/start")
    page.get_by_role("button", name="Start the example").click()
    page.wait_for_url(lambda url: url.rstrip("/") == new_desk.base)
    page.evaluate("document.body.dataset.same = 'page'")
    expect(page.locator(".rows .row").nth(4)).to_be_visible()
    eventually(lambda: find_case(new_desk, "maeve_knits"))
    expect(page.locator("body")).to_have_attribute("data-same", "page")
    page.keyboard.press("Control+k")
    page.keyboard.type("valued Mauve")
    expect(page.locator("#palette li.found")).to_have_count(1)
    expect(page.locator("#palette li.found")).to_have_attribute("aria-selected", "true")
    page.keyboard.press("Enter")
    expect(page.locator("#case-title")).to_contain_text("HAD it with Telvoria")
    case = page.url
    number = int(case.rsplit("/", 1)[1])
    expect(section(page, "match-h")).to_contain_text("Telvoria")

    # 2. Triage: what it is, and why; one key corrects it, and back (W1, W5).
    judged = section(page, "triage-h")
    expect(judged.locator(".triage-grid")).to_contain_text("Complaint")
    assert judged.locator(".reasons li").count() >= 1
    for key, name in (("q", "Question"), ("c", "Complaint")):
        page.keyboard.press("t")
        page.keyboard.press(key)
        expect(judged.locator(".triage-grid")).to_contain_text(name)

    # 3. Document: the exact bytes, and a proof that anybody can check (D1, D3).
    section(page, "evidence-h").get_by_role("link").first.click()
    expect(page.locator(".good")).to_contain_text("It holds.")
    with page.expect_download() as download:
        page.get_by_role("link", name="Save the exact bytes").click()
    raw = download.value.path().read_bytes()
    expect(page.locator(".digest").first).to_have_text(hashlib.sha256(raw).hexdigest())
    assert "shower of chancers" in raw.decode()
    page.go_back()

    # 4. Reply: what is private is stopped with its reason; the good answer goes out, once (A1, A5).
    expect(page.locator("#composer")).to_be_visible()
    press_to_write(page, "r")
    page.keyboard.type("Mail me at maeve.byrne@mail.example and I will look.")
    expect(page.locator("#review .says.block")).to_contain_text("A mail address would be public")
    expect(page.locator("#send")).to_have_attribute("aria-disabled", "true")
    page.keyboard.press("Control+Enter")
    expect(page.locator("#undo")).to_have_count(0)
    page.keyboard.press("Control+a")
    page.keyboard.type(
        "Maeve, three mornings lost and nobody came: I am sorry, that is not okay. Which town are you in, and when "
        "were the slots? I will write to you with news in 2 hours."
    )
    expect(page.locator("#review .says.block")).to_have_count(0)
    for step in ("Acknowledge", "Ask", "Apologise"):
        expect(page.locator("#review .coach li.done", has_text=step)).to_be_visible()
    expect(page.locator("#review .promise")).to_contain_text("write to you with news")
    expect(page.locator(".saved")).to_have_text("Draft saved")
    page.reload()
    expect(reply_box(page)).to_have_value(re.compile("Which town are you in"))
    expect(page.locator("#send")).to_have_attribute("aria-disabled", "false")

    press_to_write(page, "r")
    page.keyboard.press("Control+Enter")
    page.locator("#undo").get_by_role("button", name="Undo").click()
    expect(page.locator("#toasts")).to_contain_text("Nothing was posted")
    expect(reply_box(page)).to_have_value(re.compile("Which town are you in"))
    expect(page.locator("#send")).to_have_attribute("aria-disabled", "false")
    page.keyboard.press("Control+Enter")
    sent = page.locator(".bubble.ours", has_text="Which town are you in")
    eventually(lambda: is_out(new_desk, number, "Which town are you in"), 60)
    expect(sent.locator(".foot")).to_contain_text("Sent")
    expect(sent.get_by_role("link")).to_have_attribute(
        "href", re.compile("^https://example.invalid/@telvoria/")
    )
    expect(sent).to_have_count(1)
    # She answers, and the page learns it by itself.
    hears(ada, new_desk, "OK, an actual human, that's new.")

    # 5. Follow up: the promise is kept in mind, and loud when it breaks (M1).
    promises = section(page, "promises-h")
    # Taking a reply back takes back what it promised.
    first, promise = new_desk.get(f"/cases/{number}")["promises"]
    assert first["withdrawn_at"] and not promise["withdrawn_at"]
    expect(promises).to_contain_text("write to you with news")
    new_desk.post(f"/promises/{promise['id']}/move", {"due_at": from_now(seconds=3)})
    expect(promises.locator("time.late")).to_be_visible()
    expect(page.locator("#case-thread")).to_contain_text("broken")
    page.goto("/plan")
    expect(page.locator(".problem.loud")).to_contain_text("1 promise is broken")
    before = figures(page)
    page.goto("/hand")
    expect(page.locator("section.card", has_text="News for you")).to_contain_text("A promise is broken")
    broken = page.locator("section.card", has_text="Broken promises")
    expect(broken).to_contain_text("write to you with news")
    broken.get_by_role("button", name="Kept").click()
    expect(page.locator("section.card", has_text="Broken promises")).to_contain_text("None.")

    page.goto(case)
    answer(
        ada,
        new_desk,
        "Maeve, thank you. An engineer rings you first and comes this afternoon. Does that suit you?",
    )
    hears(ada, new_desk, "Fair play.")
    # She is asked, says yes, and only then it ends (M3).
    page.locator("#act-more > summary").click()
    expect(page.locator("#act-more")).to_contain_text("Ask the customer")
    page.keyboard.press("Escape")
    page.get_by_role("button", name="Ask whether they are satisfied").click()
    expect(page.locator("#purpose")).to_contain_text("whether they are satisfied")
    expect(reply_box(page)).to_have_value(re.compile("anything else"))
    expect(reply_box(page)).to_be_focused()
    expect(page.locator("#review .coach li.done").first).to_be_visible()
    page.keyboard.press("Control+Enter")
    hears(ada, new_desk, "Yes, all sorted")
    page.get_by_role("button", name="They say yes").click()
    page.get_by_role("button", name="Close: the customer is satisfied").click()
    expect(page.locator("#composer-wrap .good")).to_contain_text("Closed")

    # 6. Watch: the plan has moved (K10), and what she tells her friends is found, too (L5, K3).
    page.goto("/plan")
    after = figures(page)
    assert after["with a satisfied customer"] == before["with a satisfied customer"] + 1
    assert after["case closed today"] == before.get("case closed today", before.get("cases closed today")) + 1
    assert before["broken promise"] == 1 and after["broken promises"] == 0
    eventually(lambda: new_desk.get("/cases", view="all", search="Credit where")["items"])
    page.goto("/?q=Credit+where")
    expect(page.locator(".rows .row")).to_contain_text("Maeve")

    # A colleague takes over another case and is told why (M2, K9).
    bea.sign_in(invite(ada, "Bea Lowe", "bea@telvoria.example"))
    other = find_case(new_desk, "nadia_in_leith")
    ada.open_case(other["id"])
    page.keyboard.press("a")
    page.get_by_label("A word on why (a note)").fill("You know her contract")
    page.get_by_role("button", name="Bea Lowe").click()
    # The menu names her, too, before anything was done.
    expect(page.locator("#case-head .facts", has_text="Bea Lowe")).to_be_visible()
    bea.page.goto("/hand")
    news = bea.page.locator("section.card", has_text="News for you")
    news.get_by_role("link", name=re.compile("handed you")).first.click()
    expect(bea.page.locator("#case-head")).to_contain_text("Yours")
    expect(bea.page.locator("#case-thread .note")).to_contain_text("You know her contract")
    # She edited it meanwhile: both versions are there (D2).
    bea.page.get_by_text("Show 2 versions").click()
    expect(bea.page.locator(".versions")).to_contain_text("£10 voucher if I take this post down")

    ada.noticed.assert_nothing()
    bea.noticed.assert_nothing()


def section(page, heading: str):
    return page.locator(f'#case-side section[aria-labelledby="{heading}"]')


def reply_box(page):
    return page.locator('#composer textarea[data-mode="reply"]')


def is_out(desk: RunningDesk, case_id: int, words: str) -> bool:
    replies = [each["reply"] for each in desk.get(f"/cases/{case_id}")["timeline"] if each["what"] == "reply"]
    return any(words in each["text"] and each["status"] == "sent" for each in replies)


def answer(person: Person, desk: RunningDesk, text: str) -> None:
    """Write, send by key, and wait until it is out and the page has learned it by itself."""
    case_id = int(person.page.url.rsplit("/", 1)[1])
    person.write(text)
    expect(person.page.locator("#send")).to_have_attribute("aria-disabled", "false")
    person.page.keyboard.press("Control+Enter")
    sent = person.page.locator(".bubble.ours", has_text=text)
    eventually(lambda: is_out(desk, case_id, text), 60)
    expect(sent.locator(".foot")).to_contain_text("Sent")


def hears(person: Person, desk: RunningDesk, words: str) -> None:
    """Wait until the customer has said it and the page has learned it by itself."""
    case_id = int(person.page.url.rsplit("/", 1)[1])
    eventually(lambda: words in json.dumps(desk.get(f"/cases/{case_id}")["timeline"]), 90)
    expect(person.page.locator("#case-thread")).to_contain_text(words)


def figures(page) -> dict[str, int]:
    """The plan's numbers by what stands under them."""
    pairs = page.locator(".plan-figures > *").evaluate_all(
        "all => all.map((one) => [one.querySelector('span').textContent.trim(), one.querySelector('strong').textContent])"
    )
    return {says: int(n) for says, n in pairs}
