"""The messages that the SMS sandbox has taken."""

import json
import sqlite3
import time
from collections.abc import Mapping
from pathlib import Path
from uuid import uuid4

from hospital_app.sandbox.books import open_books

SCHEMA = """
CREATE TABLE IF NOT EXISTS messages (
  id INTEGER PRIMARY KEY AUTOINCREMENT, message_id TEXT NOT NULL, phone TEXT NOT NULL, template TEXT NOT NULL,
  params TEXT NOT NULL, text TEXT NOT NULL, sent_at REAL NOT NULL);
CREATE INDEX IF NOT EXISTS messages_by_phone ON messages (phone, id);
"""
KEPT = 5000


def open_sms_books(path: Path) -> sqlite3.Connection:
    return open_books(path, SCHEMA)


def keep(books: sqlite3.Connection, phone: str, template: str, params: Mapping[str, object], text: str) -> str:
    """The message's id; the oldest message beyond KEPT goes."""
    message_id = str(uuid4())
    with books:
        kept = books.execute(
            "INSERT INTO messages (message_id, phone, template, params, text, sent_at) VALUES (?, ?, ?, ?, ?, ?)",
            (message_id, phone, template, json.dumps(params, ensure_ascii=False), text, time.time()),
        )
        books.execute("DELETE FROM messages WHERE id <= ?", ((kept.lastrowid or 0) - KEPT,))
    return message_id
