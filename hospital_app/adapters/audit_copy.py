"""审计副本: sealed entries in MongoDB's collection `audit`, one document for each link, under the link's number."""

import sqlite3
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any

from pymongo.errors import PyMongoError

from hospital_app.adapters.event_log import DATABASE, EMBEDDED, connect, insert
from hospital_app.ports import Unreachable

COLLECTION = "audit"


class MongoAuditCopy:
    """AuditCopy. Belongs to one thread: the embedded store's handle does."""

    def __init__(self, url: str, *, keep_days: int) -> None:
        self._url = url
        self._keep_days = keep_days
        self._client: Any = None

    def newest(self) -> tuple[int, str] | None:
        with self._reached() as collection:
            found = list(collection.find({}).sort("_id", -1).limit(1))
        return (int(found[0]["_id"]), str(found[0]["hash"])) if found else None

    def keep(self, links: Sequence[Mapping[str, Any]]) -> None:
        with self._reached() as collection:
            insert(collection, [{"_id": link["seq"], **link} for link in links])

    @contextmanager
    def _reached(self) -> Iterator[Any]:
        """The collection; after a fault the next call connects anew."""
        fresh = self._client is None
        try:
            self._client = self._client or connect(self._url)
            collection = self._client[DATABASE][COLLECTION]
            if fresh and not self._url.startswith(EMBEDDED):
                collection.create_index("at", expireAfterSeconds=self._keep_days * 86400)
            yield collection
        except (PyMongoError, sqlite3.Error, OSError) as fault:
            if self._client is not None:
                self._client.close()
            self._client = None
            raise Unreachable(f"MongoDB: {type(fault).__name__}") from fault
