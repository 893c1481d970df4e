"""The pages on which people teach the desk, and see how good it is. (W1: people teach it; is it any good here?)"""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from django.urls import reverse

from amends.desk import actions, labelling, policies, training
from amends.store import models as rows
from tests.desk.test_training import Judge, label_all
from tests.makers import make_agent

pytestmark = pytest.mark.django_db


@pytest.fixture
def full(desk):
    for number in range(6):
        desk.town.post(f"My Novatel router number {number} is broken again", f"customer{number}")
    desk.listen()
    return desk


@pytest.fixture
def lea(desk, browser):
    return browser(make_agent("Lea", "lead"))


@pytest.fixture
def base(monkeypatch):
    judge = Judge()
    monkeypatch.setattr(policies, "scorer", lambda: judge, raising=False)
    return judge


def post_id(page: str) -> int:
    return int(page.split('action="/labels/')[1].split('"')[0])


def labelled_by(client, kind="complaint", abuse="none") -> int:
    found = post_id(client.get("/labels").text)
    client.post(f"/labels/{found}", {"kind": kind, "abuse": abuse})
    return found


def test_an_agent_draws_labels_and_sees_the_next(full, dana):
    assert "No post waits for you" in dana.get("/labels").text
    dana.post("/labels/draw")
    first = labelled_by(dana)
    assert post_id(dana.get("/labels").text) != first
    assert rows.Label.objects.get().kind == "complaint"


def test_looking_at_the_page_draws_nothing(full, dana):
    dana.get("/labels")
    assert rows.Sampled.objects.count() == 0


def test_nobody_sees_what_another_said_before_they_have_said_it(full, dana, ada):
    dana.post("/labels/draw")
    post = labelled_by(dana, "praise", "insult")
    page = ada.get("/labels").text
    assert post_id(page) == post
    assert "Dana" not in page
    ada.post(f"/labels/{post}", {"kind": "complaint", "abuse": "none"})
    page = ada.get("/labels").text
    assert "Dana: Praise · abuse: Insults" in page
    assert "Dana:" not in dana.get("/labels").text


def test_the_post_is_shown_without_its_author_and_the_desk_s_opinion(full, dana):
    dana.post("/labels/draw")
    card = dana.get("/labels").text.split('class="to-label"')[1].split("</blockquote>")[0]
    assert "is broken again" in card
    assert "customer" not in card
    assert "complaint" not in card.lower()


def test_a_lead_settles_and_the_list_grows_shorter(full, dana, ada, lea):
    dana.post("/labels/draw")
    post = labelled_by(dana, "praise")
    labelled_by(ada, "complaint")
    assert f"/labels/{post}/settle" in lea.get("/labels").text
    lea.post(f"/labels/{post}/settle", {"kind": "complaint", "abuse": "none"})
    assert f"/labels/{post}/settle" not in lea.get("/labels").text
    assert rows.Sampled.objects.get(pk=post).settled_by.name == "Lea"


def test_taking_back_and_skipping(full, dana):
    dana.post("/labels/draw")
    first = labelled_by(dana)
    dana.post("/labels/undo")
    assert post_id(dana.get("/labels").text) == first
    dana.post(f"/labels/{first}/skip")
    assert post_id(dana.get("/labels").text) != first


def test_a_half_filled_form_is_refused_in_words(full, dana):
    dana.post("/labels/draw")
    found = post_id(dana.get("/labels").text)
    answer = dana.post(f"/labels/{found}", {"kind": "complaint"}, follow=True)
    assert "Say both" in answer.text
    assert rows.Label.objects.count() == 0


def test_a_hostile_post_is_text_here_too(desk, dana):
    desk.hear('Novatel <script>alert(1)</script> "><img src=x>\u202e')
    dana.post("/labels/draw")
    page = dana.get("/labels").text
    assert "&lt;script&gt;alert(1)" in page
    assert "U+202E" in page


def test_kappa_is_shown_with_its_range(full, dana, ada):
    dana.post("/labels/draw")
    for row in rows.Sampled.objects.order_by("id"):
        said = "complaint" if row.pk % 2 else "other"
        labelling.label(row.pk, said, "none", by=full.dana, now=full.now)
        labelling.label(row.pk, said, "none", by=full.admin, now=full.now)
    page = dana.get("/labels").text
    assert "Ada · Dana" in page
    assert "<b>1.00</b>" in page
    assert "too alike for a kappa" in page


def test_who_may_only_read_sees_figures_and_no_post(full, browser, dana):
    dana.post("/labels/draw")
    page = browser(make_agent("Rea", "read_only")).get("/labels").text
    assert "How far we are" in page
    assert "to-label" not in page


def test_nothing_measured_is_said_so(full, dana):
    assert "Nothing is measured yet" in dana.get("/quality").text


def test_only_posts_drawn_by_chance_count_as_measured(full, dana):
    labelling.draw(now=full.now)
    rows.Sampled.objects.update(is_random=False)
    for row in rows.Sampled.objects.all():
        labelling.label(row.pk, "complaint", "none", by=full.dana, now=full.now)
    page = dana.get("/quality").text
    assert "Nothing is measured yet" in page
    assert "of 6 it had the kind right of between 61 and 100 of 100" in page


def test_figures_come_with_their_ranges_in_words(full, dana):
    labelling.draw(now=full.now)
    rows.Sampled.objects.update(is_random=True)
    for number, row in enumerate(rows.Sampled.objects.order_by("id")):
        for agent in (full.dana, full.admin):
            said = "question" if number == 0 else "complaint"
            labelling.label(row.pk, said, "none", by=agent, now=full.now)
    page = dana.get("/quality").text
    assert "6 posts were drawn by chance" in page
    # 5 of 6 right: Wilson gives 0.436 to 0.970
    assert "The desk was right on the kind of between 44 and 97 of 100." in page
    assert '<th scope="row">Question</th>' in page
    assert "more" in page


def test_corrections_are_shown_apart(full, dana):
    case = rows.Case.objects.first()
    actions.correct(case.pk, "kind", "question", by=full.dana, now=full.now)
    page = dana.get("/quality").text
    assert "1 post was corrected" in page
    assert "Complaint → <b>Question</b>" in page
    assert "Nothing is measured yet" in page


def test_training_is_refused_in_words_while_there_is_too_little(full, lea, base):
    answer = lea.post("/quality/train", follow=True)
    assert "training needs 40" in answer.text


def test_a_version_is_compared_switched_and_switched_back(desk, lea, dana, base):
    label_all(
        desk, [f"Novatel {'many thanks' if n % 3 else 'hm well'} {'abc' * (n % 29)}" for n in range(90)]
    )
    assert "trains a version now" in lea.post("/quality/train", follow=True).text
    assert "Training now" in lea.get("/quality").text
    training.train_waiting(now=datetime.now(UTC))
    page = lea.get("/quality").text
    assert "Macro-F1 of Kind" in page
    assert "Complaints taken for abuse" in page
    assert "Let it judge" in page
    assert "Let it judge" not in dana.get("/quality").text
    assert "Version 1 judges from now on" in lea.post("/quality/switch", {"version": "1"}, follow=True).text
    assert training.in_force().number == 1
    page = lea.post("/quality/switch", {"version": "0"}, follow=True).text
    assert "The shipped models judge again" in page
    assert "Lea: back to the shipped models" in page
    assert training.in_force().number == 0


def test_a_version_that_cannot_judge_is_said_aloud(desk, lea, base):
    label_all(
        desk, [f"Novatel {'many thanks' if n % 3 else 'hm well'} {'abc' * (n % 29)}" for n in range(90)]
    )
    lea.post("/quality/train")
    training.train_waiting(now=datetime.now(UTC))
    lea.post("/quality/switch", {"version": "1"})
    base.digest = "b" * 64
    page = lea.get("/quality").text
    assert "Version 1 is switched on, and cannot judge" in page
    assert "trained on other models" in page


@pytest.mark.parametrize("given", ["", "x", "99", "9" * 30, "-1"])
def test_a_version_that_is_not_there_is_refused(lea, base, given):
    assert "There is no version" in lea.post("/quality/switch", {"version": given}, follow=True).text


def test_both_pages_are_named_in_the_frame(full, dana):
    page = dana.get("/quality").text
    assert f'href="{reverse("labels")}"' in page
    assert 'aria-current="page"' in page


def test_a_taught_judgement_leads_to_the_case_that_it_follows(desk, dana):
    first = desk.hear("Novatel, my box blinks red and blue and green like a tree in winter")
    actions.correct(first.pk, "topic", "lights", by=desk.dana, now=desk.now)
    second = desk.hear("Novatel, my box blinks red and blue and green like a tree in winter", who="gigi")
    page = dana.get(f"/cases/{second.pk}").text
    assert "Dana judged a like post so on 2026-11-21" in page
    assert f'<a href="/cases/{first.pk}">Open case #{first.pk}</a>' in page
