"""The request as our middleware hands it on, for type checkers: who asks, and when."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Any

from django.http import HttpRequest

if TYPE_CHECKING:

    class Asked(HttpRequest):
        """A request with the agent (None: a stranger) and the moment (aware, UTC)."""

        agent: Any
        now: datetime
        LANGUAGE_CODE: str
        organisation: Any

else:
    Asked = HttpRequest
