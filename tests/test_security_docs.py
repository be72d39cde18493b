"""The security document names tests that there are, and every requirement of the chapters that it is about."""

import re
from collections import Counter

from tests.support.servers import REPOSITORY

#: OWASP ASVS 5.0.0, levels 1 and 2: how many requirements a section has, by its number.
SECTIONS = {
    section: int(count)
    for section, count in re.findall(
        r"(V\d\.\d) (\d+)",
        "V2.1 3 V2.2 3 V2.3 4 V2.4 1 V3.2 2 V3.3 4 V3.4 6 V3.5 5 V3.7 2 V6.1 3 V6.2 12 V6.3 4 V6.4 4 V6.5 5 V6.6 3"
        " V6.8 4 V7.1 3 V7.2 4 V7.3 2 V7.4 5 V7.5 2 V7.6 2 V8.1 2 V8.2 3 V8.3 1 V8.4 1",
    )
}
DOCUMENT = (REPOSITORY / "docs" / "security.md").read_text()


def test_every_test_that_it_names_exists() -> None:
    named = set(re.findall(r"`(tests/[\w/]+\.py)(?:::(\w+))?`", DOCUMENT))
    missing = {
        f"{file}::{test}"
        for file, test in named
        if not (REPOSITORY / file).exists() or (test and f"def {test}(" not in (REPOSITORY / file).read_text())
    }
    assert len(named) > 100 and missing == set()


def test_every_requirement_has_its_row() -> None:
    rows = re.findall(r"^\| (V\d\.\d)\.\d+ \| [12] \| (.+) \|$", DOCUMENT, re.MULTILINE)
    assert Counter(section for section, _ in rows) == SECTIONS
    assert all(said.strip() for _, said in rows)
