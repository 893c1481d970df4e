"""What the rows say of the mentions of one page, looked up together."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence

from amends.core.mention import Mention
from amends.document.casefile import ThreadCase
from amends.store import models as rows

#: So many mentions are looked up in one statement; a database takes only so many values in one.
AT_ONCE = 400


class Seen:
    """What the desk holds already of some mentions: their rows, authors, threads, and our own replies among them.

    Read in a few statements, and kept up to date with what is added. True as long as the log is locked."""

    def __init__(self, mentions: Sequence[Mention]) -> None:
        self.mentions: dict[tuple[str, str], rows.Mention] = {}
        self.authors: dict[tuple[str, str], rows.Author] = {}
        self._threads: dict[tuple[str, str], dict[int, str]] = defaultdict(dict)
        """Of each id of a thread or post: its cases, and their authors' ids."""
        self._answers: dict[tuple[str, str], dict[int, str]] = defaultdict(dict)
        """The same of each reply that we sent."""
        self._sent: set[tuple[str, str]] = set()
        """Ids and keys of our replies, sent or on their way."""
        by_network: dict[str, list[Mention]] = defaultdict(list)
        for each in mentions:
            by_network[each.network].append(each)
        for network, group in by_network.items():
            for start in range(0, len(group), AT_ONCE):
                self._look_up(network, group[start : start + AT_ONCE])

    def _look_up(self, network: str, group: Sequence[Mention]) -> None:
        here = rows.Mention.objects.filter(network=network)
        for row in here.select_related("author").filter(remote_id__in={each.remote_id for each in group}):
            self.mentions[network, row.remote_id] = row
        people = {each.author.remote_id[:500] for each in group}
        for author in rows.Author.objects.filter(network=network, remote_id__in=people):
            self.authors[network, author.remote_id] = author
        if ids := {name for each in group for name in _thread_names(each)}:
            of_thread = here.filter(case__isnull=False)
            threads = of_thread.filter(thread_id__in=ids) | of_thread.filter(remote_id__in=ids)
            for thread_id, remote_id, case_id, author_id in threads.values_list(
                "thread_id", "remote_id", "case_id", "case__author__remote_id"
            ):
                self._threads[network, thread_id][case_id] = author_id
                self._threads[network, remote_id][case_id] = author_id
            answered = rows.OutboxEntry.objects.filter(
                case__network=network, remote_id__in=ids, status="sent"
            )
            for remote_id, case_id, author_id in answered.values_list(
                "remote_id", "case_id", "case__author__remote_id"
            ):
                self._answers[network, remote_id][case_id] = author_id
        if ours := {name for each in group if each.is_ours for name in _own_names(each)}:
            sent = rows.OutboxEntry.objects.filter(case__network=network)
            for pair in (sent.filter(remote_id__in=ours) | sent.filter(key__in=ours)).values_list(
                "remote_id", "key"
            ):
                self._sent.update((network, name) for name in pair if name)

    def add(self, row: rows.Mention) -> None:
        """A mention that is new."""
        self.mentions[row.network, row.remote_id] = row
        if row.case is not None:
            for name in (row.thread_id, row.remote_id):
                self._threads[row.network, name][row.case.pk] = row.case.author.remote_id

    def same(self, row: rows.Mention) -> rows.Mention:
        """The one object for a row, where it was looked up before."""
        return self.mentions.setdefault((row.network, row.remote_id), row)

    def cases_of(self, mention: Mention) -> list[ThreadCase]:
        """The cases that the mention's thread already has, newest first."""
        pairs: dict[int, str] = {}
        for name in _thread_names(mention):
            pairs |= self._threads.get((mention.network, name), {})
            pairs |= self._answers.get((mention.network, name), {})
        return [ThreadCase(case_id=pk, author_id=pairs[pk]) for pk in sorted(pairs, reverse=True)]

    def answers_us(self, mention: Mention) -> bool:
        return (mention.network, mention.in_reply_to) in self._answers

    def is_sent_by_desk(self, mention: Mention) -> bool:
        """Our own reply, coming back by the stream: its row is the outbox entry."""
        return any((mention.network, name) in self._sent for name in _own_names(mention))


def _thread_names(mention: Mention) -> list[str]:
    return [each for each in (mention.thread_id, mention.in_reply_to) if each]


def _own_names(mention: Mention) -> tuple[str, str]:
    return mention.remote_id, mention.remote_id.rsplit("/", 1)[-1]
