"""A database of our own on a PostgreSQL server that was given to us."""

from __future__ import annotations

import os
from urllib.parse import urlsplit, urlunsplit


def own_database(url: str) -> str:
    """Make a database on the server that `url` names; gives its address. Drop it with `drop`."""
    name = f"amends_bench_{os.getpid()}"
    _administer(url, f'CREATE DATABASE "{name}"')
    return urlunsplit(urlsplit(url)._replace(path=f"/{name}"))


def drop(url: str) -> None:
    name = urlsplit(url).path.lstrip("/")
    _administer(
        urlunsplit(urlsplit(url)._replace(path="/postgres")), f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE)'
    )


def _administer(url: str, order: str) -> None:
    import psycopg

    with psycopg.connect(url, autocommit=True) as direct:
        direct.execute(order)  # type: ignore[arg-type]
