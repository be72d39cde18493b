"""sqlmap against every search of the interface, on MariaDB: it finds nothing to inject into."""

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlencode

import pytest

from tests.support.hospital import a_hospital
from tests.support.house import House
from tests.support.outside import Door
from tests.support.terminal import an_admin

pytestmark = [pytest.mark.soak, pytest.mark.timeout(3600)]

UNLIMITED = {f"budget_{name}_per_minute": 10_000_000 for name in ("session", "account", "address", "reading")}


@pytest.fixture
def door(mariadb_house: House, redis_url: str) -> Iterator[Door]:
    House(mariadb_house.engine, redis_url, **UNLIMITED)
    a_hospital(mariadb_house)
    opened = Door()
    opened.open()
    yield opened
    opened.close()


@pytest.mark.parametrize(
    ("path", "parameters"),
    [
        ("/api/v1/doctors", {"q": "单国立", "department": "03.01"}),
        ("/api/v1/doctors", {"symptom": "咳嗽"}),
        ("/api/v1/triage", {"q": "咳嗽"}),
        ("/api/v1/staff", {"q": "单", "role": "", "department": ""}),
    ],
)
def test_sqlmap_finds_nothing(
    door: Door, mariadb_house: House, tmp_path: Path, path: str, parameters: dict[str, str]
) -> None:
    token = an_admin(mariadb_house).headers["authorization"]
    command = [str(Path(sys.executable).with_name("sqlmap")), "-u", f"{door.url}{path}?{urlencode(parameters)}"]
    command += ["--batch", "--flush-session", "--level", "2", "--risk", "2", "--technique", "BEUSTQ"]
    command += ["--dbms", "MySQL", "--headers", f"Authorization: {token}", "--disable-coloring"]
    command += ["--output-dir", str(tmp_path), "--timeout", "10", "--threads", "1"]
    ended = subprocess.run(command, capture_output=True, text=True, timeout=1800)
    print(ended.stdout[-3000:])
    assert "all tested parameters do not appear to be injectable" in ended.stdout, ended.stdout[-3000:] + ended.stderr
    assert "is vulnerable" not in ended.stdout
