"""Sentences for people, made where decisions are made and translated where they are shown.

A room may not know the reader's language, and a reason is kept with the case for readers of any language. So a
room returns a `Said`: the English sentence as a template, and the values to put in. The doors translate the
template (it is the message id of the catalogues in `locale/`) and fill it in.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Union

#: A sentence may hold another: why a source stopped, the name of a field. It is translated with it.
Value = Union[str, int, "Said"]
Translate = Callable[[str, str, int], str]


@dataclass(frozen=True)
class Said:
    """One sentence: an English template with `{names}`, its plural where it counts something, and its values."""

    template: str
    values: tuple[tuple[str, Value], ...] = ()
    plural: str = ""

    def __str__(self) -> str:
        return self.render(lambda one, many, n: one if n == 1 or not many else many)

    def render(self, translate: Translate) -> str:
        """The sentence in the language of `translate(template, plural, n)`; `n` is 1 where nothing is counted."""
        values = {
            name: value.render(translate) if isinstance(value, Said) else value for name, value in self.values
        }
        n = values.get("n", 1)
        template = translate(self.template, self.plural, n if isinstance(n, int) else 1)
        try:
            return template.format(**values)
        except (KeyError, IndexError, ValueError):
            # A translation with a broken place-holder must not hide the reason: fall back to the English one.
            return self.template.format(**values)

    def as_json(self) -> dict[str, Any]:
        """The form that is stored beside a case."""
        kept: dict[str, Any] = {"t": self.template}
        if self.values:
            kept["v"] = {
                name: value.as_json() if isinstance(value, Said) else value for name, value in self.values
            }
        if self.plural:
            kept["p"] = self.plural
        return kept

    @classmethod
    def from_json(cls, kept: Mapping[str, Any]) -> Said:
        """The sentence that `as_json` stored. A template with braces that do not fit is shown as it is."""
        values = (
            (name, cls.from_json(value) if isinstance(value, Mapping) else value)
            for name, value in kept.get("v", {}).items()
        )
        return cls(str(kept["t"]), tuple(values), str(kept.get("p", "")))


def say(template: str, **values: Value) -> Said:
    """A sentence for people. `makemessages` collects the template."""
    return Said(template, tuple(values.items()))


def say_many(one: str, many: str, *, n: int, **values: Value) -> Said:
    """A sentence that counts: `{n}` things. `makemessages` collects both forms."""
    return Said(one, (("n", n), *values.items()), many)
