"""From numbers to what a small chart draws: everything in percent of the plot, y counted from the top."""

from collections.abc import Sequence
from dataclasses import dataclass

#: Steps that a y-axis may have, times a power of ten.
ROUND_STEPS = (1, 1.5, 2, 2.5, 3, 4, 5, 6, 8)
TICKS = 4


@dataclass(frozen=True)
class Tick:
    """One line of the y-axis. `top`: CSS percentage."""

    top: str
    label: str


@dataclass(frozen=True)
class Bar:
    """One column. `height`: CSS percentage of the plot."""

    label: str
    value: str
    height: str
    strong: bool


@dataclass(frozen=True)
class Share:
    """One horizontal bar, or one piece of a stacked one. `width`: CSS percentage."""

    label: str
    value: str
    width: str
    tone: str


def top_of(values: Sequence[float]) -> int:
    """The end of an axis for these values: four round steps, at least 4."""
    highest = max(values, default=0)
    power = 1
    while True:
        for step in ROUND_STEPS:
            size = step * power
            if size == int(size) and size * TICKS >= highest:
                return int(size) * TICKS
        power *= 10


def ticks(top: int, *, unit: int = 1) -> list[Tick]:
    """The lines of an axis from 0 to `top`; labels are divided by `unit`."""
    return [Tick(f"{100 - 100 * i / TICKS:.2f}%", f"{top * i // TICKS // unit:,}") for i in range(TICKS + 1)]


def percent(value: float, top: float) -> str:
    return f"{100 * value / top if top else 0:.2f}%"


def line(values: Sequence[float], top: float, *, width: float = 100) -> str:
    """SVG path in a 100 × 100 box, each value in the middle of its column; the columns fill `width`."""
    return "M" + " L".join(_points(values, top, width)) if values else ""


def area(values: Sequence[float], top: float, *, width: float = 100) -> str:
    """The same line, closed down to the axis."""
    if not values:
        return ""
    half = width / len(values) / 2
    return f"{line(values, top, width=width)} L{width - half:.2f} 100 L{half:.2f} 100 Z"


def _points(values: Sequence[float], top: float, width: float) -> list[str]:
    column = width / len(values)
    return [f"{(i + 0.5) * column:.2f} {100 - 100 * value / top:.2f}" for i, value in enumerate(values)]
