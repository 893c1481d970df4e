"""How the command line speaks: words for people, or with `--json` one object for programs; exit codes that tell.

0: done. 1: it could not be done, and why was said. 2: the command was written wrongly (typer's own).
"""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, NoReturn

import typer
from django.utils.translation import gettext, ngettext
from rich.console import Console

from amends.core.graph import Refused
from amends.core.say import Said

out = Console(highlight=False, soft_wrap=True)
err = Console(stderr=True, highlight=False, soft_wrap=True)


def words(said: Said) -> str:
    """A `Said` in the terminal's language."""
    return said.render(lambda one, many, n: ngettext(one, many, n) if many else gettext(one))


def tell(text: str) -> None:
    """A line for people, on standard error where standard output is for a program."""
    err.print(text, markup=False)


def show(text: str) -> None:
    """A line that is the answer."""
    out.print(text, markup=False)


def show_json(value: Any) -> None:
    sys.stdout.write(json.dumps(value, ensure_ascii=False, default=str) + "\n")


def fail(*lines: str, as_json: bool = False) -> NoReturn:
    """Say why it could not be done, and end with 1."""
    if as_json:
        show_json({"ok": False, "error": " ".join(lines)})
    else:
        for line in lines:
            tell(line)
    raise typer.Exit(1)


@contextmanager
def refusing(as_json: bool = False) -> Iterator[None]:
    """Turn the desk's refusals into words and exit code 1."""
    try:
        yield
    except Refused as why:
        fail(*(words(each) for each in why.reasons), as_json=as_json)
