"""通行密钥: real signatures, right and wrong; what one opens, for whom, and how often."""

import json
from collections.abc import Callable
from functools import partial
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric import ec
from sqlalchemy import select, update
from sqlalchemy.orm import Session
from sqlmodel import col

from hospital_app.domain.errors import Refusal
from hospital_app.domain.identity import ANONYMOUS, Actor, Role
from hospital_app.flows import passkeys, second_factor, signin
from hospital_app.flows.passkeys import Proof
from hospital_app.models.identity import Account, Ceremony, LoginSession, Message, Passkey
from hospital_app.models.operation import AuditEntry
from hospital_app.services import ceremonies, sessions
from hospital_app.services.ceremonies import Remembered
from hospital_app.services.sessions import SignedIn
from hospital_app.work import Work
from tests.support.authenticator import ORIGIN, UP, SoftPasskey
from tests.support.builders import an_account
from tests.support.house import House
from tests.support.people import PASSWORD, a_member_of_staff, signed_in
from tests.support.race import codes, granted, race


def code_of(action: Callable[[], object]) -> str:
    with pytest.raises(Refusal) as refused:
        action()
    return refused.value.code


def added(actor: Actor, key: SoftPasskey | None = None, **more: Any) -> SoftPasskey:
    """A passkey of the actor on a device of its own."""
    key = key or SoftPasskey()
    offer = passkeys.begin_adding(actor, origin=ORIGIN)
    passkeys.add(actor, handle=offer.handle, credential=key.create(offer.options), **more)
    return key


def entered(key: SoftPasskey, **wrong: Any) -> SignedIn:
    offer = passkeys.begin_sign_in(ANONYMOUS, origin=ORIGIN)
    return passkeys.sign_in(ANONYMOUS, handle=offer.handle, credential=key.get(offer.options, **wrong))


def a_patient(house: House) -> Actor:
    """Who has just signed in."""
    opened = house.do(sessions.open_for_account, account_id=an_account(house.sessions))
    return signin.actor_of_token(opened.token)


def by_finger(session: Session) -> int:
    """Sessions that a passkey opened."""
    return len(session.scalars(select(LoginSession).where(col(LoginSession.method) == "passkey")).all())


def told(house: House, actor: Actor) -> list[str]:
    """What was said about passkeys."""
    with house.sessions() as session:
        query = select(col(Message.kind)).where(col(Message.account_id) == actor.account_id).order_by(col(Message.id))
        return [kind for kind in session.scalars(query) if kind.startswith("passkey_")]


def test_a_finger_instead_of_a_code(house: House) -> None:
    """No name is typed: the device knows whose passkey it has."""
    holder = signin.actor_of_token(signed_in(house).token)
    key = added(holder)
    house.later(days=1)
    opened = entered(key)
    assert opened.account_id == holder.account_id
    assert signin.actor_of_token(opened.token).account_id == holder.account_id
    with house.sessions() as session:
        newest = session.scalars(select(LoginSession).order_by(col(LoginSession.id).desc())).first()
        assert newest is not None and newest.method == "passkey"
    assert passkeys.listing(holder)[0].used_at == house.now


def test_what_the_browser_is_asked(sqlite_house: House) -> None:
    actor = a_patient(sqlite_house)
    first = added(actor)
    making = passkeys.begin_adding(actor, origin=ORIGIN).options
    assert making["rp"]["id"] == "localhost" and making["attestation"] == "none"
    assert making["authenticatorSelection"] == {
        "residentKey": "required",
        "requireResidentKey": True,
        "userVerification": "required",
    }
    assert [each["id"] for each in making["excludeCredentials"]] == [first.id]
    with sqlite_house.sessions() as session:
        phone = session.get_one(Account, actor.account_id).phone
    assert making["user"]["name"] == f"{phone[:3]}****{phone[-4:]}" and phone not in str(making)
    using = passkeys.begin_sign_in(ANONYMOUS, origin=ORIGIN).options
    assert using["userVerification"] == "required" and using["allowCredentials"] == []
    assert using["challenge"] != making["challenge"]


@pytest.mark.parametrize(
    "wrong",
    [
        {"origin": "https://guahao.evil.example"},
        {"origin": "http://localhost.evil.example:8000"},
        {"origin": "http://localhost:9000"},
        {"rp_id": "evil.example"},
        {"flags": UP},
        {"flags": 0},
        {"crossOrigin": True},
        {"type": "webauthn.create"},
        {"challenge": "AAAA"},
        {"signed_by": ec.generate_private_key(ec.SECP256R1())},
        {"user_handle": b""},
        {"user_handle": b"somebody else's handle, 32 bytes"},
    ],
    ids=lambda wrong: next(iter(wrong)),
)
def test_a_signature_that_is_wrong_in_one_thing_opens_nothing(sqlite_house: House, wrong: dict[str, Any]) -> None:
    key = added(a_patient(sqlite_house))
    assert code_of(lambda: entered(key, **wrong)) == "passkey_unproven"
    with sqlite_house.sessions() as session:
        assert by_finger(session) == 0
        assert "sign-in.failed" in session.scalars(select(AuditEntry.action)).all()
    assert entered(key).account_id


@pytest.mark.parametrize(
    "wrong",
    [{"origin": "https://evil.example"}, {"rp_id": "evil.example"}, {"flags": UP}, {"challenge": "AAAA"}],
    ids=str,
)
def test_a_passkey_that_is_made_wrong_is_not_kept(sqlite_house: House, wrong: dict[str, Any]) -> None:
    actor = a_patient(sqlite_house)
    offer = passkeys.begin_adding(actor, origin=ORIGIN)
    made = SoftPasskey().create(offer.options, **wrong)
    assert code_of(lambda: passkeys.add(actor, handle=offer.handle, credential=made)) == "passkey_unproven"
    assert passkeys.listing(actor) == []


@pytest.mark.parametrize("credential", [{}, {"id": None}, {"id": "x" * 9000}, {"id": "号"}, {"id": "AAAA"}, {"id": ""}])
def test_what_is_no_credential_opens_nothing(sqlite_house: House, credential: dict[str, Any]) -> None:
    offer = passkeys.begin_sign_in(ANONYMOUS, origin=ORIGIN)
    assert code_of(lambda: passkeys.sign_in(ANONYMOUS, handle=offer.handle, credential=credential)) == "passkey_unknown"


@pytest.mark.parametrize("spoilt", ["clientDataJSON", "authenticatorData", "signature"])
@pytest.mark.parametrize("value", ["", "AAAA", "!", None, 7, "x" * 5000])
def test_bytes_that_are_no_proof_are_refused_calmly(sqlite_house: House, spoilt: str, value: Any) -> None:
    key = added(a_patient(sqlite_house))
    offer = passkeys.begin_sign_in(ANONYMOUS, origin=ORIGIN)
    answer = key.get(offer.options)
    answer["response"][spoilt] = value
    assert code_of(lambda: passkeys.sign_in(ANONYMOUS, handle=offer.handle, credential=answer)) == "passkey_unproven"


def test_an_answer_counts_once_right_or_wrong(house: House) -> None:
    key = added(a_patient(house))
    offer = passkeys.begin_sign_in(ANONYMOUS, origin=ORIGIN)
    right = key.get(offer.options)
    wrong = key.get(offer.options, flags=UP)
    assert code_of(lambda: passkeys.sign_in(ANONYMOUS, handle=offer.handle, credential=wrong)) == "passkey_unproven"
    assert code_of(lambda: passkeys.sign_in(ANONYMOUS, handle=offer.handle, credential=right)) == "ceremony_over"


def test_a_challenge_is_over_after_five_minutes(house: House) -> None:
    key = added(a_patient(house))
    offer = passkeys.begin_sign_in(ANONYMOUS, origin=ORIGIN)
    house.later(minutes=5)
    late = key.get(offer.options)
    assert code_of(lambda: passkeys.sign_in(ANONYMOUS, handle=offer.handle, credential=late)) == "ceremony_over"


def test_an_answer_to_one_challenge_is_none_to_another(sqlite_house: House) -> None:
    key = added(a_patient(sqlite_house))
    first, second = (passkeys.begin_sign_in(ANONYMOUS, origin=ORIGIN) for _ in range(2))
    answer = key.get(first.options)
    assert code_of(lambda: passkeys.sign_in(ANONYMOUS, handle=second.handle, credential=answer)) == "passkey_unproven"


@pytest.mark.parametrize("counter", [2, 1, 0])
def test_a_counter_that_goes_back_refuses_and_tells(house: House, counter: int) -> None:
    actor = a_patient(house)
    key = added(actor)
    entered(key), entered(key)
    assert code_of(lambda: entered(key, sign_count=counter)) == "passkey_copied"
    assert told(house, actor) == ["passkey_added", "passkey_copied"]
    with house.sessions() as session:
        assert "passkey.counter-back" in session.scalars(select(AuditEntry.action)).all()
        assert by_finger(session) == 2
    assert entered(key, sign_count=2**32 - 1).account_id == actor.account_id


def test_an_authenticator_that_does_not_count_is_taken_every_time(house: House) -> None:
    key = added(a_patient(house), SoftPasskey(counts=False))
    assert entered(key).token != entered(key).token


def test_one_answer_sent_by_many_at_once_opens_one_session(house: House) -> None:
    key = added(a_patient(house), SoftPasskey(counts=False))
    assert sessions_of_a_race(house, key) == 1


def test_without_using_up_the_challenge_it_would_open_many(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    """The control: a challenge that is only read is answered by all of them."""

    def only_read(work: Work, *, kind: str, handle: str) -> Remembered:
        row = work.session.scalars(select(Ceremony).where(col(Ceremony.kind) == kind)).one()
        return Remembered(json.loads(row.payload), row.account_id, row.staff_id)

    key = added(a_patient(house), SoftPasskey(counts=False))
    monkeypatch.setattr(ceremonies, "use_up", only_read)
    assert sessions_of_a_race(house, key) == 6


def sessions_of_a_race(house: House, key: SoftPasskey) -> int:
    offer = passkeys.begin_sign_in(ANONYMOUS, origin=ORIGIN)
    answer = key.get(offer.options)
    answers = race([answer] * 6, lambda a: passkeys.sign_in(ANONYMOUS, handle=offer.handle, credential=a))
    assert codes(answers) <= {"ceremony_over"}
    with house.sessions() as session:
        opened = by_finger(session)
    assert opened == len(granted(answers))
    return opened


def test_a_frozen_account_comes_in_and_a_closed_one_does_not(house: House) -> None:
    actor = a_patient(house)
    key = added(actor)
    change = update(Account).where(col(Account.id) == actor.account_id)
    with house.sessions.begin() as session:
        session.execute(change.values(frozen_until=house.now.replace(year=2030)))
    assert signin.actor_of_token(entered(key).token).frozen
    with house.sessions.begin() as session:
        session.execute(change.values(closed_at=house.now))
    assert code_of(lambda: entered(key)) == "account_closed"


def test_a_removed_passkey_opens_nothing_and_what_it_opened_goes_on(house: House) -> None:
    actor = a_patient(house)
    key = added(actor)
    opened = entered(key)
    passkeys.revoke(actor, passkey_id=passkeys.listing(actor)[0].id)
    assert code_of(lambda: entered(key)) == "passkey_unknown"
    assert signin.actor_of_token(opened.token).role is Role.PATIENT
    assert told(house, actor) == ["passkey_added", "passkey_removed"]


def test_several_devices_each_with_a_name(house: House) -> None:
    actor = a_patient(house)
    phone = "Mozilla/5.0 (Linux; Android 15) Chrome/140 Mobile"
    first, second = added(actor, user_agent=phone), added(actor, user_agent=phone)
    assert [each.label for each in passkeys.listing(actor)] == ["安卓手机", "安卓手机 2"]
    assert entered(first).account_id == entered(second).account_id == actor.account_id
    renamed = passkeys.rename(actor, passkey_id=passkeys.listing(actor)[1].id, label="  妈妈的\u202e 平板\n")
    assert renamed.label == "妈妈的 平板"
    for bad in ("", " \u200b", "长" * 41):
        assert code_of(lambda bad=bad: passkeys.rename(actor, passkey_id=renamed.id, label=bad)) == "bad_label"


def test_ten_are_enough(house: House) -> None:
    actor = a_patient(house)
    late = passkeys.begin_adding(actor, origin=ORIGIN)
    for _ in range(10):
        added(actor)
    assert code_of(lambda: passkeys.begin_adding(actor, origin=ORIGIN)) == "too_many_passkeys"
    made = SoftPasskey().create(late.options)
    assert code_of(lambda: passkeys.add(actor, handle=late.handle, credential=made)) == "too_many_passkeys"


def test_ten_stay_ten_when_two_come_at_once(house: House) -> None:
    actor = a_patient(house)
    for _ in range(9):
        added(actor)
    offers = [passkeys.begin_adding(actor, origin=ORIGIN) for _ in range(4)]
    made = [(offer.handle, SoftPasskey().create(offer.options)) for offer in offers]
    answers = race(made, lambda pair: passkeys.add(actor, handle=pair[0], credential=pair[1]))
    assert len(granted(answers)) == 1 and codes(answers) == {"too_many_passkeys"}


def test_one_credential_belongs_to_one_account(house: House) -> None:
    one, other = a_patient(house), a_patient(house)
    key = added(one)
    offer = passkeys.begin_adding(other, origin=ORIGIN)
    stolen = key.create(offer.options)
    assert code_of(lambda: passkeys.add(other, handle=offer.handle, credential=stolen)) == "passkey_known"
    assert passkeys.listing(other) == []


def test_another_accounts_passkeys_are_out_of_reach(house: House) -> None:
    one, other = a_patient(house), a_patient(house)
    added(one)
    mine = passkeys.listing(one)[0]
    assert code_of(lambda: passkeys.rename(other, passkey_id=mine.id, label="我的")) == "not_found"
    assert code_of(lambda: passkeys.revoke(other, passkey_id=mine.id)) == "not_found"
    offer = passkeys.begin_adding(one, origin=ORIGIN)
    made = SoftPasskey().create(offer.options)
    assert code_of(lambda: passkeys.add(other, handle=offer.handle, credential=made)) == "passkey_unproven"
    assert passkeys.listing(one) == [mine] and passkeys.listing(other) == []


@pytest.mark.parametrize("act", [passkeys.listing, lambda who: passkeys.begin_adding(who, origin=ORIGIN)])
def test_nobody_and_a_kiosk_have_no_passkeys(house: House, act: Callable[[Actor], object]) -> None:
    assert code_of(lambda: act(ANONYMOUS)) == "signed_out"
    assert code_of(lambda: act(Actor(Role.KIOSK, staff_id=1))) == "forbidden"


@pytest.mark.parametrize(
    "origin", ["http://127.0.0.1:8000", "https://localhost:8000", "http://evil.example", "null", ""]
)
def test_elsewhere_it_is_said_where(sqlite_house: House, origin: str) -> None:
    with pytest.raises(Refusal) as refused:
        passkeys.begin_sign_in(ANONYMOUS, origin=origin)
    assert refused.value.code == "passkeys_elsewhere" and "http://localhost:8000" in refused.value.message


def test_at_home_on_localhost_any_port_will_do(sqlite_house: House) -> None:
    offer = passkeys.begin_adding(actor := a_patient(sqlite_house), origin="http://localhost:9123")
    key = SoftPasskey(origin="http://localhost:9123")
    assert passkeys.add(actor, handle=offer.handle, credential=key.create(offer.options)).label


def test_no_personal_data_and_no_challenge_stands_in_the_open(house: House) -> None:
    actor = a_patient(house)
    offer = passkeys.begin_adding(actor, origin=ORIGIN)
    with house.engine.connect() as connection:
        rows = str(connection.exec_driver_sql("SELECT * FROM ceremony").all())
    assert offer.options["challenge"] not in rows and offer.handle not in rows


# --- the second factor of staff ----------------------------------------------------------------


def an_admin(house: House, **session: Any) -> Actor:
    """With a session of their own; `second_factor_at` says whether it is complete."""
    staff_id = a_member_of_staff(house)
    with house.sessions.begin() as db:
        row = LoginSession(
            token_hash=f"{staff_id}-{len(session)}-{house.now}",
            staff_id=staff_id,
            created_at=house.now,
            seen_at=house.now,
            expires_at=house.now.replace(year=2030),
            **session,
        )
        db.add(row)
        db.flush()
        return Actor(Role.HOSPITAL_ADMIN, staff_id=staff_id, session_id=row.id, incomplete=not session)


def proven(house: House, admin: Actor, key: SoftPasskey, **wrong: Any) -> None:
    offer = passkeys.begin_second_factor(ANONYMOUS, staff_id=admin.staff_id or 0, origin=ORIGIN)
    assert offer is not None and [each["id"] for each in offer.options["allowCredentials"]]
    passkeys.verify_assertion(
        ANONYMOUS,
        staff_id=admin.staff_id or 0,
        handle=offer.handle,
        credential=key.get(offer.options, **wrong),
    )


def test_a_members_finger_is_a_second_factor_and_no_patients_way_in(house: House) -> None:
    admin = an_admin(house)
    assert passkeys.begin_second_factor(ANONYMOUS, staff_id=admin.staff_id or 0, origin=ORIGIN) is None
    key = added(admin)
    with house.sessions() as session:
        assert session.get_one(LoginSession, admin.session_id).second_factor_at == house.now
    proven(house, admin, key)
    proven(house, admin, key, user_handle=b"")
    assert code_of(lambda: proven(house, admin, key, flags=UP)) == "passkey_unproven"
    assert code_of(lambda: proven(house, admin, key, sign_count=1)) == "passkey_copied"
    assert code_of(lambda: entered(key)) == "passkey_unknown"
    assert code_of(lambda: proven(house, admin, added(a_patient(house)))) == "passkey_unknown"
    elsewhere = passkeys.begin_second_factor(ANONYMOUS, staff_id=admin.staff_id or 0, origin="http://127.0.0.1:8000")
    assert elsewhere is None


def test_a_finger_as_the_first_second_factor_comes_with_recovery_codes(house: House) -> None:
    """The page gives them by itself while this is so; else a lost phone would shut its owner out."""
    admin = an_admin(house)
    assert not second_factor.standing(admin).lacks_codes
    added(admin)
    assert second_factor.standing(admin).lacks_codes
    codes = second_factor.renew_codes(admin)
    assert len(codes) >= 8 and not second_factor.standing(admin).lacks_codes


def test_staff_sign_in_with_password_and_finger(house: House) -> None:
    admin = an_admin(house)
    key = added(admin)

    def enter(**more: Any) -> SignedIn:
        return signin.sign_in_staff(ANONYMOUS, staff_no="D1001", password=PASSWORD, **more)

    def asked(origin: str = ORIGIN) -> dict[str, Any]:
        with pytest.raises(Refusal) as refused:
            enter(origin=origin)
        assert refused.value.code == "second_factor_required"
        return refused.value.extra

    assert asked("http://127.0.0.1:8000") == {}
    offer: dict[str, Any] = asked()["passkey"]  # type: ignore[assignment]
    wrong = key.get(offer["options"], flags=UP)
    assert code_of(lambda: enter(passkey=Proof(offer["handle"], wrong))) == "passkey_unproven"
    house.later(minutes=10)  # the failures above had to be waited for
    again: dict[str, Any] = asked()["passkey"]  # type: ignore[assignment]
    opened = enter(passkey=Proof(again["handle"], key.get(again["options"])))
    assert not opened.incomplete and not signin.actor_of_token(opened.token).incomplete
    replayed = key.get(again["options"])
    assert code_of(lambda: enter(passkey=Proof(again["handle"], replayed))) == "ceremony_over"
    assert code_of(lambda: enter(otp="123456")) == "wrong_code"


def test_another_members_finger_is_no_second_factor(house: House) -> None:
    admin = an_admin(house)
    added(admin)
    clerk = a_member_of_staff(house, staff_no="C1001", role=Role.CLERK)
    opened = house.do(sessions.open_for_staff, staff_id=clerk, role=Role.CLERK)
    key = added(signin.actor_of_token(opened.token))
    offer = passkeys.begin_second_factor(ANONYMOUS, staff_id=admin.staff_id or 0, origin=ORIGIN)
    assert offer is not None
    answer = Proof(offer.handle, key.get(offer.options))
    enter = partial(signin.sign_in_staff, ANONYMOUS, staff_no="D1001", password=PASSWORD, passkey=answer)
    assert code_of(enter) == "passkey_unknown"


def test_a_password_alone_brings_and_takes_no_second_factor(house: House) -> None:
    admin = an_admin(house)
    key = added(admin)
    with house.sessions.begin() as session:
        half = LoginSession(
            token_hash="half",
            staff_id=admin.staff_id,
            created_at=house.now,
            seen_at=house.now,
            expires_at=house.now.replace(year=2030),
        )
        session.add(half)
        session.flush()
        thief = Actor(Role.HOSPITAL_ADMIN, staff_id=admin.staff_id, session_id=half.id, incomplete=True)
    mine = passkeys.listing(admin)[0].id
    assert code_of(lambda: added(thief)) == "second_factor_required"
    assert code_of(lambda: passkeys.revoke(thief, passkey_id=mine)) == "second_factor_required"
    assert code_of(lambda: passkeys.rename(thief, passkey_id=mine, label="x")) == "second_factor_required"
    added(admin)
    with house.sessions() as session:
        assert session.get_one(LoginSession, half.id).revoked_at == house.now
        assert session.get_one(LoginSession, admin.session_id).revoked_at is None
    assert len(passkeys.listing(admin)) == 2 and key.id
    with house.sessions() as session:
        assert {row.account_id for row in session.scalars(select(Passkey))} == {None}
