"""The command `amends`. `main` sets Django up and picks the language; the commands are in `commands.py`."""

from __future__ import annotations

import os
import secrets
import sys


def language_of_terminal() -> str:
    """The desk's language that the terminal asks for (LC_ALL, LC_MESSAGES, LANG), else English."""
    asked = next((os.environ[name] for name in ("LC_ALL", "LC_MESSAGES", "LANG") if os.environ.get(name)), "")
    code = asked[:2].lower()
    return code if code in ("fr", "ro") else "en"


def main() -> None:
    """Entry point of the command `amends`."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "amends.site.settings")
    if sys.argv[1:2] in (["lint"], ["triage"]):
        # It needs no desk: where there is none, no data folder is made to keep a key in.
        os.environ.setdefault("AMENDS_SECRET_KEY", secrets.token_urlsafe(50))
    from django.core.exceptions import ImproperlyConfigured

    from amends.core.policy import BadPolicy

    try:
        import django

        django.setup()
    except (ImproperlyConfigured, ValueError, OSError) as wrong:
        sys.stderr.write(f"amends: {wrong}\n")
        sys.exit(1)
    from django.utils import translation

    translation.activate(language_of_terminal())
    from amends.cli.commands import run

    try:
        run()
    except BadPolicy as wrong:
        sys.stderr.write(f"amends: {wrong}\n")
        sys.exit(1)
