"""What goes out and when, seen and pressed: the preview, an image, a later time, an edit (point 8)."""

from __future__ import annotations

import pytest
from playwright.sync_api import expect

from amends.connectors.contract import PIXEL
from tests.browser.desks import PATIENCE
from tests.browser.test_composer import area, case, send_button, taken

pytestmark = pytest.mark.browser
expect.set_options(timeout=PATIENCE)

__all__ = ["case", "taken"]

GOOD = "That is far too long, and I am sorry. Which town are you in, and since when is it like this?"
LONG = "\n\n".join(
    (
        "I am sorry that nobody came, and that you waited at home for nothing. I have read what you wrote to us.",
        "Which town is it for, and was it the morning or the evening visit? Two teams plan them, and I would like to ask"
        " the right one first. If you still have the letter with the time of the visit, its number would help me, too:"
        " it stands in the upper right corner, under the date, and it begins with two letters.",
        "I stay on it until somebody has been there, and I read what you write here. My name is Ada, and I am with the"
        " team that plans the visits in your part of the country.",
    )
)


def test_a_long_reply_shows_its_posts_by_itself_and_the_caret_stays(ada, case):
    ada.open_case(case)
    area(ada).fill(LONG)
    posts = ada.page.locator("#preview .as-post")
    expect(posts).to_have_count(2)
    expect(posts.last).to_contain_text("2/2")
    expect(area(ada)).to_be_focused()
    ada.page.get_by_label("Without numbers").check()
    expect(posts.last).not_to_contain_text("2/2")
    area(ada).fill(GOOD)
    expect(ada.page.locator("#preview")).to_be_hidden()
    ada.page.get_by_role("button", name="As posted").click()
    expect(posts).to_have_count(1)
    area(ada).fill(f"{GOOD} Thank you.")
    expect(posts).to_contain_text("Thank you.")


def test_a_line_in_public_and_a_message_are_seen_beside_each_other(ada, case):
    ada.open_case(case)
    ada.page.locator('#composer .mode[data-mode="direct"]').click()
    area(ada, "direct").fill(GOOD)
    ada.page.get_by_label("Both: a line in public beside it").check()
    line = ada.page.get_by_label("The line in public")
    line.fill("I am sorry. I have written to you at dana@shop.example.")
    expect(ada.page.locator("#review .says.block")).to_contain_text("mail address")
    expect(send_button(ada)).to_have_attribute("aria-disabled", "true")
    line.fill("I am sorry. I have just sent you a message.")
    expect(send_button(ada)).to_have_attribute("aria-disabled", "false")
    ada.page.get_by_role("button", name="As posted").click()
    expect(ada.page.locator("#preview .as-meta").first).to_contain_text("Public")
    expect(ada.page.locator("#preview .as-meta").last).to_contain_text("Direct message")


def test_an_image_is_described_and_leaves_tomorrow_or_now(ada, case):
    ada.open_case(case)
    area(ada).fill(GOOD)
    file = {"name": "box.png", "mimeType": "image/png", "buffer": PIXEL}
    ada.page.locator("#image-file").set_input_files(file)
    alt = ada.page.get_by_label("What it shows")
    expect(alt).to_be_focused()
    expect(ada.page.locator("#review")).to_contain_text("no description")
    alt.fill("The box and its switch")
    expect(ada.page.locator("#review")).not_to_contain_text("no description")
    ada.page.locator("#composer").get_by_label("When it leaves").select_option("tomorrow")
    send_button(ada).click()
    reply = ada.page.locator("#case-thread .bubble.ours")
    expect(reply).to_contain_text("tomorrow at 09:00")
    expect(reply.locator("img")).to_have_attribute("alt", "The box and its switch")
    expect(ada.page.locator("#images .an-image")).to_have_count(0)
    reply.get_by_role("button", name="Send now").click()
    expect(reply).to_contain_text("Sent")
    reply.get_by_text("Edit", exact=True).click()
    words = reply.get_by_label("What it says from now on")
    words.fill(GOOD.replace("town", "city"))
    reply.get_by_role("button", name="Edit it there").click()
    expect(reply.locator(".chip", has_text="edited")).to_have_count(1)
    expect(reply.locator(".post").first).to_contain_text("Which city")
