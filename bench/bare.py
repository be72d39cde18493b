"""The floor: the two transactions of a booking by bare PyMySQL, on the same tables, with nothing around them.

hold     conditional UPDATE of the number, INSERT of the appointment, COMMIT
capture  conditional UPDATE of the payment, the number and the appointment, COMMIT
"""

from datetime import timedelta
from itertools import count
from typing import Any

import pymysql

from bench.stage import Bill, Stage, Wish
from bench.threads import per_second
from hospital_app import clock

TAKE = "UPDATE slot SET status='busy-tentative', held_until=%s, version=version+1 WHERE id=%s AND status='free'"
BOOK = """INSERT INTO appointment (no, account_id, patient_id, schedule_id, slot_id, provider_day, department_code,
 `on`, seq, starts_at, ends_at, status, cancel_reason, held_until, fee_fen, changes, terminal, code, version,
 created_at)
 VALUES (%s, %s, %s, %s, %s, %s, '03.01', %s, %s, %s, %s, 'pending', '', %s, 5000, 0, 'web', %s, 1, %s)"""
PAY = "UPDATE payment SET status='captured', kept_fen=amount_fen, captured_at=%s WHERE no=%s AND status='pending'"
SETTLE = "UPDATE slot SET status='busy', held_until=NULL, version=version+1 WHERE id=%s AND status='busy-tentative'"
CONFIRM = """UPDATE appointment SET status='booked', held_until=NULL, booked_at=%s, version=version+1
 WHERE id=%s AND status='pending'"""

_codes = count(1)


def holds(stage: Stage, wishes: list[Wish], threads: int) -> float:
    slots = stage.free_slots(wishes)
    now = clock.now().replace(tzinfo=None)
    until = now + timedelta(minutes=15)

    def hold(connection: pymysql.Connection, item: tuple[Wish, Any]) -> None:  # type: ignore[type-arg]
        wish, slot = item
        code = f"B{next(_codes):07d}"  # never one that the house may draw
        start, end = slot.starts_at.replace(tzinfo=None), slot.ends_at.replace(tzinfo=None)
        with connection.cursor() as cursor:
            assert cursor.execute(TAKE, (until, slot.id)) == 1
            cursor.execute(
                BOOK,
                (f"B{code}", wish.person.account_id, wish.person.patient_id, wish.schedule_id, slot.id,
                 f"bare:{wish.schedule_id}", start.date(), slot.seq, start, end, until, code, now),
            )  # fmt: skip
        connection.commit()

    items = list(zip(wishes, slots, strict=True))
    return per_second(items, threads, hold, equip=lambda: _connect(stage), leave=lambda connection: connection.close())


def captures(stage: Stage, bills: list[Bill], threads: int) -> float:
    now = clock.now().replace(tzinfo=None)

    def capture(connection: pymysql.Connection, bill: Bill) -> None:  # type: ignore[type-arg]
        with connection.cursor() as cursor:
            assert cursor.execute(PAY, (now, bill.no)) == 1
            assert cursor.execute(SETTLE, (bill.slot_id,)) == 1
            assert cursor.execute(CONFIRM, (now, bill.appointment_id)) == 1
        connection.commit()

    return per_second(
        bills, threads, capture, equip=lambda: _connect(stage), leave=lambda connection: connection.close()
    )


def _connect(stage: Stage) -> pymysql.Connection:  # type: ignore[type-arg]
    return pymysql.connect(
        host="127.0.0.1", port=stage.mariadb_port, user="root", database=stage.database,
        init_command="SET SESSION TRANSACTION ISOLATION LEVEL READ COMMITTED",
    )  # fmt: skip
