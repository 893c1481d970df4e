"""The stream that carries work between the steps, and the names of its topics."""

from __future__ import annotations

from amends.store.models import Task
from amends.stream.base import Stream
from amends.stream.embedded import Embedded

#: A capture waits to be read.
READ = "read_capture"


def stream() -> Stream:
    """The stream in use: the embedded one, on the desk's own database."""
    return Embedded(Task)
