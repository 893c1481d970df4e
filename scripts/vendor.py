#!/usr/bin/env python3
"""Fetch the front-end files that the desk serves itself, and record where each came from.

    uv run --with fonttools --with brotli scripts/vendor.py

Takes the pinned npm packages with `npm pack` in a temporary folder, copies the few files that are used, keeps of the
second font file only the letters of Europe's languages, draws the Lucide icons that the templates name into one sprite,
and writes `VENDORED.json` (package, version, licence, sha256).
"""

from __future__ import annotations

import hashlib
import io
import json
import re
import subprocess
import sys
import tarfile
import tempfile
from pathlib import Path

WEB = Path(__file__).resolve().parent.parent / "src" / "amends" / "web"
TARGET = WEB / "static" / "vendor"

#: package → version, licence, {path in the package: name here}. htmx 4 is another API: stay on 2.
PACKAGES = {
    "htmx.org": ("2.0.11", "0BSD", {"dist/htmx.min.js": "htmx.min.js", "LICENSE": "LICENSE-htmx.txt"}),
    "@fontsource-variable/inter": (
        "5.3.0",
        "OFL-1.1",
        {
            "files/inter-latin-wght-normal.woff2": "inter-latin.woff2",
            # ș ț ă of Romanian lie here; the browser fetches it only for pages that hold them. See EXTENDED.
            "files/inter-latin-ext-wght-normal.woff2": "inter-latin-ext.woff2",
            "LICENSE": "LICENSE-inter.txt",
        },
    ),
    "lucide-static": ("1.62.0", "ISC", {"LICENSE": "LICENSE-lucide.txt"}),
}
#: What is kept of the font's second file, as in the stylesheet's unicode-range: whole, it weighs 85 kB, more than all the
#: rest of a first visit.
EXTENDED = "U+0100-017F,U+0192,U+0218-021B,U+1E9E,U+20A0-20AB,U+20AD-20C0,U+2113"
SPRITE = "icons.svg"
_ICON = re.compile(r"""\{%\s*icon\s+["']([a-z0-9-]+)["']""")


def main() -> int:
    TARGET.mkdir(parents=True, exist_ok=True)
    found = {}
    with tempfile.TemporaryDirectory() as folder:
        for package, (version, licence, files) in PACKAGES.items():
            unpacked = _pack(package, version, Path(folder))
            wanted = {name: (unpacked / path).read_bytes() for path, name in files.items()}
            if "inter-latin-ext.woff2" in wanted:
                wanted["inter-latin-ext.woff2"] = _subset(wanted["inter-latin-ext.woff2"])
            if package == "lucide-static":
                wanted[SPRITE] = _sprite(unpacked / "icons")
            for name, body in wanted.items():
                (TARGET / name).write_bytes(body)
                found[name] = {
                    "package": package,
                    "version": version,
                    "licence": licence,
                    "sha256": hashlib.sha256(body).hexdigest(),
                }
    (TARGET / "VENDORED.json").write_text(
        json.dumps(found, indent=1, sort_keys=True) + "\n", encoding="utf-8"
    )
    print(f"{len(found)} files in {TARGET}")  # noqa: T201
    return 0


def _pack(package: str, version: str, folder: Path) -> Path:
    done = subprocess.run(  # noqa: S603
        ["npm", "pack", "--silent", f"{package}@{version}"],  # noqa: S607
        cwd=folder,
        check=True,
        capture_output=True,
        text=True,
    )
    archive = folder / done.stdout.strip().splitlines()[-1]
    unpacked = folder / re.sub(r"\W+", "-", package)
    with tarfile.open(archive) as tar:
        tar.extractall(unpacked, filter="data")
    return unpacked / "package"


def _subset(font: bytes) -> bytes:
    from fontTools import subset

    options = subset.Options(flavor="woff2", layout_features=["*"])
    whole = subset.load_font(io.BytesIO(font), options)
    kept = subset.Subsetter(options)
    kept.populate(unicodes=subset.parse_unicodes(EXTENDED))
    kept.subset(whole)
    body = io.BytesIO()
    subset.save_font(whole, body, options)
    return body.getvalue()


def icons_used() -> list[str]:
    """Every icon that a template draws with {% icon "…" %} or that Python names in `web/icons.py`."""
    names: set[str] = set()
    for template in WEB.glob("templates/**/*.html"):
        names.update(_ICON.findall(template.read_text(encoding="utf-8")))
    sys.path.insert(0, str(WEB))
    from icons import ICONS  # type: ignore[import-not-found]

    return sorted(names | set(ICONS))


def _sprite(folder: Path) -> bytes:
    symbols = []
    for name in icons_used():
        svg = (folder / f"{name}.svg").read_text(encoding="utf-8")
        inner = re.sub(r"<!--.*?-->|</?svg[^>]*>", "", svg, flags=re.DOTALL)
        drawn = " ".join(inner.split())
        symbols.append(f'<symbol id="{name}" viewBox="0 0 24 24">{drawn}</symbol>')
    return ('<svg xmlns="http://www.w3.org/2000/svg">' + "".join(symbols) + "</svg>\n").encode()


if __name__ == "__main__":
    raise SystemExit(main())
