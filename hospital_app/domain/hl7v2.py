"""HL7 v2.5.1 messages from the snapshots of the outbox: SIU for appointments, DFT^P03 for money. No personal data.

A hold is nobody's appointment yet and is not told; its number is the payer's alone for 15 minutes, and most that end
unpaid would be one booking and one cancellation for nothing. docs/his.md has the tables.
"""

from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Any

from hospital_app.domain.appointment import CancelReason, Status
from hospital_app.domain.calendar import local
from hospital_app.domain.his import HisChange
from hospital_app.domain.money import yuan

Snapshot = Mapping[str, Any]

OURS = "GUAHAO"
LOCAL = "L"  # coding system of our own codes (table 0396)
NEVER_BOOKED = frozenset({CancelReason.EXPIRED, CancelReason.RELEASED})
#: our status -> (trigger, SCH-25 of table 0278, SCH-6 text)
STATUSES: Mapping[Status, tuple[str, str, str]] = {
    Status.BOOKED: ("S12", "Booked", "已预约"),
    Status.CHECKED_IN: ("S14", "Started", "已签到"),
    Status.FULFILLED: ("S14", "Complete", "已就诊"),
    Status.CANCELLED: ("S15", "Cancelled", "已取消"),
    Status.NOSHOW: ("S26", "Noshow", "爽约"),
}
RESCHEDULED = "S13"
CHANNELS = {"wechat": "微信支付", "alipay": "支付宝", "onsite": "窗口"}
LEGS = {"cash": "自付", "fund": "统筹", "account": "个账", "insurance": "医保"}
_ESCAPES = {"\\": "\\E\\", "|": "\\F\\", "^": "\\S\\", "&": "\\T\\", "~": "\\R\\", "\r": "\\X0D\\", "\n": "\\X0A\\"}


def messages(change: HisChange, *, receiver: str, sent_at: datetime) -> list[str]:
    """What a HIS that speaks v2 is told of a change; an empty list if nothing is of interest there."""
    found = [] if change.appointment is None else list(_siu(change.appointment, receiver, sent_at))
    found += [_dft(each, _paid(each), receiver, sent_at) for each in change.payments if each["version"] == 2]
    found += [_dft(each, _returned(each), receiver, sent_at) for each in change.refunds if each["version"] == 2]
    return found


def _siu(told: Snapshot, receiver: str, sent_at: datetime) -> Iterator[str]:
    status = Status(told["status"])
    if status is Status.PENDING or told["cancel_reason"] in NEVER_BOOKED:
        return
    trigger, filler, word = STATUSES[status]
    if status is Status.BOOKED and told.get("changes"):
        trigger = RESCHEDULED
    start, end = (datetime.fromisoformat(told[name]) for name in ("starts_at", "ends_at"))
    minutes = str(int((end - start).total_seconds()) // 60)
    number = _parts(told["no"], OURS)
    reason = _parts(f"{status}:{told['cancel_reason']}".rstrip(":"), word, LOCAL)
    sch = {1: number, 2: number, 6: reason, 9: minutes, 10: _parts("min", "分钟", LOCAL), 25: filler}
    sch |= {11: _parts("", "", minutes, _stamp(start), _stamp(end)), 16: _parts(OURS, "挂号系统")}
    sch |= {20: _parts(OURS, "挂号系统"), 26: number}
    ais = {1: "1", 2: "U", 3: _parts(told["department_code"], told["department_code"], LOCAL), 4: _stamp(start)}
    ais |= {7: minutes, 8: _parts("min", "分钟", LOCAL)}
    aig = {1: "1", 2: "U", 3: _parts(str(told["slot_id"]), "号源", LOCAL), 4: _parts("SLOT", "号源", LOCAL)}
    doctor: int | None = told["doctor_id"]
    yield _message(
        _msh(f"{told['no']}-{told['version']}", f"SIU^{trigger}^SIU_S12", receiver, sent_at),
        _segment("SCH", sch),
        _pid(told["patient_id"]),
        _segment("RGS", {1: "1", 2: "U", 3: _parts(str(told["schedule_id"]), "排班", LOCAL)}),
        _segment("AIS", ais),
        _segment("AIG", aig),
        *([] if doctor is None else [_segment("AIP", {1: "1", 2: "U", 3: str(doctor)})]),
        _segment("ZVN", {1: str(told["version"])}),
    )


def _paid(told: Snapshot) -> list[tuple[str, str, int]]:
    """(leg, type of table 0017, fen) of a payment."""
    legs = {"cash": told["cash_fen"], "fund": told["fund_fen"], "account": told["account_fen"]}
    return [(leg, "PY", fen) for leg, fen in legs.items() if fen]


def _returned(told: Snapshot) -> list[tuple[str, str, int]]:
    return [(told["leg"], "AJ", -told["amount_fen"])]


def _dft(told: Snapshot, moved: list[tuple[str, str, int]], receiver: str, sent_at: datetime) -> str:
    code: str = told["channel"]
    channel = _parts(code, CHANNELS.get(code, code), LOCAL)
    lines = [
        _segment(
            "FT1",
            {
                1: str(place),
                2: f"{told['no']}-{leg}",
                3: told.get("payment_no", told["no"]),
                4: _stamp(datetime.fromisoformat(told["at"])),
                6: kind,
                7: channel,
                8: LEGS[leg],
                9: _escaped(told["channel_number"]),
                11: f"{yuan(fen)}&CNY",
                13: _parts(told["department_code"], told["department_code"], LOCAL),
            },
        )
        for place, (leg, kind, fen) in enumerate(moved, 1)
    ]
    return _message(
        _msh(f"{told['no']}-{told['version']}", "DFT^P03^DFT_P03", receiver, sent_at),
        _segment("EVN", {1: "P03", 2: _stamp(sent_at)}),
        _pid(told["patient_id"]),
        _segment("PV1", {1: "1", 2: "O", 19: _parts(told["appointment_no"], "", "", OURS, "VN")}),
        *lines,
    )


def _msh(control_id: str, kind: str, receiver: str, sent_at: datetime) -> str:
    """`control_id`: the number and its version, so that the same message is the same over there."""
    head = {3: OURS, 4: OURS, 5: _escaped(receiver), 6: _escaped(receiver), 7: _stamp(sent_at), 9: kind}
    head |= {10: control_id, 11: "P", 12: "2.5.1", 15: "AL", 16: "NE", 18: "UNICODE UTF-8"}
    return "MSH|^~\\&" + _segment("MSH", {place - 1: value for place, value in head.items() if place > 2})[4:]


def _pid(patient_id: int) -> str:
    """The patient's number of ours alone; the name is a coded pseudonym (table 0200: S)."""
    return _segment(
        "PID", {1: "1", 3: _parts(str(patient_id), "", "", OURS, "PI"), 5: _parts("就诊人", "", "", "", "", "", "S")}
    )


def _segment(name: str, fields: Mapping[int, str]) -> str:
    return "|".join([name, *(fields.get(place, "") for place in range(1, max(fields) + 1))])


def _message(*segments: str) -> str:
    return "".join(f"{segment}\r" for segment in segments)


def _parts(*parts: str) -> str:
    return "^".join(map(_escaped, parts))


def _escaped(text: str) -> str:
    return "".join(_ESCAPES.get(character, character) for character in text)


def _stamp(at: datetime) -> str:
    return f"{local(at):%Y%m%d%H%M%S%z}"
