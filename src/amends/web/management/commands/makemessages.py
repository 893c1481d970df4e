"""Collects every sentence for people: Django's own ways, and `say` / `say_many` of the rooms.

cd src/amends && python -m django makemessages -l fr -l ro --no-location
"""

from django.core.management.commands import makemessages


class Command(makemessages.Command):
    xgettext_options = [
        *makemessages.Command.xgettext_options,
        "--keyword=say:1",
        "--keyword=say_many:1,2",
        "--keyword=setting:1",
        "--keyword=setting:2",
    ]
