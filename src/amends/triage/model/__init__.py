"""What trained models say of a post: the encoder, the n-gram tier, and the heads on both."""

from __future__ import annotations

from amends.core.say import Said


class BadModel(ValueError):
    """A file of a model that cannot be used; `reason` says why and what to do."""

    def __init__(self, reason: Said) -> None:
        self.reason = reason
        super().__init__(str(reason))
