"""站内消息: told once, read by their own account only."""

import pytest

from hospital_app.domain.errors import Refusal
from hospital_app.domain.identity import ANONYMOUS, Actor, Role
from hospital_app.domain.messages import filled, template_of
from hospital_app.flows import messages
from hospital_app.services.messages import tell
from tests.support.builders import an_account
from tests.support.house import House, patient_actor


def test_messages_come_newest_first_and_are_read_once(house: House) -> None:
    account = an_account(house.sessions)
    actor = patient_actor(account)
    house.do(tell, account_id=account, kind="booked", appointment_no="GH1")
    house.do(tell, account_id=account, kind="refunded", appointment_no="GH1", amount_fen=4500)
    inbox = messages.inbox(actor)
    assert [(m.kind, m.unread) for m in inbox.messages] == [("refunded", True), ("booked", True)]
    assert inbox.messages[0].params == {"amount": "45.00"} and "{amount}" in inbox.messages[0].template
    messages.mark_read(actor, up_to_id=inbox.messages[1].id)
    assert messages.unread(actor) == 1
    messages.mark_read(actor, up_to_id=10**30)
    assert messages.unread(actor) == 0


def test_anothers_messages_do_not_exist(house: House) -> None:
    account, stranger = an_account(house.sessions), patient_actor(an_account(house.sessions))
    house.do(tell, account_id=account, kind="booked", appointment_no="GH1")
    assert messages.inbox(stranger).messages == ()
    messages.mark_read(stranger, up_to_id=10**6)
    assert messages.unread(patient_actor(account)) == 1


@pytest.mark.parametrize(("actor", "status"), [(ANONYMOUS, 401), (Actor(Role.DOCTOR, staff_id=1), 403)])
def test_only_accounts_have_messages(house: House, actor: Actor, status: int) -> None:
    for call in (lambda: messages.inbox(actor), lambda: messages.mark_read(actor, up_to_id=1)):
        with pytest.raises(Refusal) as refused:
            call()
        assert refused.value.status == status


def test_a_kind_of_a_newer_version_still_reads_as_a_sentence() -> None:
    assert template_of("nobody-knows").endswith("。")
    assert filled({"ahead": 3, "amount_fen": 5, "fee_fen": "odd"}) == {"ahead": "3", "amount": "0.05", "fee": "odd"}
