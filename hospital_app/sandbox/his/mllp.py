"""The pretended HIS's second ear: HL7 v2.5.1 over MLLP. It keeps what it is told and acknowledges it."""

import sqlite3
from asyncio import IncompleteReadError, Server
from typing import Any

import hl7
from hl7.mllp import HL7StreamReader, HL7StreamWriter, InvalidBlockError, start_hl7_server

from hospital_app.sandbox.his import books as held
from hospital_app.sandbox.his import v2_books

SCHEDULING = {"S12", "S13", "S14", "S15", "S26"}


class Unfit(Exception):
    """A message that no repetition makes better: AR."""


async def listen(books: sqlite3.Connection, port: int) -> Server:
    async def hear(reader: HL7StreamReader, writer: HL7StreamWriter) -> None:
        try:
            while not writer.is_closing():
                message = await reader.readmessage()
                writer.writemessage(answer(books, message))
                await writer.drain()
        except (IncompleteReadError, InvalidBlockError, UnicodeDecodeError, hl7.HL7Exception, ConnectionError):
            pass  # whoever speaks no HL7 is not answered
        finally:
            writer.close()

    server: Server = await start_hl7_server(hear, "127.0.0.1", port, encoding="utf-8")
    return server


def answer(books: sqlite3.Connection, message: hl7.Message) -> hl7.Message:
    """AA: kept. AE: down, come again. AR: not for us."""
    head = message.segment("MSH")
    control_id, kind = str(head[10]), str(head[9])
    if not held.is_up(books):
        return message.create_ack("AE")
    try:
        with books:
            _take(books, message, kind)
            v2_books.keep(books, control_id=control_id, kind=kind, code="AA", body=str(message))
    except (Unfit, KeyError, IndexError, ValueError):
        with books:
            v2_books.keep(books, control_id=control_id, kind=kind, code="AR", body=str(message))
        return message.create_ack("AR")
    return message.create_ack("AA")


def _take(books: sqlite3.Connection, message: hl7.Message, kind: str) -> None:
    head = message.segment("MSH")
    if str(head[12]) != "2.5.1" or "UTF-8" not in str(head[18]):
        raise Unfit("version or character set")
    name, trigger = kind.split("^")[:2]
    if name == "SIU" and trigger in SCHEDULING:
        v2_books.take_appointment(books, _appointment(message, trigger))
    elif (name, trigger) == ("DFT", "P03"):
        v2_books.take_money(books, [_money(message, line) for line in message.segments("FT1")])
    else:
        raise Unfit(kind)


def _appointment(message: hl7.Message, trigger: str) -> dict[str, Any]:
    told, resources = message.segment("SCH"), message.segment("AIG")
    starts_at, ends_at = str(told[11]).split("^")[3:5]
    doctors = message.segments("AIP") if "\rAIP|" in str(message) else []
    return {
        "no": _first(told[1]),
        "version": int(str(message.segment("ZVN")[1])),
        "event": trigger,
        "status": str(told[25]),
        "reason": _first(told[6]),
        "starts_at": starts_at,
        "ends_at": ends_at,
        "patient": _first(message.segment("PID")[3]),
        "schedule": _first(message.segment("RGS")[3]),
        "slot": _first(resources[3]),
        "department": _first(message.segment("AIS")[3]),
        "doctor": _first(doctors[0][3]) if doctors else "",
    }


def _money(message: hl7.Message, line: hl7.Segment) -> dict[str, Any]:
    amount, _, currency = str(line[11]).partition("&")
    if currency != "CNY":
        raise Unfit("currency")
    return {
        "id": str(line[2]),
        "appointment_no": _first(message.segment("PV1")[19]),
        "batch": str(line[3]),
        "kind": str(line[6]),
        "amount": amount,
        "channel": _first(line[7]),
        "at": str(line[4]),
    }


def _first(found: object) -> str:
    """The first component, which must not be empty."""
    text = str(found).split("^")[0]
    if not text:
        raise Unfit("empty")
    return text
