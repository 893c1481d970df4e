"""Collects every sentence for people: Django's own ways, `say` / `say_many` of the rooms, `setting` of the connectors.

cd src/amends && python -m django makemessages -l fr -l ro --no-location
"""

from typing import Any

from django.core.management.commands import makemessages


class Command(makemessages.Command):
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

    def process_locale_dir(self, locale_dir: Any, files: Any) -> None:
        super().process_locale_dir(locale_dir, files)
        # xgettext takes one text from a call, and `setting` has two: what a field is called, and its help.
        usual = self.xgettext_options
        self.xgettext_options = ["--from-code=UTF-8", "--keyword", "--keyword=setting:2"]
        super().process_locale_dir(locale_dir, files)
        self.xgettext_options = usual
