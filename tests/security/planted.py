"""Two hundred people whose names, phones and ID numbers are found wherever they are written down."""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import chain
from pathlib import Path
from urllib.parse import quote

import pymysql
import redis
from sqlalchemy.engine import make_url

from tests.support.people import resident_id

COUNT = 200
SURNAME = "慕容"
#: A region of few people, and numbers of no operator: nobody but the planted ones has them.
REGION, PREFIX = "654325", "168990"


@dataclass(frozen=True)
class Planted:
    name: str
    phone: str
    document: str


def people() -> list[Planted]:
    return [
        Planted(
            name=f"{SURNAME}{chr(0x4E00 + 7 * n)}{chr(0x9F00 - 11 * n)}",
            phone=f"{PREFIX}{n:05d}",
            document=resident_id(born=f"{1950 + n % 40}0{1 + n % 9}1{n % 9}", order=f"{100 + n:03d}", region=REGION),
        )
        for n in range(COUNT)
    ]


#: As it stands, as JSON escapes it, as an address carries it, as Python prints bytes.
NAME = b"|".join(
    re.escape(spelling)
    for spelling in (
        SURNAME.encode(),
        SURNAME.encode("unicode_escape"),
        quote(SURNAME).encode(),
        quote(SURNAME).lower().encode(),
        repr(SURNAME.encode())[2:-1].encode(),
    )
)
#: The masked name keeps one character of the surname only.
PATTERNS = {
    "name": re.compile(NAME),
    "phone": re.compile(PREFIX.encode() + rb"\d{5}"),
    "document": re.compile(REGION.encode() + rb"\d{11}[\dXx]"),
}


def found_in(content: bytes) -> set[str]:
    """What kinds of planted data stand in it."""
    return {kind for kind, pattern in PATTERNS.items() if pattern.search(content)}


def places(parts: Iterable[tuple[str, bytes]], *, but: frozenset[str] = frozenset()) -> dict[str, set[str]]:
    """Where → what was found there, without the kinds that may be."""
    found: dict[str, set[str]] = {}
    for place, content in parts:
        if kinds := found_in(content) - but:
            found.setdefault(place, set()).update(kinds)
    return found


def rows_of(url: str) -> Iterator[tuple[str, bytes]]:
    """Every row of every table, as the database tells it."""
    parts = make_url(url)
    connection = pymysql.connect(
        host=parts.host, port=parts.port or 3306, user=parts.username, database=parts.database, charset="utf8mb4"
    )
    try:
        with connection.cursor() as cursor:
            cursor.execute("SHOW FULL TABLES WHERE Table_type = 'BASE TABLE'")
            for table, *_ in cursor.fetchall():
                cursor.execute(f"SELECT * FROM `{table}`")
                for row in cursor.fetchall():
                    yield str(table), "\x1f".join(map(_text, row)).encode(errors="replace")
    finally:
        connection.close()


def values_of(client: "redis.Redis") -> Iterator[tuple[str, bytes]]:
    """Every key of Redis with all that it holds."""
    for key in client.scan_iter(count=1000):
        kind = client.type(key)
        held: Iterable[bytes] = {
            b"string": lambda key: [client.get(key) or b""],
            b"hash": lambda key: chain.from_iterable(client.hgetall(key).items()),
            b"list": lambda key: client.lrange(key, 0, -1),
            b"set": lambda key: client.smembers(key),
            b"zset": lambda key: client.zrange(key, 0, -1),
            b"stream": lambda key: [repr(client.xrange(key)).encode()],
            b"none": lambda _: [],  # gone meanwhile
        }[kind](key)
        yield key.decode(errors="replace"), b"\x1f".join([key, *held])


def files_of(*directories: Path, suffixes: tuple[str, ...] = ("",)) -> Iterator[tuple[str, bytes]]:
    """Every file below, by its name."""
    for directory in directories:
        for file in sorted(directory.rglob("*")):
            if file.is_file() and file.name.endswith(suffixes):
                yield file.name, file.read_bytes()


def _text(value: object) -> str:
    return value.decode("utf-8", "replace") if isinstance(value, bytes) else str(value)
