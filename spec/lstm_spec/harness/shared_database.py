"""Cases that refuted a claim, shared by machines through a Redis server."""

from __future__ import annotations

import contextlib
from collections.abc import Iterable
from typing import Any

from hypothesis.database import ExampleDatabase

SECONDS = 5
"""After these a server that does not answer is given up."""


class UnreachableError(ValueError):
    """There is no such database; the message says why, and what to do."""


class Found(ExampleDatabase):
    """A database on Redis. If the server is lost, claims are tried without what it holds."""

    def __init__(self, database: ExampleDatabase, errors: type[Exception]) -> None:
        """Keep what is found in a database that raises such errors."""
        super().__init__()
        self.database = database
        self.errors = errors

    def fetch(self, key: bytes) -> Iterable[bytes]:
        """Return what was found by any machine."""
        with contextlib.suppress(self.errors):
            return list(self.database.fetch(key))
        return []

    def save(self, key: bytes, value: bytes) -> None:
        """Keep what was found."""
        with contextlib.suppress(self.errors):
            self.database.save(key, value)

    def delete(self, key: bytes, value: bytes) -> None:
        """Drop what refutes nothing any more."""
        with contextlib.suppress(self.errors):
            self.database.delete(key, value)


def database(url: str) -> Found:
    """Return the database on a Redis server.

    Args:
        url: such as redis://HOST or redis://:PASSWORD@HOST:PORT.

    Raises:
        UnreachableError: redis is not installed, or nothing answers at the address.
    """
    try:
        import redis
        from hypothesis.extra.redis import RedisExampleDatabase
        from redis.backoff import NoBackoff
        from redis.retry import Retry
    except ModuleNotFoundError:
        needed = "a database needs redis: run `pip install redis`"
        raise UnreachableError(needed) from None
    options: dict[str, Any] = dict.fromkeys(("socket_timeout", "socket_connect_timeout"), SECONDS)
    try:
        server = redis.Redis.from_url(url, retry=Retry(NoBackoff(), 0), **options)
        server.ping()
    except (redis.RedisError, ValueError) as error:
        raise UnreachableError(f"no Redis server answers at {url}: {error}") from None
    return Found(RedisExampleDatabase(server), redis.RedisError)
