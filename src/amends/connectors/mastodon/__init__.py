"""Mastodon and what speaks its API: the brand's account, hashtags and public timelines in; replies out, once.

Documentation: https://docs.joinmastodon.org/api/. `plain` turns a post's HTML into words, `status` reads answers (pure),
`place` is the cursor, `server` talks to one server, `connector` puts them together.
"""

from amends.connectors.mastodon.connector import Mastodon, MastodonSettings

__all__ = ["Mastodon", "MastodonSettings"]
