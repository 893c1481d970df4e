"""Collects every sentence for people: Django's own ways, and `say` / `say_many` / `setting` of the rooms and connectors.

cd src/amends && python -m django makemessages -l fr -l ro --no-location
"""

from typing import Any

from django.core.management.commands import makemessages


class Command(makemessages.Command):
    xgettext_options = [
        *makemessages.Command.xgettext_options,
        "--keyword=say:1",
        "--keyword=say_many:1,2",
        "--keyword=setting:1",
        "--keyword=_n:1,2",
    ]

    def process_locale_dir(self, locale_dir: Any, files: list[Any]) -> None:
        """Reads the files twice: xgettext takes one argument of a call as a sentence, and `setting` has two."""
        super().process_locale_dir(locale_dir, files)
        usual = self.xgettext_options
        others = [option for option in usual if not option.startswith("--keyword")]
        self.xgettext_options = [*others, "--keyword", "--keyword=setting:2"]
        super().process_locale_dir(locale_dir, files)
        self.xgettext_options = usual
