#!/usr/bin/env python3
"""Take the README's pictures of a desk that really runs, with the example town, in a temporary folder.

    python3 scripts/screenshot.py [folder]

Writes `inbox-light.png`, `inbox-dark.png`, `case.png`, `phone.png` and `plan.png` to docs/pictures (or the folder given).
Needs Debian's chromium, and Pillow to make the files small: `uv run --with pillow scripts/screenshot.py`.
"""

from __future__ import annotations

import io
import sys
import tempfile
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
sys.path[:0] = [str(ROOT), str(ROOT / "src")]

from tests.browser.desks import FLAGS, Person, chromium_path, find_case  # noqa: E402
from tests.journey.running import RunningDesk, eventually  # noqa: E402

DESKTOP = {"width": 1440, "height": 880}
PHONE = {"width": 390, "height": 844}
LARGEST = 200_000
"""Bytes of one picture."""

ANSWER = (
    "Maeve, three mornings lost and nobody came: I am sorry, that is not okay. Which town are you in, and when were "
    "the slots? I will write to you with news in 2 hours."
)
DRAFT = (
    "I hear you, Maeve, and I am sorry: the engineer went to the wrong side of town, because your address was cut off in our "
    "list. She rings you first today. Does 3 pm suit you? I will write to you again in 4 hours."
)


def main() -> int:
    from playwright.sync_api import sync_playwright

    folder = Path(sys.argv[1]) if len(sys.argv) > 1 else ROOT / "docs" / "pictures"
    folder.mkdir(parents=True, exist_ok=True)
    with (
        tempfile.TemporaryDirectory() as temporary,
        RunningDesk(Path(temporary) / "home", AMENDS_EXAMPLE_SPEED="100") as desk,
        sync_playwright() as driver,
    ):
        chromium = driver.chromium.launch(executable_path=chromium_path(), args=[*FLAGS, "--hide-scrollbars"])
        ada = Person(chromium, desk.base, viewport=DESKTOP)
        ada.sign_in(desk.sign_in_link())
        ada.page.goto("/settings")
        ada.page.get_by_label("Name", exact=True).fill("Ada Moran")
        ada.page.locator("form", has=ada.page.locator("#own-name")).get_by_role("button", name="Save").click()
        case = worked_on(desk, ada)
        state = ada.context.storage_state()
        ada.close()
        for name, way, options in (
            ("inbox-light", f"/cases/{case}", {"color_scheme": "light", "viewport": DESKTOP}),
            ("inbox-dark", f"/cases/{case}", {"color_scheme": "dark", "viewport": DESKTOP}),
            ("plan", "/plan", {"color_scheme": "light", "viewport": DESKTOP}),
            ("case", f"/cases/{case}", {"color_scheme": "light", "viewport": DESKTOP}),
            (
                "phone",
                "/",
                {"color_scheme": "light", "viewport": PHONE, "is_mobile": True, "device_scale_factor": 2},
            ),
        ):
            person = Person(chromium, desk.base, state, reduced_motion="reduce", **options)
            person.page.goto(way)
            # The picture of a case is without the queue.
            part = person.page.locator("#case") if name == "case" else person.page
            shot = picture(person.page, part)
            size = keep(shot, folder / f"{name}.png")
            print(f"{name}.png: {size // 1000} kB")  # noqa: T201
            person.close()
    return 0


def worked_on(desk: RunningDesk, ada: Person) -> int:
    """A morning at the desk: answered cases, one kept promise, and Maeve's case open with a draft."""
    desk.post("/start/example")
    eventually(lambda: desk.get("/cases", view="all", limit=1)["counts"]["all"] >= 140, 90)
    case = int(find_case(desk, "maeve_knits")["id"])
    desk.post(f"/cases/{case}/take")
    for number, handle in enumerate(("DanFromDerby", "nadia_in_leith", "geraint_w")):
        other = find_case(desk, handle)
        if other is not None:
            text = (
                "Dan, a missing parcel is maddening, and I am sorry. Which day was it due? I look at once.",
                "Nadia, no fee should come after June: I am sorry. Can you send me the screenshots in private?",
                "Geraint, 2 of 300 is not what you pay for, sorry. Since when, and is it the same by cable?",
            )[number]
            desk.post(f"/cases/{other['id']}/reply", {"text": text}, **{"Idempotency-Key": handle})
    ada.open_case(case)
    ada.write(ANSWER)
    ada.page.locator('#send[aria-disabled="false"]').click()
    ada.page.locator("#case-thread", has_text="OK, an actual human").wait_for()
    ada.write(DRAFT)
    ada.page.locator("#composer .saved", has_text="Draft saved").wait_for()
    return case


def picture(page: Any, part: Any) -> bytes:
    page.locator("h1:visible").first.wait_for()
    if page.locator("#composer").count():
        page.locator("#review .coach").wait_for(state="attached")
        page.locator('#composer textarea[data-mode="reply"]').evaluate("(one) => one.blur()")
    page.evaluate("document.fonts.ready.then(() => true)")
    shot: bytes = part.screenshot(animations="disabled", caret="hide")
    return shot


def keep(shot: bytes, path: Path) -> int:
    """Write the picture with as many colours as fit into LARGEST. Gives its size."""
    from PIL import Image

    image = Image.open(io.BytesIO(shot)).convert("RGB")
    for colours in (256, 128, 64):
        small = image.quantize(colours, method=Image.Quantize.MEDIANCUT, dither=Image.Dither.NONE)
        small.save(path, optimize=True)
        if path.stat().st_size < LARGEST:
            return path.stat().st_size
    raise SystemExit(f"{path.name} cannot be made smaller than {LARGEST} bytes")


if __name__ == "__main__":
    raise SystemExit(main())
