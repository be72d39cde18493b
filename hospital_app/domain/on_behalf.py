"""窗口代办: why a clerk acts for a patient without their slip in hand, or gives more than was planned."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from types import MappingProxyType

from hospital_app.domain.errors import Refusal
from hospital_app.domain.masking import without_numbers
from hospital_app.domain.texts import one_line

NOTE_MIN, NOTE_MAX = 4, 200


class Why(StrEnum):
    """The usual reasons say enough by themselves; `other` is told in the note."""

    PRESENT = "present"
    FAMILY = "family"
    PHONE = "phone"
    UNABLE = "unable"
    FAULT = "fault"
    URGENT = "urgent"
    OTHER = "other"


WORDS: Mapping[Why, str] = MappingProxyType(
    {
        Why.PRESENT: "患者在窗口办理",
        Why.FAMILY: "家属代办",
        Why.PHONE: "患者来电",
        Why.UNABLE: "患者不会用手机",
        Why.FAULT: "设备或系统故障",
        Why.URGENT: "病情需要",
        Why.OTHER: "其他原因",
    }
)


@dataclass(frozen=True, slots=True)
class Reason:
    """What the clerk says."""

    why: Why
    note: str = ""

    def told(self) -> dict[str, str]:
        """As the audit trail keeps it, without numbers of persons. Raises Refusal `reason_needed`."""
        note = one_line(self.note)
        if len(note) > NOTE_MAX or (self.why is Why.OTHER and len(note) < NOTE_MIN):
            raise reason_needed()
        return {"reason": self.why.value, "note": without_numbers(note)}


def reason_needed() -> Refusal:
    return Refusal("reason_needed", "替患者办理请先选择原因；选“其他原因”请写明，4 到 200 个字。", 422)
