"""A town's money put back to a day long ago, on every side: what moved just now is what yesterday's bills tell of.

Sandboxes keep their books for all tests of a process, so every town has days of its own.
"""

from datetime import date, timedelta
from itertools import count

from sqlalchemy import select, update
from sqlmodel import col

from hospital_app.domain.calendar import day_bounds
from hospital_app.models.insurance import InsuranceSettlement
from hospital_app.models.payment import Payment, Refund
from tests.support.bureau import Bureau
from tests.support.outside import Sandbox
from tests.support.town import Town

_days = count(1)


class Bygone:
    """The day; the house's clock then stands at the morning after it."""

    def __init__(self, town: Town, bureau: Bureau) -> None:
        self.on = date(2026, 3, 31) - timedelta(days=3 * next(_days))
        self.noon = day_bounds(self.on)[0] + timedelta(hours=12)
        self.stamp = self.noon.timestamp()
        self._house = town.house
        self._put_ours_back()
        self._of_wechat(town.world.wechat)
        self._of_alipay(town.alipay)
        self._of_the_bureau(bureau)
        town.house.at(day_bounds(self.on)[1] + timedelta(hours=11))

    def _put_ours_back(self) -> None:
        begun = self.noon - timedelta(minutes=5)
        with self._house.sessions.begin() as session:
            for model, instants in (
                (Payment, ("cash_captured_at", "captured_at")),
                (Refund, ("done_at",)),
                (InsuranceSettlement, ("settled_at", "reversed_at")),
            ):
                for name in instants:
                    happened = getattr(model, name)
                    session.execute(update(model).where(happened.is_not(None)).values({name: self.noon}))
            session.execute(update(Payment).values(created_at=begun))
            session.execute(update(Refund).values(created_at=self.noon))
            session.execute(update(InsuranceSettlement).values(quoted_at=begun))

    def _of_wechat(self, wechat: Sandbox) -> None:
        for table, instant in (("orders", "captured_at"), ("refunds", "created_at"), ("refunds", "done_at")):
            self._put_back(wechat, table, instant, "out_trade_no", col(Payment.no))

    def _of_alipay(self, alipay: Sandbox) -> None:
        for table, instant in (("trades", "captured_at"), ("refunds", "done_at")):
            self._put_back(alipay, table, instant, "out_trade_no", col(Payment.no))

    def _of_the_bureau(self, bureau: Bureau) -> None:
        for instant in ("at", "undone_at"):
            self._put_back(bureau, "settlements", instant, "ipt_otp_no", col(InsuranceSettlement.no))

    def _put_back(self, there: Sandbox, table: str, instant: str, name: str, ours: object) -> None:
        with self._house.sessions() as session:
            numbers = list(session.scalars(select(ours)))  # type: ignore[call-overload]
        marks = ", ".join("?" * len(numbers))
        moved = f"{instant} IS NOT NULL AND {name} IN ({marks})"
        if there.books(f"SELECT 1 FROM {table} WHERE {moved} LIMIT 1", *numbers):
            there.tamper(f"UPDATE {table} SET {instant} = ? WHERE {moved}", self.stamp, *numbers)
