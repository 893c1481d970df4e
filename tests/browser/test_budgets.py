"""What every page keeps to: usable by everybody, small, silent, in one's own language, and nothing leaves the machine.

The list of pages is that of the addresses: a new page without a row here fails.
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import httpx
import polib
import pytest
from playwright.sync_api import expect

import amends
from amends.web.urls import urlpatterns
from tests.browser.desks import PATIENCE, find_case, from_now
from tests.journey.running import RunningDesk, eventually

pytestmark = pytest.mark.browser
expect.set_options(timeout=PATIENCE)

#: Where each page is, of the desk that `places` prepares.
PAGES = {
    "inbox": "/",
    "case": "/cases/{case}",
    "plan": "/plan",
    "hand": "/hand",
    "approvals": "/approvals",
    "sources": "/sources",
    "labels": "/labels",
    "quality": "/quality",
    "plays": "/plays",
    "play_edit": "/plays/edit/billing",
    "house_rules": "/house-rules",
    "ways_out": "/ways-out",
    "guards": "/guards",
    "wellbeing": "/wellbeing",
    "our_posts": "/our-posts",
    "people": "/people",
    "settings": "/settings",
    "start": "/start",
    "evidence": "/evidence/{evidence}",
}
#: The same pages in other states.
STATES = {
    "all cases": "/?view=all",
    "nothing found": "/?view=all&q=zzzzz",
    "a closed case": "/cases/{closed}",
    "a veiled case": "/cases/{veiled}",
    "a case to post by hand": "/cases/{by_hand}",
    "no such page": "/cases/999999",
    "api": "/api/v1/docs",
}
#: Seen by strangers.
OUTSIDE = {"sign_in": "/sign-in", "sign_in_link": "/sign-in/{token}", "a used link": "/sign-in/used"}
#: Pieces of pages and answers to programs.
NO_PAGES = {
    "queue",
    "palette",
    "case_colleagues",
    "case_tools",
    "case_image",
    "case_images",
    "case_live",
    "notices_new",
    "evidence_raw",
    "events",
    "favicon",
    "healthz",
    "readyz",
}

#: WCAG 2.2 A and AA, and what axe's makers recommend.
RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]
COLD = 150_000
"""Bytes that a first visit may fetch."""
PHONE = {"width": 390, "height": 844}
SMALLEST_TARGET = 24

DRAFT = "Claire, that is far too long, and I am sorry. Which town are you in? I will write to you in 2 hours."


@dataclass(frozen=True)
class Places:
    """The desk with something on each page."""

    desk: RunningDesk
    names: dict[str, str]

    def way(self, path: str) -> str:
        return path.format(**self.names)


@pytest.fixture(scope="module")
def places(town, bea_state, tmp_path_factory) -> Places:
    posts = tmp_path_factory.mktemp("posts") / "posts.jsonl"
    rows = [
        {"id": "p-1", "author": "claire", "text": "Telvoria never rang back, three weeks now. I am furious."},
        {"id": "p-2", "author": "hugo", "text": "Telvoria box broken again, and nobody answers."},
        {"id": "p-3", "author": "ilse", "text": "Telvoria billed me twice and I want it back."},
    ]
    posts.write_text("".join(json.dumps(row) + "\n" for row in rows))
    town.run("import", str(posts), "--network", "Forum")
    case = eventually(lambda: find_case(town, "claire"))["id"]
    by_hand = eventually(lambda: find_case(town, "hugo"))["id"]
    closed = eventually(lambda: find_case(town, "ilse"))["id"]
    veiled = next(
        row["id"] for row in town.get("/cases", view="all", limit=100)["items"] if row["abuse"] != "none"
    )
    town.post(f"/cases/{case}/take")
    town.post(f"/cases/{case}/note", {"text": "She rang twice."})
    town.post(f"/cases/{case}/promises", {"text": "news of the line", "due_at": from_now(hours=3)})
    town.post(
        f"/cases/{by_hand}/reply",
        {"text": "I am sorry, Hugo. Which town are you in, and since when?"},
        **{"Idempotency-Key": "for-hugo"},
    )
    town.post(f"/cases/{closed}/close", {"how": "not_ours", "reason": "A namesake"})
    evidence = town.get(f"/cases/{case}")["evidence"][0]["id"]
    token = town.sign_in_link().rsplit("/", 1)[1]
    return Places(
        town,
        {
            "case": str(case),
            "by_hand": str(by_hand),
            "closed": str(closed),
            "veiled": str(veiled),
            "evidence": evidence,
            "token": token,
        },
    )


def settled(page: Any, way: str) -> None:
    """The page with all that it fetches by itself."""
    page.goto(way)
    page.locator("h1:visible").first.wait_for()
    if page.locator("#composer").count():
        page.locator("#review .coach").wait_for(state="attached")


def test_every_address_is_a_page_with_a_row_or_no_page(town, ada_state):
    names = {each.name for each in urlpatterns}
    pages = set(PAGES) | set(OUTSIDE) & names
    assert pages | NO_PAGES <= names
    cookies = {each["name"]: each["value"] for each in ada_state["cookies"]}
    with httpx.Client(base_url=town.base, cookies=cookies) as client:
        for each in urlpatterns:
            if each.name not in pages | NO_PAGES:
                way = "/" + re.sub(
                    r"<(\w+):\w+>", lambda found: {"int": "1", "str": "x"}[found.group(1)], str(each.pattern)
                )
                assert client.get(way).status_code == 405, f"{each.name} is shown to a browser: give it a row"


def ways(places: Places) -> dict[str, str]:
    return {name: places.way(path) for name, path in {**PAGES, **STATES}.items()}


# -- usable by everybody


def violations(page: Any) -> list[str]:
    found = page.evaluate(
        "(rules) => axe.run(document, {runOnly: {type: 'tag', values: rules}, resultTypes: ['violations']})",
        RULES,
    )
    assert len(found["passes"]) > 10, "axe looked at nothing"
    return [
        f"{each['id']}: {node['target']} {node['failureSummary']}"
        for each in found["violations"]
        for node in each["nodes"][:3]
    ]


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_every_page_is_usable_by_everybody(places, people, ada_state, axe, scheme):
    seen: dict[str, list[str]] = {}
    for state, each in ((ada_state, ways(places)), (None, {n: places.way(w) for n, w in OUTSIDE.items()})):
        person = people(state, color_scheme=scheme, reduced_motion="reduce")
        person.context.add_init_script(axe)
        for name, way in each.items():
            settled(person.page, way)
            if name == "case":
                person.write(DRAFT)
            if wrong := violations(person.page):
                seen[name] = wrong
            if name == "inbox":
                for key, box in (("?", "#keys"), ("Control+k", "#palette")):
                    person.page.keyboard.press(key)
                    expect(person.page.locator(box)).to_be_visible()
                    if wrong := violations(person.page):
                        seen[box] = wrong
                    person.page.keyboard.press("Escape")
            if name == "case":
                for menu in ("#act-assign", "#act-snooze", "#act-more", "#act-triage", "#act-promise"):
                    person.page.locator(f"{menu} > summary").click()
                    if wrong := violations(person.page):
                        seen[menu] = wrong
                    person.page.keyboard.press("Escape")
    assert seen == {}


def test_the_focus_is_seen_wherever_it_goes(places, ada):
    for way in ("/", places.way("/cases/{case}"), "/settings"):
        settled(ada.page, way)
        lost = []
        for _ in range(30):
            ada.page.keyboard.press("Tab")
            at = ada.page.evaluate(
                """() => {
                  const at = document.activeElement, style = getComputedStyle(at), box = at.getBoundingClientRect();
                  const ring = style.outlineStyle !== 'none' && parseFloat(style.outlineWidth) >= 1;
                  const around = getComputedStyle(at.parentElement);
                  return {
                    what: at.outerHTML.slice(0, 120), isBody: at === document.body,
                    ring: ring || style.boxShadow !== 'none' || around.boxShadow !== 'none' || around.outlineStyle !== 'none',
                    there: box.bottom > 0 && box.top < innerHeight && box.right > 0 && box.left < innerWidth && box.width > 0,
                  };
                }"""
            )
            if at["isBody"]:
                break
            if not (at["ring"] and at["there"]):
                lost.append(at)
        assert lost == []


def test_one_can_skip_to_the_content(places, ada):
    settled(ada.page, places.way("/cases/{case}"))
    ada.page.keyboard.press("Tab")
    expect(ada.page.locator(".skip")).to_be_focused()
    expect(ada.page.locator(".skip")).to_be_in_viewport()
    ada.page.keyboard.press("Enter")
    expect(ada.page.locator("#main")).to_be_focused()


def test_single_keys_can_be_switched_off(bea):
    """WCAG 2.1.4"""
    page = bea.page
    choice = page.get_by_label("Single-key shortcuts")
    for is_on in (False, True):
        page.goto("/settings")
        choice.set_checked(is_on)
        page.locator("form", has=choice).get_by_role("button", name="Save").click()
        expect(choice).to_be_checked(checked=is_on)
        page.goto("/")
        page.keyboard.press("?")
        page.keyboard.press("Control+k")
        # Chords with Ctrl stay; the palette comes alone when single keys are off.
        if is_on:
            expect(page.locator("#keys")).to_be_visible()
        else:
            expect(page.locator("#palette")).to_be_visible()
            expect(page.locator("#keys")).to_be_hidden()


def test_single_keys_do_nothing_while_one_types(places, ada):
    page = ada.page
    settled(page, places.way("/cases/{case}"))
    for area in ("#search", '#composer textarea[data-mode="reply"]'):
        page.locator(area).fill("")
        page.locator(area).press_sequentially("?janzetu")
        expect(page.locator(area)).to_have_value("?janzetu")
        expect(page.locator("dialog[open], details.menu[open]")).to_have_count(0)
    # What is searched for may stand in the address by now.
    assert urlsplit(page.url).path == places.way("/cases/{case}")


@pytest.mark.parametrize("width", [PHONE["width"], 1440])
def test_every_target_is_large_enough(places, people, ada_state, width):
    """WCAG 2.5.8; links within a sentence may be as high as its line."""
    ada = people(ada_state, viewport={"width": width, "height": 844})
    small: dict[str, Any] = {}
    for name, way in ways(places).items():
        if name == "no such page":
            continue
        settled(ada.page, way)
        found = ada.page.evaluate(
            """(least) => [...document.querySelectorAll('button, summary, select, input:not([type=hidden]), nav a, .row, a.btn, .picks a')]
              .filter((one) => one.checkVisibility({visibilityProperty: true, opacityProperty: true}))
              .map((one) => [one, (one.closest('label') ?? one).getBoundingClientRect()])
              .filter(([, box]) => box.width && box.height && (box.width < least || box.height < least))
              .map(([one, box]) => `${one.outerHTML.slice(0, 90)} is ${Math.round(box.width)} x ${Math.round(box.height)}`)""",
            SMALLEST_TARGET,
        )
        if found:
            small[name] = found
    assert small == {}


# -- small and silent


@pytest.mark.parametrize("name", ["inbox", "case"])
def test_a_first_visit_is_light(places, people, ada_state, name):
    ada = people(ada_state)
    wire = ada.context.new_cdp_session(ada.page)
    wire.send("Network.enable")
    wire.send("Network.setCacheDisabled", {"cacheDisabled": True})
    fetched: dict[str, float] = {}
    names: dict[str, str] = {}
    wire.on(
        "Network.requestWillBeSent", lambda seen: names.update({seen["requestId"]: seen["request"]["url"]})
    )
    wire.on(
        "Network.loadingFinished",
        lambda seen: fetched.update({names.get(seen["requestId"], ""): seen["encodedDataLength"]}),
    )
    settled(ada.page, places.way(PAGES[name]))
    ada.page.evaluate("document.fonts.ready.then(() => true)")
    assert sum(fetched.values()) <= COLD, sorted(fetched.items(), key=lambda each: -each[1])
    assert len(fetched) >= 5, "nothing was measured"


@pytest.mark.parametrize("language", ["en-GB", "fr-FR", "ro-RO"])
def test_nothing_scrolls_sideways_on_a_phone(places, people, ada_state, language):
    ada = people(ada_state, viewport=PHONE, locale=language, has_touch=True, is_mobile=True)
    stranger = people(None, viewport=PHONE, locale=language, has_touch=True, is_mobile=True)
    wide = {}
    for person, names in ((ada, {**PAGES, **STATES}), (stranger, OUTSIDE)):
        for name, path in names.items():
            settled(person.page, places.way(path))
            widths = person.page.evaluate("[document.documentElement.scrollWidth, innerWidth]")
            if max(widths) > PHONE["width"]:
                wide[name] = widths
    assert wide == {}


# -- in one's own language

#: Nobody translates what customers, colleagues and programs wrote.
_THEIRS = ".post, .title, .snippet, .case-title, .who, bdi, kbd, code, .mono, .digest, .raw, [lang]:not(html), h3, .avatar, .person"


#: Of people, networks and connectors: the same in every language.
NAMES = {"Admin", "Example town", "File"}


def catalogue(language: str) -> Any:
    return polib.pofile(str(Path(amends.__file__).parent / "locale" / language / "LC_MESSAGES" / "django.po"))


def english(language: str) -> list[tuple[str, re.Pattern[str]]]:
    """Every sentence of the catalogue that reads otherwise in this language, as what a page would show of it."""
    sentences = []
    for entry in catalogue(language):
        for plain, other in (
            (entry.msgid, entry.msgstr or entry.msgstr_plural.get(0, "")),
            (entry.msgid_plural, entry.msgstr_plural.get(1, "")),
        ):
            letters = re.sub(r"%\(\w+\)s|%\w|\{\w*\}|\W", "", plain)
            if plain and plain != other and len(letters) >= 3:
                pattern = re.escape(plain)
                pattern = re.sub(r"%\\\(\w+\\\)s|\\\{\w*\\\}|%s|%d", ".+?", pattern)
                sentences.append((plain, re.compile(pattern)))
    return sentences


@pytest.mark.parametrize(("language", "locale"), [("fr", "fr-FR"), ("ro", "ro-RO")])
def test_no_english_is_left_over(places, people, ada_state, language, locale):
    """A14: the desk speaks English, French and Romanian."""
    ada = people(ada_state, locale=locale)
    stranger = people(None, locale=locale)
    sentences = english(language)
    assert len(sentences) > 500
    translated = {entry.msgstr for entry in catalogue(language)}
    left: dict[str, set[str]] = {}
    for person, names in ((ada, {**PAGES, **STATES}), (stranger, OUTSIDE)):
        for name, path in names.items():
            if name == "api":
                continue
            settled(person.page, places.way(path))
            expect(person.page.locator("html")).to_have_attribute("lang", language)
            if name == "case":
                person.write(DRAFT)
            shown = person.page.evaluate(
                """(theirs) => {
                  const said = new Set(), walk = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
                  while (walk.nextNode()) {
                    const at = walk.currentNode.parentElement;
                    if (!at.closest(theirs) && !at.closest('script, style')) said.add(walk.currentNode.data.replace(/\\s+/g, ' ').trim());
                  }
                  for (const one of document.querySelectorAll('[aria-label], [placeholder], [title]'))
                    if (!one.closest(theirs)) for (const name of ['aria-label', 'placeholder', 'title']) said.add((one.getAttribute(name) ?? '').trim());
                  said.add(document.title.split(' · ')[0]);
                  return [...said].filter(Boolean);
                }""",
                _THEIRS,
            )
            assert len(shown) > 3, "no text was found"
            for text in shown:
                for plain, pattern in sentences:
                    if text in NAMES or text in translated:
                        continue
                    if pattern.fullmatch(text):
                        left.setdefault(name, set()).add(f"{text} ← {plain}" if text != plain else plain)
    assert left == {}
