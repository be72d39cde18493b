"""收费员班次: what a drawer must hold, and what has to be said when it holds something else."""

from dataclasses import dataclass

from hospital_app.domain.errors import Refusal
from hospital_app.domain.texts import one_line

NOTE_MIN, NOTE_MAX = 4, 200
#: Nobody's drawer holds more; more is a slip of the keyboard.
DRAWER_MAX_FEN = 100_000_000


@dataclass(frozen=True, slots=True)
class ShiftTotals:
    """收、退 of one shift. The change that a clerk begins with (备用金) lies apart and is not counted."""

    collected_fen: int = 0
    collected_count: int = 0
    refunded_fen: int = 0
    refunded_count: int = 0

    @property
    def expected_fen(self) -> int:
        """应有现金. Negative: more was paid out than came in, out of the change."""
        return self.collected_fen - self.refunded_fen


def explained(totals: ShiftTotals, *, counted_fen: int, note: str) -> str:
    """The note to a count, as it is kept. Raises Refusal `note_needed` where the drawer differs and nobody says why."""
    words = one_line(note)[:NOTE_MAX]
    if counted_fen != totals.expected_fen and len(words) < NOTE_MIN:
        raise Refusal("note_needed", "实点现金与应有现金不符，请再点一遍；确实不符，请写明原因（至少 4 个字）。", 422)
    return words
