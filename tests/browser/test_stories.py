"""The three stories of the articles, walked by a person at a browser, in English, French and Romanian (S0 to S4).

With `AMENDS_STORY_PICTURES=docs/pictures/stories` each walk leaves the pictures that `docs/guide/stories.md` shows.
"""

from __future__ import annotations

import io
import os
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import expect

from tests.browser.desks import PATIENCE, Person, find_case
from tests.journey.running import RunningDesk, eventually

pytestmark = pytest.mark.browser
expect.set_options(timeout=PATIENCE)


@dataclass(frozen=True, kw_only=True)
class Story:
    """Who is met, and what is written to them."""

    locale: str
    angry: str
    heated: str
    answer: str
    then: str
    fan_says: str
    troll: str
    insult: str
    feeding: str
    private: str
    leak: str
    line: str
    message: str


STORIES = {
    "en": Story(
        locale="en-GB",
        angry="maeve_knits",
        heated="You should have read your contract before shouting here, lol.",
        answer=(
            "Maeve, three mornings lost and nobody came: I am sorry, that is not okay. Which town are you in, and when "
            "were the slots? I will write to you with news in 2 hours."
        ),
        then=(
            "Thank you, Maeve. The engineer went to the wrong side of town, because your street was cut off in our list; it "
            "is put right now. She comes today at 3 pm. Does that suit you?"
        ),
        fan_says="Yes, all sorted",
        troll="xx_gr1mlock_xx",
        insult="brain-dead worm",
        feeding="You are the only idiot here. Shut up and read your contract.",
        private="tess_and_moss",
        leak="Tess, is it still 12 Mill Lane, Bath? Ring me on 07700 900123 and I will look.",
        line="Tess, twice to the wrong door, after you had changed it: I am sorry. I have written to you privately.",
        message=(
            "Tess, I am sorry about the router. To send it only to you: which address should be on the account, and who "
            "else may see it? I will write to you with the answer in 4 hours."
        ),
    ),
    "fr": Story(
        locale="fr-FR",
        angry="camille.brd",
        heated="Vous auriez dû lire votre contrat avant de crier ici, mdr.",
        answer=(
            "Camille, être prélevée deux fois, c’est rageant, et j’en suis désolée. De quelles dates sont les deux "
            "prélèvements ? Je vous écris d’ici 2 heures avec des nouvelles."
        ),
        then=(
            "Merci Camille. Les deux fichiers étaient partis vers la banque le même jour, c’est corrigé, et le second "
            "prélèvement vous est rendu. Est-ce que tout est réglé pour vous ? Êtes-vous satisfaite ?"
        ),
        fan_says="remboursement reçu",
        troll="le_grand_raleur",
        insult="cafards incompétents",
        feeding="Le seul idiot ici, c’est vous. Taisez-vous et relisez votre contrat.",
        private="mathilde_r",
        leak="Mathilde, votre adresse est bien mathilde.roux@courriel.example ? Appelez-moi au 06 12 34 56 78.",
        line="Mathilde, des frais pour une facture jamais reçue, c’est agaçant, désolée. Je vous ai écrit en privé.",
        message=(
            "Mathilde, je suis désolée pour ces frais. Pour que les prochaines factures arrivent bien : quelle adresse "
            "voulez-vous voir sur votre compte ? Je vous réponds d’ici 4 heures."
        ),
    ),
    "ro": Story(
        locale="ro-RO",
        angry="ioana.dobre_",
        heated="Trebuia să citiți contractul înainte să țipați aici, haha.",
        answer=(
            "Ioana, o zi liberă pierdută degeaba e foarte neplăcut și îmi pare rău. În ce oraș sunteți și când era "
            "programarea? Vă scriu cu noutăți în 2 ore."
        ),
        then=(
            "Mulțumesc, Ioana. Tehnicianul avea strada greșită în listă, iar acum e corectată. Vine mâine după ora 16. "
            "Totul e în regulă acum? Sunteți mulțumită?"
        ),
        fan_says="totul e în regulă acum",
        troll="anonim_suparat77",
        insult="jigodii",
        feeding="Singurul idiot de aici ești tu. Taci din gură și citește contractul.",
        private="gabi_mures",
        leak="Gabi, IBAN-ul este RO49AAAA1B31007593840000? Sunați-mă la 0722 123 456.",
        line="Gabi, să tot așteptați din februarie e obositor și îmi pare rău. V-am scris în privat.",
        message=(
            "Gabi, îmi pare rău pentru așteptare. Ca banii să ajungă doar la dumneavoastră: pe ce nume este contul? "
            "Vă răspund în 4 ore."
        ),
    ),
}


@pytest.fixture(scope="module")
def stories_desk(tmp_path_factory) -> Iterator[RunningDesk]:
    """A desk at which all three stories happen; people answer within a second."""
    home = tmp_path_factory.mktemp("stories") / "home"
    settings = {"AMENDS_EXAMPLE_SPEED": "200", "AMENDS_UNDO_SECONDS": "1"}
    with RunningDesk(home, **settings) as desk:
        desk.post("/start/example")
        eventually(lambda: desk.get("/cases", view="all", limit=1)["counts"]["all"] >= 140, 90)
        yield desk


@pytest.fixture(scope="module")
def stories_state(stories_desk, chromium) -> Any:
    person = Person(chromium, stories_desk.base)
    person.sign_in(stories_desk.sign_in_link())
    state = person.context.storage_state()
    person.close()
    return state


@pytest.fixture(params=STORIES)
def language(request) -> str:
    return str(request.param)


@pytest.fixture
def dana(language, stories_desk, stories_state, chromium) -> Iterator[Person]:
    """At work, with a browser in the language of the story."""
    person = Person(
        chromium,
        stories_desk.base,
        stories_state,
        locale=STORIES[language].locale,
        viewport={"width": 1280, "height": 900},
        reduced_motion="reduce",
    )
    yield person
    person.close()
    person.noticed.assert_nothing()


@pytest.fixture
def picture(language, dana) -> Callable[[str], None]:
    """Keeps what the page shows under a name, where pictures are asked for."""
    folder = os.environ.get("AMENDS_STORY_PICTURES", "")

    def take(name: str) -> None:
        if not folder:
            return
        from PIL import Image

        Path(folder).mkdir(parents=True, exist_ok=True)
        dana.page.wait_for_timeout(400)
        shot = Image.open(io.BytesIO(dana.page.locator("#case").screenshot(caret="initial")))
        shot.quantize(128, dither=Image.Dither.NONE).save(
            Path(folder) / f"{name}-{language}.png", optimize=True
        )

    return take


def opened(dana: Person, desk: RunningDesk, handle: str) -> int:
    case = eventually(lambda: find_case(desk, handle))
    dana.open_case(case["id"])
    assert (
        dana.page.evaluate("document.documentElement.lang")[:2]
        == dana.page.evaluate("navigator.language")[:2]
    )
    return int(case["id"])


def replies(desk: RunningDesk, case_id: int) -> list[dict[str, Any]]:
    """What we sent, as the network has it."""
    told = [each["reply"] for each in desk.get(f"/cases/{case_id}")["timeline"] if each["what"] == "reply"]
    return [each for each in told if each["status"] == "sent"]


def verdict(dana: Person, level: str) -> Any:
    return dana.page.locator(f"#review .says.{level}").first


def is_open_to_send(dana: Person) -> None:
    expect(dana.page.locator("#send")).to_have_attribute("aria-disabled", "false")


def test_the_angry_customer_becomes_a_fan(language, dana, stories_desk, picture):
    story, page = STORIES[language], dana.page
    case = opened(dana, stories_desk, story.angry)

    # What a tired person writes first is not what goes out (A1, A4, A6).
    dana.write(story.heated)
    expect(page.locator("#review .says.block, #review .says.warn").first).to_be_visible()
    expect(page.locator("#review .coach li.done")).to_have_count(0)
    picture("fan-1-stopped")

    # The coach leads to the answer that is heard; its promise is noted with it (A1, M1).
    dana.write(story.answer)
    expect(page.locator("#review .says.block")).to_have_count(0)
    assert page.locator("#review .coach li.done").count() >= 3
    expect(page.locator("#review .promise input")).to_be_checked()
    is_open_to_send(dana)
    picture("fan-2-coached")
    page.locator("#send").click()
    eventually(lambda: len(replies(stories_desk, case)) == 1, 60)
    eventually(lambda: theirs(stories_desk, case) >= 2, 60)
    assert stories_desk.get(f"/cases/{case}")["promises"]

    # They gave the facts; what was found is told, and they are asked (M3).
    page.reload()
    dana.write(story.then)
    is_open_to_send(dana)
    page.locator("#send").click()
    eventually(lambda: len(replies(stories_desk, case)) == 2, 60)
    page.reload()
    page.locator('[data-purpose="ask_satisfied"]').click()
    expect(page.locator("#purpose")).to_be_visible()
    is_open_to_send(dana)
    page.locator("#send").click()
    eventually(lambda: len(replies(stories_desk, case)) == 3, 60)
    expect(page.locator("#case-thread")).to_contain_text(story.fan_says)
    page.locator('#case-helpers button[name="satisfied"][value="yes"]').click()
    keep_promises(stories_desk, case)
    page.reload()
    page.locator('#case-helpers button[name="how"][value="satisfied"]').click()
    expect(page.locator("#composer-wrap .good")).to_be_visible()
    page.locator("#case-thread").evaluate("thread => thread.scrollTo(0, thread.scrollHeight)")
    picture("fan-3-satisfied")
    assert stories_desk.get(f"/cases/{case}")["closing"] == "satisfied"


def theirs(desk: RunningDesk, case_id: int) -> int:
    return sum(each["what"] == "mention" for each in desk.get(f"/cases/{case_id}")["timeline"])


def keep_promises(desk: RunningDesk, case_id: int) -> None:
    for promise in desk.get(f"/cases/{case_id}")["promises"]:
        if not promise["kept_at"] and not promise["withdrawn_at"]:
            desk.post(f"/promises/{promise['id']}/keep")


def test_the_troll_is_left_alone(language, dana, stories_desk, picture):
    story, page = STORIES[language], dana.page
    case = opened(dana, stories_desk, story.troll)

    # The words are veiled: not even in the page (A7).
    assert story.insult not in page.content()
    picture("troll-1-veiled")

    # Who bites is held back (W6, A6).
    dana.write(story.feeding)
    expect(verdict(dana, "warn")).to_be_visible()
    page.locator("#send").click()
    resting = page.locator("#case-cooling section")
    expect(resting).to_be_visible()
    picture("troll-2-rests")
    resting.locator("form button").click()
    expect(resting).to_have_count(0)

    # The desk was not sure that there is no matter in it: who read it says so (W5).
    if stories_desk.get(f"/cases/{case}")["kind"] != "abuse":
        page.locator("#act-triage > summary").click()
        page.locator('#act-triage button[name="kind"][value="abuse"]').click()
        eventually(lambda: stories_desk.get(f"/cases/{case}")["kind"] == "abuse", 30)
        page.reload()

    # Not to answer is a decision: with a reason, on record, and it can be undone.
    page.locator("#act-more > summary").click()
    page.locator("#act-mute > summary").click()
    page.locator('#act-mute input[name="why"]').first.check()
    page.locator("#act-mute button").last.click()
    expect(page.locator("#case-muted")).to_be_visible()
    picture("troll-3-left-alone")
    assert case not in [row["id"] for row in stories_desk.get("/cases", view="due", limit=100)["items"]]
    page.locator("#case-muted button").click()
    expect(page.locator("#case-muted")).to_have_count(0)
    assert replies(stories_desk, case) == []


def test_a_private_matter_leaves_the_public_thread(language, dana, stories_desk, picture):
    story, page = STORIES[language], dana.page
    case = opened(dana, stories_desk, story.private)

    # What is private is stopped, and the way out is one click (A5, A12).
    dana.write(story.leak)
    expect(verdict(dana, "block")).to_be_visible()
    picture("private-1-stopped")
    page.locator('#review [data-move="direct"]').first.click()
    expect(page.locator('#composer .mode[data-mode="direct"]')).to_have_attribute("aria-pressed", "true")

    # A private message, and a line that bystanders see (M5).
    dana.write(story.message, mode="direct")
    page.locator('#composer input[name="both"]').check()
    page.locator('#composer textarea[name="public_line"]').fill(story.line)
    page.locator("#see-preview").click()
    expect(page.locator("#preview")).to_contain_text(story.line[:40])
    expect(page.locator("#review .says.block")).to_have_count(0)
    is_open_to_send(dana)
    picture("private-2-both")
    page.locator("#send").click()
    sent = eventually(lambda: (out := replies(stories_desk, case)) and len(out) == 2 and out, 60)
    by_visibility = {each["visibility"]: each["text"] for each in sent}
    assert by_visibility == {"public": story.line, "direct": story.message}
    assert not re.search(r"\d{4}|@", by_visibility["public"])
    page.reload()
    page.locator("#case-thread").evaluate("thread => thread.scrollTo(0, thread.scrollHeight)")
    picture("private-3-sent")
