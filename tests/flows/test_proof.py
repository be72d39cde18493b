"""重新验证: what would let somebody else in, or take everything away, wants a sign-in of a few minutes ago."""

from collections.abc import Callable

import pytest

from hospital_app.domain.errors import Refusal
from hospital_app.domain.identity import ANONYMOUS, Actor, Role
from hospital_app.domain.linking import Provider
from hospital_app.flows import account, passkeys, privacy, quick_login, second_factor, signin
from hospital_app.services import sessions
from tests.flows.test_passkeys import added
from tests.support.authenticator import ORIGIN
from tests.support.house import House, patient_actor
from tests.support.people import a_member_of_staff, signed_in

SENSITIVE: dict[str, Callable[[Actor], object]] = {
    "add a passkey": lambda actor: passkeys.begin_adding(actor, origin=ORIGIN),
    "remove a passkey": lambda actor: passkeys.revoke(actor, passkey_id=passkeys.listing(actor)[0].id),
    "unlink WeChat": lambda actor: quick_login.unlink(actor, provider=Provider.WECHAT),
    "take one's data": privacy.export,
    "close the account": privacy.close,
}


def code(act: Callable[[], object]) -> str:
    try:
        act()
    except Refusal as refusal:
        return refusal.code
    return ""


@pytest.mark.parametrize("name", SENSITIVE)
def test_ten_minutes_after_signing_in_a_new_one_is_wanted(sqlite_house: House, name: str) -> None:
    act = SENSITIVE[name]
    holder = signin.actor_of_token(signed_in(sqlite_house).token)
    added(holder)
    sqlite_house.later(minutes=10)
    assert not account.proved_recently(holder)
    assert code(lambda: act(holder)) == "proof_needed"
    opened = sqlite_house.do(sessions.open_for_account, account_id=holder.account_id or 0, actor=ANONYMOUS)
    again = signin.actor_of_token(opened.token)
    assert account.proved_recently(again)
    assert code(lambda: act(again)) in ("", "not_found")  # nothing was linked


def test_who_has_no_session_has_proved_nothing(sqlite_house: House) -> None:
    holder = signin.actor_of_token(signed_in(sqlite_house).token)
    assert code(lambda: privacy.export(patient_actor(holder.account_id or 0))) == "proof_needed"


def test_staff_change_their_second_factor_only_just_after_signing_in(sqlite_house: House) -> None:
    staff_id = a_member_of_staff(sqlite_house)
    opened = sqlite_house.do(sessions.open_for_staff, staff_id=staff_id, role=Role.HOSPITAL_ADMIN)
    admin = signin.actor_of_token(opened.token)
    assert code(lambda: second_factor.begin(admin)) == ""
    sqlite_house.later(minutes=10)
    assert code(lambda: second_factor.begin(admin)) == "proof_needed"
    assert code(lambda: passkeys.begin_adding(admin, origin=ORIGIN)) == "proof_needed"
