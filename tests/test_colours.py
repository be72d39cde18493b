"""White words on buttons, also under the pointer, where axe never looks: 4.5:1 in both schemes."""

import re
from pathlib import Path

import pytest

STYLES = Path(__file__).resolve().parents[1] / "assets"
FILLS = re.findall(
    r"(?:--brand-solid|--brand-solid-hover|--loss-solid|--warn-solid): (#[0-9a-f]{6})",
    (STYLES / "styles.css").read_text(),
) + re.findall(r"\.board-button(?::hover)? \{[^}]*background: (#[0-9a-f]{6})", (STYLES / "staff.css").read_text())


def luminance(colour: str) -> float:
    """As WCAG 2 defines it."""
    parts = [int(colour[place : place + 2], 16) / 255 for place in (1, 3, 5)]
    red, green, blue = (part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def test_all_schemes_are_looked_at() -> None:
    assert len(FILLS) == 3 * 4 + 2


@pytest.mark.parametrize("fill", sorted(set(FILLS)))
def test_white_can_be_read_on_it(fill: str) -> None:
    assert 1.05 / (luminance(fill) + 0.05) >= 4.5
