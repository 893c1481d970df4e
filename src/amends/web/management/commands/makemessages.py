"""Collects every sentence for people: Django's own ways, `say` / `say_many` of the rooms, `setting` of the connectors,
and the pages of the guards in `policy/guards.toml`.

cd src/amends && python -m django makemessages -l fr -l ro --no-location
"""

import tomllib
from pathlib import Path
from typing import Any

from django.core.management.commands import makemessages

from amends.reply.rulebook import plain

#: The policy whose sentences people read, and the fields of a page that are sentences.
POLICY = "guards.toml"
SENTENCES = ("what", "why", "repair")


class BuildFile(makemessages.BuildFile):
    """A file on its way to xgettext, which cannot read TOML: the pages of the guards go as Python."""

    def preprocess(self) -> None:
        if self.translatable.file != POLICY:
            return super().preprocess()
        pages = tomllib.loads(Path(self.path).read_text(encoding="utf-8"))["pages"]
        said = [f"say({plain(page[name]).template!r})\n" for page in pages.values() for name in SENTENCES]
        Path(self.work_path).write_text("".join(said), encoding="utf-8")
        return None


class Command(makemessages.Command):
    build_file_class = BuildFile
    xgettext_options = [
        *makemessages.Command.xgettext_options,
        "--keyword=_n:1,2",
        "--keyword=say:1",
        "--keyword=say_many:1,2",
        "--keyword=setting:1",
        # “{percent} % of it” has no place-holder of the old kind.
        "--flag=say:1:no-python-format",
        "--flag=say_many:1:no-python-format",
    ]

    def find_files(self, root: str) -> Any:
        self.extensions.add(".toml")
        found = super().find_files(root)
        return [each for each in found if not each.file.endswith(".toml") or each.file == POLICY]

    def process_locale_dir(self, locale_dir: Any, files: Any) -> None:
        super().process_locale_dir(locale_dir, files)
        # xgettext takes one text from a call, and `setting` has two: what a field is called, and its help.
        usual = self.xgettext_options
        self.xgettext_options = ["--from-code=UTF-8", "--keyword", "--keyword=setting:2"]
        super().process_locale_dir(locale_dir, files)
        self.xgettext_options = usual
