"""K9: colleagues, roles, links."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.core.cache import cache
from tests.makers import NOW, make_agent

from amends.core.graph import Refused
from amends.desk import people
from amends.store import models as rows

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def fresh_cache():
    cache.clear()


@pytest.fixture
def ada():
    return make_agent("Ada", "admin")


def test_a_link_signs_in_once(ada):
    token = people.make_link(ada, now=NOW)
    assert people.link_owner(token, now=NOW) == ada
    assert people.sign_in_with(token, now=NOW) == ada
    assert people.sign_in_with(token, now=NOW) is None
    assert token not in str(rows.SignInLink.objects.values())


def test_an_old_link_is_no_use(ada):
    token = people.make_link(ada, now=NOW)
    assert people.sign_in_with(token, now=NOW + timedelta(minutes=31)) is None


def test_a_colleague_is_invited_with_a_role(ada):
    bob, token = people.invite("Bob@Example.org ", "Bob", "agent", by=ada, now=NOW)
    assert (bob.email, bob.role) == ("bob@example.org", "agent")
    assert people.sign_in_with(token, now=NOW) == bob


@pytest.mark.parametrize(
    ("email", "name", "role"),
    [("nonsense", "Bob", "agent"), ("bob@example.org", " ", "agent"), ("bob@example.org", "Bob", "emperor")],
)
def test_an_invitation_that_cannot_be_is_refused(ada, email, name, role):
    with pytest.raises(Refused):
        people.invite(email, name, role, by=ada, now=NOW)


def test_nobody_is_invited_twice_and_not_by_everybody(ada):
    people.invite("bob@example.org", "Bob", "agent", by=ada, now=NOW)
    with pytest.raises(Refused, match="already"):
        people.invite("bob@example.org", "Bob", "agent", by=ada, now=NOW)
    with pytest.raises(Refused, match="role"):
        people.invite("eve@example.org", "Eve", "admin", by=make_agent("Lea", "lead"), now=NOW)


def test_the_last_admin_stays(ada):
    with pytest.raises(Refused, match="needs an admin"):
        people.change(ada.pk, role="agent", by=ada, now=NOW)
    with pytest.raises(Refused, match="needs an admin"):
        people.change(ada.pk, is_active=False, by=ada, now=NOW)


def test_who_leaves_gives_their_cases_back(desk):
    case = desk.hear("My Novatel router is broken")
    rows.Case.objects.filter(pk=case.pk).update(owner=desk.dana)
    people.change(desk.dana.pk, is_active=False, by=desk.admin, now=desk.now)
    assert desk.case().owner is None


def test_guessing_passwords_is_slowed_down(ada):
    people.set_password(ada, "a long enough word")
    assert people.check_password(ada.email, "a long enough word", machine="1") == ada
    for _ in range(people.MOST_TRIES):
        with pytest.raises(Refused, match="do not fit"):
            people.check_password(ada.email, "wrong", machine="2")
    with pytest.raises(Refused, match="Too many"):
        people.check_password(ada.email, "a long enough word", machine="3")


def test_an_easy_password_is_refused(ada):
    with pytest.raises(Refused):
        people.set_password(ada, "password12")


def test_an_api_key_acts_as_its_owner_until_revoked(ada):
    made = people.make_api_key(ada, "script", now=NOW)
    assert people.agent_of_api_key(made.token, now=NOW) == ada
    people.revoke_api_key(made.key.pk, by=ada, now=NOW)
    assert people.agent_of_api_key(made.token, now=NOW) is None
