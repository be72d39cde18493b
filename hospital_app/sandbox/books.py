"""A sandbox's books: one SQLite file, written by one process, safe against kill -9."""

import sqlite3
from pathlib import Path


def open_books(path: Path, schema: str) -> sqlite3.Connection:
    """Open or create the file (WAL). `with books:` is one transaction; rows answer to names."""
    path.parent.mkdir(parents=True, exist_ok=True)
    books = sqlite3.connect(path, timeout=10)
    books.row_factory = sqlite3.Row
    books.execute("PRAGMA journal_mode=WAL")
    books.execute("PRAGMA synchronous=NORMAL")
    books.executescript(schema)
    return books
