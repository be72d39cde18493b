"""A hold is let go of at the moment at which its money is being booked."""

from concurrent.futures import ThreadPoolExecutor

import pytest
from sqlalchemy import text

from hospital_app.domain.errors import Refusal
from hospital_app.domain.exchange import PaymentNotice
from hospital_app.domain.holding import HoldRequest
from hospital_app.domain.identity import SYSTEM
from hospital_app.domain.policy import Rules
from hospital_app.flows import booking
from hospital_app.services import capturing, payments
from hospital_app.work import transaction
from tests.support.builders import a_doctor, a_schedule, first_period, people
from tests.support.house import House, patient_actor
from tests.support.waiting import wait_until

WAITING = text(
    "SELECT count(*) FROM information_schema.innodb_trx AS t JOIN information_schema.processlist AS p"
    " ON p.id = t.trx_mysql_thread_id WHERE t.trx_state = 'LOCK WAIT' AND p.db = DATABASE()"
)


#: InnoDB keeps what it said of its transactions, and says it again to whoever asks within a tenth of a second.
ASK_AGAIN_SECONDS = 0.15


def somebody_waits(house: House) -> int:
    with house.sessions() as session:
        return int(session.scalar(WAITING) or 0)


@pytest.mark.timeout(60)
def test_what_was_booked_meanwhile_is_not_said_to_be_cancelled(mariadb_house: House) -> None:
    house = mariadb_house
    schedule_id = a_schedule(house.sessions, doctor_id=a_doctor(house.sessions))
    ((account_id, patient_id),) = people(house.sessions, 1)
    actor = patient_actor(account_id)
    no = booking.hold_one(actor, HoldRequest(account_id, patient_id, schedule_id, first_period(), key="k"))
    opened = house.do(payments.start, actor=actor, no=no, channel="wechat")
    notice = PaymentNotice(opened.no, "captured", opened.cash_fen, transaction_id="t")
    with ThreadPoolExecutor(1) as threads:
        with transaction(house.sessions, now=house.now, actor=SYSTEM, rules=Rules()) as work:
            assert capturing.record_notice(work, notice=notice)
            letting_go = threads.submit(booking.cancel, actor, no=no)
            wait_until(lambda: somebody_waits(house), seconds=30, what="the other one waits", every=ASK_AGAIN_SECONDS)
        with pytest.raises(Refusal) as refused:
            letting_go.result(30)
    assert refused.value.code == "wrong_status"
    assert booking.one(actor, no=no).status == "booked"
    assert booking.cancel(actor, no=no).status == "cancelled"
    assert house.broken() == []
