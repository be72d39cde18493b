"""审计副本: sealed entries in MongoDB's collection `audit`, one document for each link, under the link's number."""

import sqlite3
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import datetime
from typing import Any

from pymongo.errors import PyMongoError

from hospital_app.adapters.event_log import DATABASE, EMBEDDED, connect, insert
from hospital_app.ports import Unreachable

COLLECTION = "audit"


class MongoAuditCopy:
    """AuditCopy. Belongs to one thread: the embedded store's handle does."""

    def __init__(self, url: str) -> None:
        self._url = url
        self._client: Any = None

    def newest(self) -> tuple[int, str] | None:
        with self._reached() as collection:
            found = list(collection.find({}).sort("_id", -1).limit(1))
        return (int(found[0]["_id"]), str(found[0]["hash"])) if found else None

    def keep(self, links: Sequence[Mapping[str, Any]]) -> None:
        with self._reached() as collection:
            insert(collection, [{"_id": link["seq"], **link} for link in links])

    def forget(self, before: datetime) -> int:
        with self._reached() as collection:
            return int(collection.delete_many({"at": {"$lt": before}}).deleted_count)

    @contextmanager
    def _reached(self) -> Iterator[Any]:
        """The collection; after a fault the next call connects anew."""
        fresh = self._client is None
        try:
            self._client = self._client or connect(self._url)
            collection = self._client[DATABASE][COLLECTION]
            if fresh and not self._url.startswith(EMBEDDED):
                _let_the_rule_decide(collection)
                collection.create_index("at")
            yield collection
        except (PyMongoError, sqlite3.Error, OSError) as fault:
            if self._client is not None:
                self._client.close()
            self._client = None
            raise Unreachable(f"MongoDB: {type(fault).__name__}") from fault


def _let_the_rule_decide(collection: Any) -> None:
    """An index of former versions let the server itself forget, after what the configuration said at its making."""
    for name, index in collection.index_information().items():
        if "expireAfterSeconds" in index:
            collection.drop_index(name)
