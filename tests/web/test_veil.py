"""A7: harsh words are on no page until one deliberate act; what is read is counted for the reader alone."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest
from django.urls import reverse

from amends.desk import actions, muting, shielding
from amends.store.models import Evidence, Exposure, Mention, Organisation
from tests.makers import make_agent
from tests.web.test_permissions import TABLE

pytestmark = pytest.mark.django_db

POST = "Novatel you useless idiots, my parcel never arrived and I want my money back, you morons"
WORDS = re.compile("idiots|morons", re.IGNORECASE)
#: Shown on purpose: there a person says what the words are, without knowing what the desk heard.
READS_THEM = {"labels"}


@pytest.fixture
def harsh(desk):
    case = desk.hear(POST, "claire")
    assert case.abuse == "insult"
    return case


@pytest.fixture
def post(harsh):
    return harsh.mentions.get()


def page(client, case):
    return client.get(reverse("case", args=[case.pk])).text


def live(client, case):
    return client.get(reverse("case_live", args=[case.pk])).text


def show(client, case, post, **headers):
    return client.post(reverse("post_show", args=[case.pk, post.pk]), headers=headers)


def test_what_the_customer_needs_is_there_and_the_rest_is_not(dana, harsh):
    text = page(dana, harsh)
    assert "my parcel never arrived and I want my money back" in text
    assert not WORDS.search(text)


def test_no_page_holds_the_words(desk, harsh, browser, monkeypatch):
    """Whatever the page: titles, tooltips, attributes, pieces for htmx, other people's cases beside it."""
    monkeypatch.setattr("amends.desk.setup.is_online", lambda: False)
    again = desk.hear(POST.replace("parcel", "second parcel"), "claire")
    muting.mute(
        desk.hear("Novatel idiots, morons, all of you", "troll").pk, "troll", by=desk.dana, now=desk.now
    )
    actions.promise(again.pk, "news", desk.now + timedelta(hours=1), by=desk.dana, now=desk.now)
    evidence = Evidence.objects.filter(case=harsh).first().pk
    pks = {"case": harsh.pk, 77: harsh.pk}
    clients = [
        browser(desk.admin, **headers)
        for headers in ({}, {"HX_Request": "true", "HX_Target": "case"}, {"HX_Request": "true"})
    ]
    pages = {name: args for name, (method, args, *_) in TABLE.items() if method == "get"}
    for name in sorted(pages.keys() - READS_THEM - {"evidence_raw", "events"}):
        args = [evidence if "evidence" in name else pks.get(each, each) for each in pages[name]]
        # Only these look at what is searched for, or at the view that is asked for.
        is_queue = name in ("inbox", "queue", "palette", "case")
        for query in ("", "?view=all", "?view=muted", "?q=idiots", "?view=closed") if is_queue else ("",):
            for client in clients:
                answer = client.get(reverse(name, args=args) + query)
                text = answer.content.decode("utf-8", "replace")
                found = WORDS.search(re.sub(r'(q=|value=")idiots', "", text))
                assert not found, (name, query, text[max(0, found.start() - 200) : found.end()])


def test_one_act_shows_them_and_they_stay_shown_while_the_case_changes(dana, harsh, post):
    answer = show(dana, harsh, post, HX_Request="true")
    assert WORDS.search(answer.text)
    assert WORDS.search(live(dana, harsh))
    assert "Reasons" in live(dana, harsh)
    dana.post(reverse("post_veil", args=[harsh.pk, post.pk]))
    assert not WORDS.search(live(dana, harsh))


def test_the_next_day_one_is_asked_again(desk, dana, harsh, post):
    show(dana, harsh, post)
    session = dana.session
    session["posts_shown"] = {
        post_id: (at_ := "2020-01-01T00:00:00+00:00") and at_ for post_id in session["posts_shown"]
    }
    session.save()
    assert not WORDS.search(page(dana, harsh))


def test_a_colleague_still_sees_the_veil(desk, dana, browser, harsh, post):
    show(dana, harsh, post)
    assert not WORDS.search(page(browser(desk.admin), harsh))


def test_it_works_without_javascript(dana, harsh, post):
    answer = show(dana, harsh, post)
    assert answer.status_code == 302
    assert WORDS.search(dana.get(answer["Location"]).text)


def test_what_is_read_is_counted_once(desk, dana, harsh, post):
    for _ in range(3):
        show(dana, harsh, post)
    counted = Exposure.objects.get()
    assert (counted.agent, counted.mention, counted.abuse) == (desk.dana, post, "insult")


def test_looking_at_the_veil_counts_nothing(dana, harsh):
    page(dana, harsh)
    live(dana, harsh)
    assert not Exposure.objects.exists()


def test_who_wants_no_veil_has_none_and_is_counted_all_the_same(desk, dana, harsh):
    dana.post("/wellbeing/always-shown", {"always": "on"})
    for _ in range(2):
        assert WORDS.search(page(dana, harsh))
    assert Exposure.objects.filter(agent=desk.dana).count() == 1
    dana.post("/wellbeing/always-shown")
    assert not WORDS.search(page(dana, harsh))


def test_evidence_is_veiled_and_shown_by_the_same_act(dana, harsh, post):
    way = reverse("evidence", args=[Evidence.objects.get(case=harsh).pk])
    assert not WORDS.search(dana.get(way).text)
    answer = dana.post(
        reverse("post_show", args=[harsh.pk, post.pk]), {"evidence": way.rsplit("/", 1)[1]}, follow=True
    )
    assert WORDS.search(answer.text)


def test_a_softened_post_keeps_its_first_words_under_the_veil(desk, dana, harsh, post):
    desk.town.edit(post.remote_id, "Novatel, my parcel never arrived")
    desk.listen()
    text = page(dana, harsh)
    assert "never arrived" in text
    assert not WORDS.search(text)


def test_a_calm_post_beside_a_harsh_one_is_not_hidden(desk, dana, harsh, post):
    desk.hear("It was order 4711, by the way.", "claire", thread=post.remote_id, to=post.remote_id)
    assert "It was order 4711, by the way." in page(dana, harsh)


def test_of_somebody_elses_case_no_post_is_shown(dana, desk, harsh, post):
    other = desk.hear("My Novatel router is broken", "hugo")
    answer = dana.post(reverse("post_show", args=[other.pk, post.pk]), headers={"HX_Request": "true"})
    assert answer.status_code == 409
    assert not Exposure.objects.exists()


def test_a_break_is_offered_after_as_many_as_the_desk_set(desk, dana):
    Organisation.objects.update(rest_after=3)
    answers = []
    for number in range(5):
        case = desk.hear(f"{POST} number {number}", f"customer{number}")
        answers.append("Take ten minutes" in show(dana, case, case.mentions.get(), HX_Request="true").text)
    assert answers == [False, False, True, True, True]


def test_a_desk_may_offer_none(desk, dana, harsh, post):
    Organisation.objects.update(rest_after=0)
    assert "Take ten minutes" not in show(dana, harsh, post, HX_Request="true").text


def test_while_one_rests_no_harsh_case_is_in_front_of_them(desk, dana, harsh):
    way = f'data-case="{harsh.pk}"'
    assert way in dana.get("/").text
    dana.post("/wellbeing/rest")
    assert way not in dana.get("/").text
    assert way in dana.get("/?view=all").text
    assert "You are on a break" in dana.get("/").text
    dana.post("/wellbeing/rest", {"end": "yes"})
    assert way in dana.get("/").text


def test_a_threat_does_not_wait_for_the_end_of_a_break(desk, dana):
    threat = desk.hear("Novatel I will come to your office and kill you all", "troll")
    dana.post("/wellbeing/rest")
    assert f'data-case="{threat.pk}"' in dana.get("/").text


def test_whose_turn_it_is_stands_first_without_a_figure(desk, browser, dana, harsh):
    lea = make_agent("Lea", "lead")
    other = desk.hear(POST + " again", "hugo")
    shielding.show(other.pk, other.mentions.get().pk, by=desk.dana, now=desk.now)
    text = browser(desk.admin).get(reverse("case_colleagues", args=[harsh.pk])).text
    first = re.search(r'name="to" value="(\d+)"', text)
    assert first[1] == str(lea.pk)
    assert "whose turn it is" in text
    assert not re.search(r">\s*\d+\s*<", text)


def test_ones_own_page_tells_ones_own_figures_and_nobody_elses(desk, dana, browser, harsh, post):
    show(dana, harsh, post)
    mine = re.findall(r"<dd>(\d+)</dd>", dana.get("/wellbeing").text)
    theirs = browser(desk.admin).get("/wellbeing").text
    assert mine == ["1", "1", "1"]
    assert re.findall(r"<dd>(\d+)</dd>", theirs) == ["0", "0", "0"]
    assert "a sum would tell of one person" in theirs


def test_leads_see_the_sum_of_a_team(desk, dana, browser, harsh, post):
    show(dana, harsh, post)
    lea = make_agent("Lea", "lead")
    make_agent("Ion", "agent")
    text = browser(lea).get("/wellbeing").text
    assert re.findall(r"<dd>(\d+)</dd>", text) == ["0", "0", "0", "1", "1", "1"]
    assert "Dana" not in text
    assert "The team" not in dana.get("/wellbeing").text


def test_the_people_page_and_the_export_tell_nothing_of_it(desk, dana, ada, harsh, post):
    from amends.desk import audit, export

    def people():
        return re.sub(r"[A-Za-z0-9]{64}|[\d-]+T[\d:.+]+", "", ada.get("/people").text)

    before = people()
    show(dana, harsh, post)
    assert people() == before
    assert "xposure" not in str(list(export.records())) + str(vars(audit))


def test_a_case_page_asks_as_little_with_a_veil(desk, dana, harsh, post, django_assert_max_num_queries):
    for _ in range(2):
        with django_assert_max_num_queries(10):
            page(dana, harsh)
        show(dana, harsh, post)


def test_do_not_answer_has_reasons_and_a_way_back(desk, dana):
    case = desk.hear("Novatel idiots, morons, all of you", "troll")
    text = page(dana, case)
    assert "Do not answer" in text
    assert "Do not answer this troll" not in text
    answer = dana.post(reverse("case_mute", args=[case.pk]), {"why": "troll"}, headers={"HX_Request": "true"})
    assert "Undo" in answer.text
    assert "Dana decided that nobody answers" in answer.text
    assert f'data-case="{case.pk}"' in dana.get("/?view=muted").text
    assert f'data-case="{case.pk}"' not in dana.get("/").text
    dana.post(reverse("case_unmute", args=[case.pk]))
    assert "case-muted" not in page(dana, case)
    assert f'data-case="{case.pk}"' in dana.get("/?view=all").text


def test_without_a_reason_it_is_refused(desk, dana):
    case = desk.hear("Novatel idiots, morons, all of you", "troll")
    for given in ({}, {"why": "other"}, {"why": "because"}):
        answer = dana.post(reverse("case_mute", args=[case.pk]), given, headers={"HX_Request": "true"})
        assert answer.status_code == 409


def test_a_muted_author_who_threatens_is_shown_with_the_decision(desk, dana):
    case = desk.hear("Novatel idiots, morons, all of you", "troll")
    first = Mention.objects.get(case=case).remote_id
    dana.post(reverse("case_mute", args=[case.pk]), {"why": "troll", "reason": "Every day the same"})
    desk.hear("Novatel morons", "troll", thread=first, to=first)
    assert "1 post since" in page(dana, case)
    desk.hear("Novatel I will come to your office and kill you all", "troll", thread=first, to=first)
    text = page(dana, case)
    assert "had decided that nobody answers" in text
    assert "it may threaten somebody" in text
    assert f'data-case="{case.pk}"' in dana.get("/").text


def test_what_they_asked_for_stands_beside_what_was_done(desk, dana):
    case = desk.hear("My Novatel order never arrived, I want a refund please")
    assert "I want a refund" in page(dana, case)
    dana.post(reverse("case_asked_and_done", args=[case.pk]), {"was_done": "Refunded 40 €"})
    case = desk.case()
    assert "I want a refund" in case.wanted
    assert case.was_done == "Refunded 40 €"
    assert "Refunded 40 €" in page(dana, case)


def test_the_desk_sets_when_a_break_is_offered(ada):
    ada.post("/wellbeing/rest-after", {"posts": "3"})
    assert Organisation.objects.get().rest_after == 3
    ada.post("/wellbeing/rest-after", {"posts": "many"})
    assert Organisation.objects.get().rest_after == 3


#: These show the words because that is what they are for, or answer with nothing of a case.
SHOWS_THEM = {"post_show"}


def test_no_answer_to_what_one_does_holds_the_words(desk, browser):
    """Pieces that come after a click: reviews, previews, proposals, the case after a change."""
    acts = sorted(
        name
        for name, (method, args, _) in TABLE.items()
        if method == "post" and args and args[0] == "case" and name not in SHOWS_THEM
    )
    assert len(acts) > 20
    given = {
        "text": "Hello Claire.",
        "text_reply": "Hello Claire.",
        "mode": "reply",
        "why": "other",
        "reason": "x",
    }
    hx = browser(desk.admin, HX_Request="true")
    for name in acts:
        case = desk.hear(POST.replace("parcel", f"parcel of {name}"), f"claire-{name}")
        args = [case.pk, *TABLE[name][1][1:]]
        answer = hx.post(reverse(name, args=args), given)
        found = WORDS.search(answer.content.decode("utf-8", "replace"))
        assert not found, (name, answer.text[max(0, found.start() - 200) : found.end()])


def test_labelling_is_reading_too(desk, harsh, post):
    from amends.desk import labelling

    labelling.draw(now=desk.now)
    labelling.label(post.sampled.pk, "complaint", "insult", by=desk.dana, now=desk.now)
    assert shielding.figures(by=desk.dana, now=desk.now).week == 1


def test_undo_takes_its_own_toast_away(desk, dana):
    case = desk.hear("Novatel idiots, morons, all of you", "troll")
    hx = {"HX_Request": "true"}
    assert (
        'id="was-muted"' in dana.post(reverse("case_mute", args=[case.pk]), {"why": "troll"}, headers=hx).text
    )
    answer = dana.post(reverse("case_unmute", args=[case.pk]), headers=hx).text
    assert '<div id="was-muted" hx-swap-oob="delete">' in answer


def test_what_two_people_disputed_is_veiled_until_asked_for(desk, ada, harsh, post):
    from amends.desk import labelling

    labelling.draw(now=desk.now)
    labelling.label(post.sampled.pk, "complaint", "insult", by=desk.dana, now=desk.now)
    labelling.label(post.sampled.pk, "abuse", "insult", by=make_agent("Lea", "lead"), now=desk.now)
    assert not WORDS.search(ada.get("/labels").text)
    way = reverse("post_show", args=[harsh.pk, post.pk])
    assert WORDS.search(ada.post(way, {"from": "labels"}, follow=True).text)
    assert Exposure.objects.filter(agent=desk.admin).count() == 1
