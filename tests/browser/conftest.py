"""One browser and one running desk for all tests here; a desk of its own where a test tells a whole story."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest

from tests.browser.desks import FLAGS, Person, axe_source, chromium_path
from tests.journey.running import RunningDesk, eventually


@pytest.fixture(scope="session")
def chromium() -> Iterator[Any]:
    from playwright.sync_api import sync_playwright

    with sync_playwright() as driver:
        browser = driver.chromium.launch(executable_path=chromium_path(), args=list(FLAGS))
        yield browser
        browser.close()


@pytest.fixture(scope="session")
def axe(tmp_path_factory) -> str:
    """axe-core's text. It is put into pages over the browser's own wire, so our policy need not let it in."""
    return axe_source(tmp_path_factory.mktemp("axe"))


@pytest.fixture(scope="session")
def town(tmp_path_factory) -> Iterator[RunningDesk]:
    """A desk to which the whole example town has spoken."""
    home = tmp_path_factory.mktemp("town") / "home"
    with RunningDesk(
        home, AMENDS_EXAMPLE_SPEED="200", AMENDS_UNDO_SECONDS="5", AMENDS_ALLOW_PRIVATE_FEEDS="1"
    ) as desk:
        desk.post("/start/example")
        eventually(lambda: desk.get("/cases", view="all", limit=1)["counts"]["all"] >= 140, 60)
        yield desk


@pytest.fixture(scope="session")
def ada_state(town, chromium) -> Any:
    """The admin's cookies."""
    ada = Person(chromium, town.base)
    ada.sign_in(town.sign_in_link())
    state = ada.context.storage_state()
    ada.close()
    return state


@pytest.fixture(scope="session")
def bea_state(town, chromium, ada_state) -> Any:
    """A colleague's cookies; she may work, and set up nothing."""
    ada, bea = Person(chromium, town.base, ada_state), Person(chromium, town.base)
    bea.sign_in(invite(ada, "Bea Lowe", "bea@telvoria.example"))
    state = bea.context.storage_state()
    ada.close()
    bea.close()
    return state


def invite(admin: Person, name: str, email: str) -> str:
    """The sign-in link that the page shows once."""
    page = admin.page
    page.goto("/people")
    page.get_by_label("Name", exact=True).fill(name)
    page.get_by_label("E-mail").fill(email)
    page.get_by_role("button", name="Invite").click()
    return page.locator("#link-way").input_value()


@pytest.fixture
def people(chromium, town) -> Iterator[Callable[..., Person]]:
    """`people(state)` opens a browser; when the test ends, none of them may have noticed anything wrong."""
    opened: list[Person] = []

    def person(state: Any = None, **options: Any) -> Person:
        opened.append(Person(chromium, town.base, state, **options))
        return opened[-1]

    yield person
    for each in opened:
        each.close()
    for each in opened:
        each.noticed.assert_nothing()


@pytest.fixture
def ada(people, ada_state) -> Person:
    return people(ada_state)


@pytest.fixture
def bea(people, bea_state) -> Person:
    return people(bea_state)
