"""运行与行为事件 to MongoDB, in the background: the house never waits for it and never fails by it."""

import atexit
import logging
import os
import sqlite3
import threading
from collections import deque
from collections.abc import Mapping
from contextlib import suppress
from datetime import datetime
from itertools import groupby
from operator import itemgetter
from typing import Any

import litemongo
from bson import ObjectId
from bson.errors import BSONError
from pymongo import MongoClient
from pymongo.errors import BulkWriteError, PyMongoError

from hospital_app import clock

log = logging.getLogger(__name__)

EMBEDDED = "litemongo://"
DATABASE = "guahao"
DUPLICATE_KEY = 11000
CLOSE_SECONDS = 2.0

#: (collection, document)
Entry = tuple[str, dict[str, Any]]


def connect(url: str) -> Any:
    """A client of `mongodb://...`, or of the embedded store `litemongo:///directory`. Opens no connection."""
    if url.startswith(EMBEDDED):
        return litemongo.connect(url.removeprefix(EMBEDDED))
    return MongoClient(
        url, connect=False, serverSelectionTimeoutMS=1000, connectTimeoutMS=1000, socketTimeoutMS=5000, maxPoolSize=4
    )


class NullEventLog:
    """EventLog that keeps nothing."""

    def write(self, collection: str, event: Mapping[str, Any]) -> None:
        pass

    def forget(self, collection: str, before: datetime) -> int:
        return 0

    def close(self) -> None:
        pass


class MongoEventLog:
    """EventLog with a bounded queue and one thread that empties it in batches.

    The server away: the queue fills, then the oldest events go, counted in `dropped`. Every event gets its
    `_id` here, so that a batch repeated after a lost answer is stored once; and `at`, unless it has one.
    """

    def __init__(
        self,
        url: str,
        *,
        capacity: int = 10_000,
        batch: int = 500,
        linger_seconds: float = 0.05,
        longest_pause_seconds: float = 30,
        keep_days: int = 180,
    ) -> None:
        self.dropped = 0
        self._url = url
        self._capacity = capacity
        self._batch = batch
        self._linger_seconds = linger_seconds
        self._longest_pause_seconds = longest_pause_seconds
        self._keep_days = keep_days
        self._queue: deque[Entry] = deque()
        self._changed = threading.Condition()
        self._closed = False
        self._thread: threading.Thread | None = None
        self._prepared: set[str] = set()
        self._process = os.getpid()

    def write(self, collection: str, event: Mapping[str, Any]) -> None:
        if self._process != os.getpid():
            self._begin_in_child()
        document = {"_id": ObjectId(), "at": clock.now(), **event}
        with self._changed:
            if self._closed:
                self.dropped += 1
                return
            if len(self._queue) >= self._capacity:
                self._queue.popleft()
                self.dropped += 1
            self._queue.append((collection, document))
            self._changed.notify()
            if self._thread is None:
                self._start()

    def forget(self, collection: str, before: datetime) -> int:
        """Of its own connection, so that what is on its way in does not wait."""
        try:
            client = connect(self._url)
            try:
                return int(client[DATABASE][collection].delete_many({"at": {"$lt": before}}).deleted_count)
            finally:
                client.close()
        except (PyMongoError, sqlite3.Error, OSError) as failure:
            log.warning("event log away (%s), nothing was forgotten", type(failure).__name__)
            return 0

    def close(self) -> None:
        """Store what is queued, within CLOSE_SECONDS; what is left then is lost."""
        with self._changed:
            self._closed = True
            self._changed.notify()
            thread = self._thread
        if thread is not None and thread.is_alive():
            thread.join(CLOSE_SECONDS)

    def _start(self) -> None:
        thread = threading.Thread(target=self._run, name="event-log", daemon=True)
        with suppress(RuntimeError):  # no thread can start any more while the interpreter ends
            thread.start()
            self._thread = thread
            atexit.register(self.close)

    def _begin_in_child(self) -> None:
        """A forked child has no thread, and its copy of the queue is the parent's to store."""
        self._changed = threading.Condition()
        self._queue.clear()
        self._thread = None
        self._prepared.clear()
        self._process = os.getpid()

    def _run(self) -> None:
        client, pause = None, 0.5
        while entries := self._next_batch():
            try:
                client = client or connect(self._url)
                self._store(client[DATABASE], entries)
                pause = 0.5
            except (PyMongoError, sqlite3.Error, OSError) as failure:
                log.warning("event log away (%s), again in %.1f s", type(failure).__name__, pause)
                if not self._put_back(entries, pause):
                    break
                pause = min(pause * 2, self._longest_pause_seconds)
            except Exception:
                log.exception("%d events could not be stored and are lost", len(entries))
                with self._changed:
                    self.dropped += len(entries)
        if client is not None:
            client.close()

    def _next_batch(self) -> list[Entry]:
        """Waits for events; empty only when closed and nothing is left."""
        with self._changed:
            self._changed.wait_for(lambda: self._queue or self._closed)
            if len(self._queue) < self._batch and not self._closed:
                self._changed.wait_for(lambda: self._closed, self._linger_seconds)
            return [self._queue.popleft() for _ in range(min(self._batch, len(self._queue)))]

    def _put_back(self, entries: list[Entry], pause: float) -> bool:
        """Queue them again, oldest first, and wait; False if the log was closed: the server had its chance."""
        with self._changed:
            room = self._capacity - len(self._queue)
            kept = entries[-room:] if room > 0 else []
            self.dropped += len(entries) - len(kept)
            self._queue.extendleft(reversed(kept))
            return not self._changed.wait_for(lambda: self._closed, pause)

    def _store(self, database: Any, entries: list[Entry]) -> None:
        for collection, group in groupby(sorted(entries, key=itemgetter(0)), key=itemgetter(0)):
            self._prepare(database, collection)
            documents = [document for _, document in group]
            try:
                insert(database[collection], documents)
            except (BSONError, OverflowError):
                for document in documents:
                    self._insert_alone(database[collection], document)

    def _insert_alone(self, collection: Any, document: dict[str, Any]) -> None:
        """After a batch with an event that cannot be stored: lose that one, keep its neighbours."""
        try:
            insert(collection, [document])
        except (BSONError, OverflowError) as failure:
            self.dropped += 1
            log.error("an event of %s cannot be stored: %s", collection.name, failure)

    def _prepare(self, database: Any, collection: str) -> None:
        """Let the server forget old events. Not embedded: there a TTL index reads all events at each insert."""
        if collection not in self._prepared and not self._url.startswith(EMBEDDED):
            database[collection].create_index("at", expireAfterSeconds=self._keep_days * 86400)
        self._prepared.add(collection)


def insert(collection: Any, documents: list[dict[str, Any]]) -> None:
    """Documents that are there already, by their `_id`, stay as they are."""
    try:
        collection.insert_many(documents, ordered=False)
    except BulkWriteError as failure:
        faults = (failure.details or {}).get("writeErrors", [])
        if any(fault.get("code") != DUPLICATE_KEY for fault in faults) or not faults:
            raise
