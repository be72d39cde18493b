"""What is typed into a search is only ever searched for: no answer depends on it as a statement would."""

import time
from collections.abc import Callable

import httpx
import pytest

from tests.support.hospital import a_hospital
from tests.support.house import House
from tests.support.terminal import Terminal, an_admin

#: (path, parameter), each with something that finds.
SEARCHES = {
    ("/api/v1/doctors", "q"): "单国立",
    ("/api/v1/doctors", "department"): "03.01",
    ("/api/v1/doctors", "symptom"): "咳嗽",
    ("/api/v1/triage", "q"): "咳嗽",
    ("/api/v1/staff", "q"): "单",
}
#: Always true, always false: the same answer, or the text was taken for a condition.
TWINS = [
    ("{}' OR '1'='1", "{}' AND '1'='2"),
    ("{}' OR 1=1 -- ", "{}' AND 1=2 -- "),
    ('{}" OR ""="', '{}" AND ""="x'),
    ("{}') OR ('1'='1", "{}') AND ('1'='2"),
    ("{}%' OR 1=1#", "{}%' AND 1=2#"),
    ("{}/**/OR/**/1=1", "{}/**/AND/**/1=2"),
    ("1 OR 1=1", "1 AND 1=2"),
]
#: Ends the statement, joins another one, waits, fails loudly.
CLASSICS = [
    "'",
    '"',
    "\\",
    "';--",
    "'; DROP TABLE doctor; --",
    "' UNION SELECT staff_no, password_hash FROM staff -- ",
    "' UNION ALL SELECT NULL,NULL,NULL,NULL,NULL,NULL#",
    "' AND SLEEP(3) -- ",
    "1; SELECT SLEEP(3)",
    "' AND (SELECT 1 FROM (SELECT SLEEP(3))x) -- ",
    "' || RANDOMBLOB(500000000) || '",
    "' AND EXTRACTVALUE(1, CONCAT(0x7e, VERSION())) -- ",
    "' AND 1=CAST((SELECT name FROM sqlite_master LIMIT 1) AS INT) -- ",
    "%27%20OR%201%3D1",
    "％＇ OR 1=1",
    "' OR ''=''/*",
    "{{7*7}}",
    "${jndi:ldap://127.0.0.1/x}",
    "*)(uid=*",
    "[$ne]=1",
    '{"$gt": ""}',
    "\x00' OR 1=1",
    "a' ORDER BY 99 -- ",
    "_",
    "%",
]
TELLING = ("syntax", "sqlite", "mariadb", "mysql", "sqlalchemy", "traceback", "password_hash", "$argon2")


@pytest.fixture
def ask(house: House) -> Callable[[str, str, str], httpx.Response]:
    a_hospital(house)
    admin = an_admin(house)

    def asked(path: str, parameter: str, text: str) -> httpx.Response:
        terminal = admin if path == "/api/v1/staff" else Terminal()
        return terminal.get(path, params={parameter: text})

    return asked


@pytest.mark.parametrize(("path", "parameter"), SEARCHES)
def test_what_is_searched_for_is_text(
    ask: Callable[[str, str, str], httpx.Response], path: str, parameter: str
) -> None:
    good = SEARCHES[path, parameter]
    found = ask(path, parameter, good)
    assert found.status_code == 200
    for true, false in TWINS:
        answers = [ask(path, parameter, twin.format(good)) for twin in (true, false)]
        assert len({(answer.status_code, answer.text) for answer in answers}) == 1, (true, false)
    for text in CLASSICS:
        began = time.monotonic()
        answer = ask(path, parameter, text)
        assert answer.status_code in (200, 422), (text, answer.text)
        assert not [word for word in TELLING if word in answer.text.lower()], text
        assert time.monotonic() - began < 2.5, text
    assert ask(path, parameter, good).text == found.text
