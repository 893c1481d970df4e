"""The playbook's pages, and what the composer offers: a lead writes, everybody reads, nothing is sent."""

from __future__ import annotations

import re
from html import unescape

import pytest
from django.urls import reverse

from amends.desk import actions, housebook, modelling, playbook, waysout
from amends.store import models as rows
from tests.makers import make_agent

pytestmark = pytest.mark.django_db


@pytest.fixture
def lead(desk, browser):
    return browser(make_agent("Lea", "lead"))


def fields(page: str) -> dict[str, str]:
    """What a form sends as it stands: inputs, chosen options, texts."""
    found = dict(re.findall(r'<input type="hidden" name="(\w+)" value="([^"]*)"', page))
    found |= dict(re.findall(r'<input[^>]*name="(title_\w+|topics)" value="([^"]*)"', page))
    found |= dict(re.findall(r'<textarea[^>]*name="(\w+)"[^>]*>([^<]*)</textarea>', page))
    return found


def test_a_play_is_changed_only_after_its_preview(lead, desk):
    desk.hear("Novatel, my parcel never came")
    form = fields(lead.get("/plays/edit/delivery").text)
    form |= {"step": ["ask", "acknowledge"], "topics": "billing", "title_en": "Parcels and more"}
    preview = lead.post("/plays/preview", form)
    assert preview.status_code == 200 and "Parcels and more" in preview.text
    assert "Nothing is saved yet" in preview.text and not rows.PlaybookVersion.objects.exists()
    kept = re.search(r'<textarea name="text"[^>]*>(.*?)</textarea>', preview.text, re.DOTALL)[1]
    text = unescape(kept)
    assert lead.post("/plays/save", {"text": text, "number": "0", "why": ""}).status_code == 302
    assert not rows.PlaybookVersion.objects.exists(), "without a why nothing is saved"
    lead.post("/plays/save", {"text": text, "number": "0", "why": "One play for both"})
    page = lead.get("/plays").text
    assert "Parcels and more" in page and "Version 1 is in force." in page and "One play for both" in page
    lead.post("/plays/back", {"to": "0", "why": "It was better"})
    assert "Parcels and more" not in lead.get("/plays").text
    assert rows.PlaybookVersion.objects.count() == 2


def test_the_form_sends_back_what_it_shows(lead, desk):
    """A play that is opened and previewed as it stands changes nothing."""
    for play in playbook.table_of(playbook.text_in_force(0)):
        page = lead.get(reverse("play_edit", args=[play["name"]])).text
        form = fields(page)
        for key in (
            "step",
            "kinds",
            "severities",
            "wants",
            "abuse",
            "solvable",
            "public",
            "offered",
            "ruled",
            "min_anger",
        ):
            pattern = rf'<select[^>]*name="{key}">(.*?)</select>'
            chosen = [
                re.search(r'value="([^"]*)" selected', each) for each in re.findall(pattern, page, re.DOTALL)
            ]
            if chosen:
                form[key] = [each[1] if each else "" for each in chosen]
            elif boxes := re.findall(rf'name="{key}" value="(\w+)" checked', page):
                form[key] = boxes
        form["min_public_turns"] = (
            re.search(r'name="min_public_turns"[^>]*value="(\d+)"', page)[1] if "turns" in page else "0"
        )
        form = {key: unescape(value) if isinstance(value, str) else value for key, value in form.items()}
        answer = lead.post("/plays/preview", form)
        assert "Nothing is changed" in answer.text, play["name"]


def test_plays_are_moved_taken_out_and_made(lead, desk):
    desk.hear("Novatel, my parcel never came")
    for do in ("up", "down", "remove"):
        assert (
            "What this would change"
            in lead.post("/plays/preview", {"number": "0", "name": "delivery", "do": do}).text
        )
    assert lead.get("/plays/edit/new").status_code == 200
    new = {"number": "0", "name": "", "new_name": "Two Words", "title_en": "T", "opening_en": "O", "step": ["ask"], "topics": "delivery"}  # fmt: skip
    assert "two-words" in lead.post("/plays/preview", new).text
    assert lead.get("/plays/edit/no-such").status_code == 404
    broken = lead.post("/plays/preview", {"number": "0", "do": "text", "text": "[[play"}, follow=True)
    assert "cannot be read" in broken.text


def test_a_harsh_title_stays_veiled_in_the_preview(lead, desk):
    case = desk.hear("Novatel, my parcel never came")
    rows.Case.objects.filter(pk=case.pk).update(abuse="insult", title="A HARSH TITLE")
    text = playbook.with_play(playbook.text_in_force(0), "delivery", None)
    page = lead.post("/plays/preview", {"number": "0", "do": "text", "text": text}).text
    assert "HARSH TITLE" not in page


def test_a_house_rule_is_written_changed_and_retired(lead, desk):
    form = {
        "title": "Number first",
        "topics": "billing, Price",
        "text_en": "We ask first",
        "reason_en": "orders look alike",
    }
    lead.post("/house-rules/write", form)
    page = lead.get("/house-rules").text
    assert "We ask first, because orders look alike." in page and "Billing" in page
    assert 'value="Number first"' in lead.get("/house-rules?change=1").text
    lead.post("/house-rules/write", {**form, "number": "1", "text_en": "We ask once"})
    page = lead.get("/house-rules").text
    assert "We ask once, because" in page and "How it read before" in page and "We ask first" in page
    lead.post("/house-rules/1/retire")
    assert "Put it in force again" in lead.get("/house-rules").text
    refused = lead.post("/house-rules/write", {"title": "x", "text_en": "y"}, follow=True)
    assert "Say why there is this rule" in refused.text


def test_a_way_out_is_written_ordered_and_switched_off(lead, desk):
    form = {
        "kind": "telephone",
        "address": "020 7946 0182",
        "title_en": "bills",
        "day_0": "9-18",
        "zone": "Europe/London",
    }
    lead.post("/ways-out/write", form)
    way = rows.WayOut.objects.get()
    assert "020 7946 0182" in lead.get("/ways-out").text
    assert 'value="09:00–18:00"' in lead.get(f"/ways-out?change={way.pk}").text
    lead.post("/ways-out/write", {**form, "way": way.pk, "address": "020 7946 0183"})
    lead.post(f"/ways-out/{way.pk}/switch", {"active": "no"})
    page = lead.get("/ways-out").text
    assert "020 7946 0183" in page and "not offered" in page
    lead.post(f"/ways-out/{way.pk}/move", {"up": "yes"})
    assert "no time zone" in lead.post("/ways-out/write", {**form, "zone": "Mars"}, follow=True).text


def test_agents_read_the_playbook_and_see_no_forms(dana, desk):
    for way in ("/plays", "/house-rules", "/ways-out"):
        page = dana.get(way).text
        assert "<h1>" in page and "/write" not in page and "/preview" not in page


def test_the_playbook_asks_little(lead, desk, django_assert_max_num_queries):
    admin = desk.admin
    for number in range(12):
        desk.hear(f"Novatel, my parcel number {number} never came", f"c{number}")
        housebook.write(f"r{number}", [], {"en": "a"}, {"en": "b"}, by=admin, now=desk.now)
        waysout.write("telephone", f"020 7946 01{number:02}", {"en": "x"}, by=admin)
    case = rows.Case.objects.first()
    for way in ("/plays", "/house-rules", "/ways-out", f"/cases/{case.pk}/tools"):
        with django_assert_max_num_queries(20):
            assert lead.get(way).status_code == 200


def test_the_composer_offers_what_fits_the_case(browser, dana, desk, settings):
    settings.AMENDS_DRAFT_URL = ""
    case = desk.hear("Novatel, my bill is wrong, I was charged twice")
    rows.Case.objects.filter(pk=case.pk).update(topic="billing", language="en")
    housebook.write(
        "Number first", ["billing"], {"en": "We ask"}, {"en": "<b>orders</b>"}, by=desk.admin, now=desk.now
    )
    waysout.write("site", "novatel.example/help", {"en": "bills"}, by=desk.admin)
    page = dana.get(f"/cases/{case.pk}").text
    assert "Propose a draft" in page and "model" not in re.sub(
        r"model(?=s/)", "", page.split('id="composer"')[1].split("</form>")[0]
    )
    tools = dana.get(f"/cases/{case.pk}/tools").text
    assert "We ask, because &lt;b&gt;orders&lt;/b&gt;." in tools and "novatel.example/help" in tools
    piece = browser(desk.dana, HX_Request="true")
    draft = piece.post(f"/cases/{case.pk}/propose", {"by": "play", "mode": "reply"})
    assert draft.status_code == 200 and "Proposed by the play" in draft.text
    refused = piece.post(f"/cases/{case.pk}/propose", {"by": "model"})
    assert refused.status_code == 409 and "No language model" in refused.text
    assert not rows.OutboxEntry.objects.exists() and not rows.Draft.objects.exists()


def test_a_model_is_named_only_where_one_is_set(dana, desk, settings):
    case = desk.hear("Novatel, my bill is wrong")
    settings.AMENDS_DRAFT_URL, settings.AMENDS_DRAFT_MODEL = "http://127.0.0.1:9/v1", "m"
    assert "Ask the model" in dana.get(f"/cases/{case.pk}").text
    rows.Proposal.objects.create(
        case=case, agent=desk.dana, by="model", text="I hear you. What do you see?", at=desk.now
    )
    way = reverse("case_review", args=[case.pk])
    as_it_stands = dana.post(way, {"mode": "reply", "text": "I hear you. What do you see?"}).text
    assert "Proposed by a model, as it stands." in as_it_stands
    assert (
        "Proposed by a model" not in dana.post(way, {"mode": "reply", "text": "I hear you. What is it?"}).text
    )
    settings.AMENDS_DRAFT_URL = ""
    assert not modelling.is_on() and "Ask the model" not in dana.get(f"/cases/{case.pk}").text


def test_after_a_handover_the_composer_offers_to_say_who_helps(browser, dana, ada, desk):
    case = desk.hear("Novatel, my bill is wrong")
    assert "Introduce" not in dana.get(f"/cases/{case.pk}").text
    actions.take(case.pk, by=desk.dana, now=desk.now)
    assert "Introduce" not in dana.get(f"/cases/{case.pk}").text, "who takes a case was not handed it"
    lea = make_agent("Lea", "agent")
    actions.assign(case.pk, to=lea.pk, by=desk.dana, now=desk.now)
    assert "Introduce Lea to the customer" in dana.get(f"/cases/{case.pk}").text
    said = browser(desk.dana, HX_Request="true").post(f"/cases/{case.pk}/propose", {"by": "introduction"})
    assert "Lea looks after this" in said.text


def test_the_case_names_the_plays_by_which_it_was_judged(lead, dana, desk):
    old = desk.hear("Novatel, my bill is wrong", "ioana")
    text = playbook.with_play(playbook.text_in_force(0), "delivery", None)
    lead.post("/plays/save", {"text": text, "number": "0", "why": "Fewer plays"})
    new = desk.hear("Novatel, my parcel never came", "mihai")
    assert "Judged by the plays as shipped" in dana.get(f"/cases/{old.pk}").text
    assert "Judged by version 1 of the plays" in dana.get(f"/cases/{new.pk}").text
    assert lead.get("/plays/edit/delivery").status_code == 404


def test_what_customers_are_told_of_one_is_ones_own_to_write(dana, desk):
    values = {"name": "Dana", "email": desk.dana.email}
    dana.post("/settings/identity", {**values, "introduced_as": "Dana, billing"})
    desk.dana.refresh_from_db()
    assert desk.dana.introduced_as == "Dana, billing"
    refused = dana.post("/settings/identity", {**values, "introduced_as": "Dana, 0722 123 456"}, follow=True)
    assert "no address and no number" in refused.text
