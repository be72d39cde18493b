"""The HL7 v2 adapter against the HIS sandbox: what is said, whether it is HL7, what each acknowledgement does."""

import socket
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from threading import Thread
from typing import Any

import pytest
from hl7apy.parser import parse_message
from hl7apy.validation import Validator

from hospital_app.adapters.his_mllp import MllpHis
from hospital_app.domain import hl7v2
from hospital_app.domain.his import HisChange
from hospital_app.ports import Rejected, Silent, Unreachable
from tests.support.outside import HisSandbox
from tests.support.processes import running
from tests.support.waiting import free_port

NOW = datetime(2026, 11, 26, 0, 30, tzinfo=UTC)


@pytest.fixture(scope="module")
def his_world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[HisSandbox]:
    world = HisSandbox(tmp_path_factory.mktemp("his"))
    with running(world):
        yield world


@pytest.fixture
def his(his_world: HisSandbox) -> MllpHis:
    return MllpHis("127.0.0.1", his_world.mllp_port)


def booked(no: str, *, version: int = 2, status: str = "booked", **changed: Any) -> HisChange:
    appointment = {
        "no": no,
        "version": version,
        "status": status,
        "cancel_reason": "",
        "changes": 0,
        "patient_id": 12,
        "schedule_id": 7,
        "slot_id": 77,
        "department_code": "CARD",
        "doctor_id": 5,
        "starts_at": "2026-11-28T01:00:00+00:00",
        "ends_at": "2026-11-28T01:30:00+00:00",
        "created_at": "2026-11-26T00:00:00+00:00",
    }
    return HisChange(appointment | changed)


def paid(no: str, **changed: Any) -> Mapping[str, Any]:
    return {
        "no": f"GP{no}",
        "appointment_no": no,
        "patient_id": 12,
        "department_code": "CARD",
        "channel": "wechat",
        "version": 2,
        "amount_fen": 5000,
        "cash_fen": 3000,
        "fund_fen": 1500,
        "account_fen": 500,
        "channel_number": "4200|1",
        "created_at": "2026-11-26T00:00:00+00:00",
        "at": "2026-11-26T00:01:00+00:00",
        **changed,
    }


def returned(no: str, **changed: Any) -> Mapping[str, Any]:
    return {**paid(no), "no": f"GR{no}", "payment_no": f"GP{no}", "leg": "cash", "amount_fen": 2700, **changed}


STEPS = {
    "booked": (booked("A1"), ["SIU^S12"]),
    "booked with a department's pool": (booked("A1", doctor_id=None), ["SIU^S12"]),
    "rescheduled": (booked("A1", changes=1), ["SIU^S13"]),
    "checked in": (booked("A1", status="checked-in"), ["SIU^S14"]),
    "fulfilled": (booked("A1", status="fulfilled"), ["SIU^S14"]),
    "cancelled": (booked("A1", status="cancelled", cancel_reason="patient"), ["SIU^S15"]),
    "suspended": (booked("A1", status="cancelled", cancel_reason="suspended"), ["SIU^S15"]),
    "missed": (booked("A1", status="noshow"), ["SIU^S26"]),
    "held": (booked("A1", status="pending", version=1), []),
    "expired": (booked("A1", status="cancelled", cancel_reason="expired"), []),
    "let go": (booked("A1", status="cancelled", cancel_reason="released"), []),
    "paid": (HisChange(payments=[paid("A1")]), ["DFT^P03"]),
    "half paid": (HisChange(payments=[paid("A1", version=1)]), []),
    "refunded": (HisChange(refunds=[returned("A1")]), ["DFT^P03"]),
    "refund owed": (HisChange(refunds=[returned("A1", version=1)]), []),
}


@pytest.mark.parametrize(("change", "expected"), STEPS.values(), ids=STEPS.keys())
def test_every_message_is_valid_hl7_v2_5_1(change: HisChange, expected: list[str]) -> None:
    told = hl7v2.messages(change, receiver="HIS", sent_at=NOW)
    assert ["^".join(message.split("|")[8].split("^")[:2]) for message in told] == expected
    for message in told:
        assert Validator.validate(parse_message(message, find_groups=True)), "hl7apy's own judgement"
        assert "\r" in message and "12^^^GUAHAO^PI" in message


def test_what_is_told_is_kept_once_and_in_chinese(his: MllpHis, his_world: HisSandbox) -> None:
    for version, status in [(2, "booked"), (2, "booked"), (4, "cancelled"), (3, "checked-in")]:
        his.send(booked("B1", version=version, status=status, cancel_reason="patient" if version == 4 else ""))
    (row,) = his_world.books("SELECT * FROM v2_appointments WHERE no = 'B1'")
    assert (row["version"], row["event"], row["status"]) == (4, "S15", "Cancelled")
    assert (row["starts_at"], row["patient"], row["slot"]) == ("20261128090000+0800", "12", "77")
    assert (row["department"], row["doctor"], row["reason"]) == ("CARD", "5", "cancelled:patient")
    bodies = [row["body"] for row in his_world.books("SELECT body FROM v2_messages ORDER BY seq")]
    assert "已预约" in bodies[0] and "就诊人" in bodies[0]
    assert "GUAHAO" in his_world.get("/sandbox/his").text or "SIU^S15" in his_world.get("/sandbox/his").text


def test_money_is_kept_once_per_leg(his: MllpHis, his_world: HisSandbox) -> None:
    for _ in range(2):
        his.send(HisChange(payments=[paid("M1")], refunds=[returned("M1")]))
    rows = his_world.books("SELECT id, kind, amount, batch FROM v2_money WHERE appointment_no = 'M1' ORDER BY id")
    assert [tuple(row) for row in rows] == [
        ("GPM1-account", "PY", "5.00", "GPM1"),
        ("GPM1-cash", "PY", "30.00", "GPM1"),
        ("GPM1-fund", "PY", "15.00", "GPM1"),
        ("GRM1-cash", "AJ", "-27.00", "GPM1"),
    ]


def test_down_is_tried_again_and_nobody_there_too(his: MllpHis, his_world: HisSandbox) -> None:
    his_world.post("/sandbox/his", json={"up": False})
    with pytest.raises(Unreachable, match="AE"):
        his.send(booked("D1"))
    his_world.post("/sandbox/his", json={"up": True})
    his.send(booked("D1"))
    with pytest.raises(Unreachable):
        MllpHis("127.0.0.1", free_port()).send(booked("D1"))


def test_what_it_cannot_take_is_for_people(his: MllpHis, his_world: HisSandbox) -> None:
    with pytest.raises(Rejected) as refusal:
        his.send(booked("", version=2))
    assert refusal.value.code == "AR"
    assert his_world.books("SELECT * FROM v2_appointments WHERE no = ''") == []


ANSWERS = {
    "of another message": (b"\x0bMSH|^~\\&|HIS|HIS|G|G|20261126||ACK|1|P|2.5.1\rMSA|AA|other\r\x1c\r", Unreachable),
    "no acknowledgement": (b"\x0bMSH|^~\\&|HIS|HIS|G|G|20261126||ACK|1|P|2.5.1\r\x1c\r", Unreachable),
    "no HL7": (b"\x0bhello\x1c\r", Unreachable),
    "no text": (b"\x0b\xff\xfe\x1c\r", Unreachable),
    "the end": (b"", Unreachable),
    "too much": (b"\x0b" + b"x" * 100_000, Unreachable),
    "an error": (b"\x0bMSH|^~\\&|HIS|HIS|G|G|20261126||ACK|1|P|2.5.1\rMSA|AE|E1-2|locked\r\x1c\r", Unreachable),
    "a refusal": (b"\x0bMSH|^~\\&|HIS|HIS|G|G|20261126||ACK|1|P|2.5.1\rMSA|AR|E1-2|unknown\r\x1c\r", Rejected),
    "silence": (None, Silent),
}


@pytest.mark.parametrize(("answer", "raised"), ANSWERS.values(), ids=ANSWERS.keys())
def test_each_answer_means_what_it_says(answer: bytes | None, raised: type[Exception]) -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:

        def serve() -> None:
            connection, _ = server.accept()
            with connection:
                connection.recv(65536)
                if answer is None:
                    connection.recv(1)
                else:
                    connection.sendall(answer)

        Thread(target=serve, daemon=True).start()
        with pytest.raises(raised):
            MllpHis("127.0.0.1", server.getsockname()[1], timeout_seconds=0.3).send(booked("E1"))
