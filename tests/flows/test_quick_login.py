"""微信、支付宝快捷登录: the first time a phone is bound, later straight in; and everything that must not get in."""

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import select, update
from sqlmodel import col

from hospital_app import container as containers
from hospital_app.adapters.alipay_identity import AlipayIdentity
from hospital_app.domain.errors import Refusal
from hospital_app.domain.identity import ANONYMOUS, Actor
from hospital_app.domain.linking import TROUBLES, Provider
from hospital_app.flows import quick_login, signin
from hospital_app.flows.quick_login import Arrived
from hospital_app.models.identity import Account, Ceremony, LinkedIdentity, Message
from hospital_app.models.operation import AuditEntry
from hospital_app.sandbox.keys import rsa_pair
from tests.support.identity import Gate
from tests.support.people import code_sent, signed_in
from tests.support.race import codes, granted, race
from tests.support.waiting import free_port

WECHAT, ALIPAY = Provider.WECHAT, Provider.ALIPAY
PHONE, OTHER_PHONE = "13800138000", "13900139000"
BOTH = pytest.mark.parametrize("provider", list(Provider))


def refused(action: Callable[..., object], *arguments: Any, **named: Any) -> str:
    with pytest.raises(Refusal) as refusal:
        action(*arguments, **named)
    return refusal.value.code


def holder(gate: Gate, phone: str = PHONE) -> Actor:
    return signin.actor_of_token(signed_in(gate.house, phone).token)


@BOTH
def test_the_first_time_a_phone_is_bound_and_later_it_goes_straight_in(gate: Gate, provider: Provider) -> None:
    first = gate.arrive(provider, "林小满", next="/appointments")
    assert first.session is None and first.next == "/appointments"
    seen = quick_login.waiting(ANONYMOUS, handle=first.binding)
    assert seen is not None and (seen.provider, seen.nickname) == (provider, "林小满")
    opened = gate.bind(first, PHONE)
    assert signin.actor_of_token(opened.token).account_id == opened.account_id
    gate.house.later(days=1)
    second = gate.arrive(provider, "林小满")
    assert second.binding == "" and second.session is not None
    assert second.session.account_id == opened.account_id
    assert gate.links() == [(opened.account_id, provider)]
    assert gate.methods() == [provider, provider]
    (link,) = quick_login.links(signin.actor_of_token(second.session.token))
    assert (link.linked_at, link.used_at) == (gate.house.now - timedelta(days=1), gate.house.now)


@BOTH
def test_an_account_that_is_there_already_is_linked_by_its_phone(gate: Gate, provider: Provider) -> None:
    account = holder(gate).account_id
    gate.house.later(minutes=2)
    assert gate.bind(gate.arrive(provider, "林小满"), PHONE).account_id == account
    gate.house.later(minutes=2)
    assert signed_in(gate.house, PHONE).account_id == account  # and the code still opens it
    with gate.house.sessions() as session:
        told = session.scalars(select(col(Message.kind)).where(col(Message.account_id) == account)).all()
    assert told.count("identity_linked") == 1


@BOTH
def test_a_state_opens_once(gate: Gate, provider: Provider) -> None:
    begun = gate.begin(provider)
    brought = gate.agreed(begun, provider, "林小满")
    quick_login.finish(ANONYMOUS, provider=provider, nonce=begun.nonce, **brought)
    again = gate.agreed(begun, provider, "林小满")
    for replayed in (brought, again):
        assert (
            refused(quick_login.finish, ANONYMOUS, provider=provider, nonce=begun.nonce, **replayed) == "ceremony_over"
        )


def test_a_state_is_worth_nothing_in_another_browser_and_stays_good_in_its_own(gate: Gate) -> None:
    """Somebody who makes another person's browser come back with their own code gets nobody signed in as them."""
    mine, theirs = gate.begin(WECHAT), gate.begin(WECHAT)
    brought = gate.agreed(mine, WECHAT, "林小满")
    for nonce in (theirs.nonce, "", "x" * 43, mine.nonce[:-1]):
        assert refused(quick_login.finish, ANONYMOUS, provider=WECHAT, nonce=nonce, **brought) == "other_browser"
    assert quick_login.finish(ANONYMOUS, provider=WECHAT, nonce=mine.nonce, **brought).binding


def test_a_state_that_is_unknown_old_or_of_the_other_vendor_opens_nothing(gate: Gate) -> None:
    begun = gate.begin(WECHAT)
    brought = gate.agreed(begun, WECHAT, "林小满")

    def come(provider: Provider = WECHAT, **changed: str) -> str:
        kept = brought | changed
        return refused(quick_login.finish, ANONYMOUS, provider=provider, nonce=begun.nonce, **kept)

    assert come(ALIPAY) == "other_browser"
    assert come(state="") == come(state="nobody's") == "ceremony_over"
    assert come(state="x" * 5000) == "identity_unproven"
    gate.house.later(minutes=5)
    assert come() == "ceremony_over"


@BOTH
def test_a_code_that_is_wrong_or_used_names_nobody(gate: Gate, provider: Provider) -> None:
    begun = gate.begin(provider)
    code = gate.agreed(begun, provider, "林小满")["code"]
    brought = gate.agreed(begun, provider, "林小满")
    quick_login.finish(ANONYMOUS, provider=provider, nonce=begun.nonce, **brought)
    for wrong in (brought["code"], "nonsense", "' OR 1=1 --", "x" * 600):
        fresh = gate.begin(provider)
        state = gate.agreed(fresh, provider, "林小满")["state"]
        come = refused(quick_login.finish, ANONYMOUS, provider=provider, state=state, code=wrong, nonce=fresh.nonce)
        assert come == "identity_unproven"
    assert code != brought["code"]


@BOTH
def test_who_refuses_is_told_so(gate: Gate, provider: Provider) -> None:
    begun = gate.begin(provider)
    state = gate.world.refuse(begun.url)["state"]
    for word in ("identity_refused", "ceremony_over"):
        come = refused(quick_login.finish, ANONYMOUS, provider=provider, state=state, code="", nonce=begun.nonce)
        assert come == word


def test_a_vendor_that_is_down_or_whose_answer_is_forged_opens_nothing(sqlite_gate: Gate) -> None:
    gate = sqlite_gate
    begun = gate.begin(ALIPAY)
    brought = gate.agreed(begun, ALIPAY, "林小满")
    known, world = gate.world.applications, gate.world
    forged = AlipayIdentity(
        app_id=known.alipay_app_id,
        private_key=known.hospital_key,
        public_key=rsa_pair()[1],
        gateway_url=f"{world.url}/gateway.do",
    )
    down = AlipayIdentity(
        app_id=known.alipay_app_id,
        private_key=known.hospital_key,
        public_key=known.alipay_public,
        gateway_url=f"http://127.0.0.1:{free_port()}/gateway.do",
    )
    house = gate.house.container
    for vendor, code in ((forged, "identity_unproven"), (down, "identity_unreachable")):
        containers.use(replace(house, identities={ALIPAY: vendor}))
        assert refused(quick_login.finish, ANONYMOUS, provider=ALIPAY, nonce=begun.nonce, **brought) == code
        containers.use(house)
        begun = gate.begin(ALIPAY)
        brought = gate.agreed(begun, ALIPAY, "林小满")
    assert gate.methods() == []


def test_what_is_not_configured_is_not_offered(sqlite_gate: Gate) -> None:
    assert quick_login.offered() == [WECHAT, ALIPAY]
    containers.use(replace(sqlite_gate.house.container, identities={}))
    assert quick_login.offered() == []
    assert refused(sqlite_gate.begin, WECHAT) == "identity_not_offered"


@pytest.mark.parametrize(
    "next",
    [
        "https://evil.example/",
        "//evil.example/",
        "/\\evil.example/",
        "\\\\evil.example",
        "/\t/evil.example",
        "/x\\..\\evil",
        "javascript:alert(1)",
        "me",
        "",
        " /me",
        "/me\r\nSet-Cookie: x=1",
        "/" + "x" * 300,
    ],
)
def test_nobody_is_sent_to_another_origin_afterwards(sqlite_gate: Gate, next: str) -> None:
    assert refused(sqlite_gate.begin, WECHAT, next=next) == "bad_next"
    actor = holder(sqlite_gate)
    assert refused(quick_login.start_linking, actor, provider=WECHAT, next=next) == "bad_next"


def test_a_wrong_code_by_sms_leaves_the_binding_for_another_try(gate: Gate) -> None:
    arrived = gate.arrive(WECHAT, "林小满")
    signin.request_code(ANONYMOUS, phone=PHONE)
    right = code_sent(gate.house, PHONE) or ""
    wrong = f"{(int(right) + 1) % 1_000_000:06d}"
    given = {"handle": arrived.binding, "phone": PHONE}
    assert refused(quick_login.bind, ANONYMOUS, code=wrong, **given) == "wrong_code"
    assert gate.links() == []
    assert quick_login.bind(ANONYMOUS, code=right, **given).account_id
    assert len(gate.links()) == 1


def test_a_binding_serves_once_and_not_for_long(gate: Gate) -> None:
    arrived = gate.arrive(WECHAT, "林小满")
    gate.bind(arrived, PHONE)
    gate.house.later(minutes=2)
    assert refused(gate.bind, arrived, OTHER_PHONE) == "ceremony_over"
    late = gate.arrive(WECHAT, "另一位")
    gate.house.later(minutes=15)
    assert quick_login.waiting(ANONYMOUS, handle=late.binding) is None
    assert refused(gate.bind, late, OTHER_PHONE) == "ceremony_over"
    for handle in ("", "nobody's", "x" * 5000):
        assert quick_login.waiting(ANONYMOUS, handle=handle) is None
    assert refused(gate.bind, replace(late, binding="nobody's"), "13700137000") == "ceremony_over"


def test_a_state_is_no_binding_and_a_binding_no_state(sqlite_gate: Gate) -> None:
    begun = sqlite_gate.begin(WECHAT)
    state = sqlite_gate.world.refuse(begun.url)["state"]
    assert refused(sqlite_gate.bind, Arrived("/", binding=state), PHONE) == "ceremony_over"
    arrived = sqlite_gate.arrive(WECHAT, "林小满")
    given = {"state": arrived.binding, "code": "C", "nonce": begun.nonce}
    assert refused(quick_login.finish, ANONYMOUS, provider=WECHAT, **given) == "ceremony_over"


def test_a_phone_has_one_identity_of_each_vendor(gate: Gate) -> None:
    opened = gate.bind(gate.arrive(WECHAT, "林小满"), PHONE)
    gate.house.later(minutes=2)
    other = gate.arrive(WECHAT, "林小满的小号")
    assert refused(gate.bind, other, PHONE) == "other_identity_linked"
    gate.house.later(minutes=2)
    gate.bind(gate.arrive(ALIPAY, "林小满"), PHONE)
    assert gate.links() == [(opened.account_id, WECHAT), (opened.account_id, ALIPAY)]


@pytest.mark.parametrize("rounds", range(2))
def test_two_first_sign_ins_of_one_identity_make_one_link(gate: Gate, rounds: int) -> None:
    """Each with a phone of its own, at the same moment: one gets in, the others are told that it is taken."""
    phones = [f"138{rounds}013800{each}" for each in range(4)]
    tries = []
    for phone in phones:
        arrived = gate.arrive(WECHAT, f"抢登者{rounds}")
        signin.request_code(ANONYMOUS, phone=phone)
        tries.append((arrived.binding, phone, code_sent(gate.house, phone) or ""))
    answers = race(tries, lambda each: quick_login.bind(ANONYMOUS, handle=each[0], phone=each[1], code=each[2]))
    (winner,) = granted(answers)
    assert codes(answers) == {"identity_taken"}
    assert gate.links() == [(winner.account_id, WECHAT)]
    assert gate.methods() == [WECHAT]


def test_one_state_brought_back_many_times_at_once_opens_once(mariadb_gate: Gate) -> None:
    gate = mariadb_gate
    gate.bind(gate.arrive(WECHAT, "连点者"), PHONE)
    begun = gate.begin(WECHAT)
    brought = [gate.agreed(begun, WECHAT, "连点者") for _ in range(6)]
    answers = race(brought, lambda each: quick_login.finish(ANONYMOUS, provider=WECHAT, nonce=begun.nonce, **each))
    assert len(granted(answers)) == 1 and codes(answers) == {"ceremony_over"}


@BOTH
def test_linking_and_unlinking_from_the_settings(gate: Gate, provider: Provider) -> None:
    actor = holder(gate)
    arrived = gate.link(actor, provider, "林小满")
    assert arrived == Arrived("/me/security")
    assert gate.arrive(provider, "林小满").session is not None
    quick_login.unlink(actor, provider=provider)
    assert quick_login.links(actor) == []
    assert gate.arrive(provider, "林小满").binding  # a stranger again
    assert refused(quick_login.unlink, actor, provider=provider) == "not_found"
    gate.house.later(minutes=2)
    assert signed_in(gate.house, PHONE).account_id == actor.account_id  # never locked out
    with gate.house.sessions() as session:
        actions = session.scalars(select(col(AuditEntry.action))).all()
    assert {"identity.link", "identity.unlink"} <= set(actions)


def test_linking_twice_changes_nothing_and_another_accounts_identity_is_not_taken_over(gate: Gate) -> None:
    mine = holder(gate)
    theirs = holder(gate, OTHER_PHONE)
    gate.link(mine, WECHAT, "林小满")
    gate.link(mine, WECHAT, "林小满")
    assert refused(gate.link, theirs, WECHAT, "林小满") == "identity_taken"
    assert refused(gate.link, mine, WECHAT, "别人") == "other_identity_linked"
    assert gate.links() == [(mine.account_id, WECHAT)]
    assert refused(quick_login.unlink, theirs, provider=WECHAT) == "not_found"


def test_what_one_account_began_another_cannot_finish(gate: Gate) -> None:
    """Signed out, or somebody else signed in meanwhile in the same browser."""
    mine, theirs = holder(gate), holder(gate, OTHER_PHONE)
    begun = quick_login.start_linking(mine, provider=WECHAT, next="/me/security")
    brought = gate.agreed(begun, WECHAT, "林小满")
    for actor in (theirs, ANONYMOUS):
        assert refused(quick_login.finish, actor, provider=WECHAT, nonce=begun.nonce, **brought) == "other_browser"
    assert gate.links() == []
    assert quick_login.finish(mine, provider=WECHAT, nonce=begun.nonce, **brought) == Arrived("/me/security")


def test_only_a_patient_has_an_account_to_link(sqlite_gate: Gate) -> None:
    assert refused(quick_login.start_linking, ANONYMOUS, provider=WECHAT, next="/") == "signed_out"
    assert refused(quick_login.links, ANONYMOUS) == "signed_out"


def test_a_frozen_account_comes_in_and_a_closed_one_stays_closed(gate: Gate) -> None:
    opened = gate.bind(gate.arrive(WECHAT, "林小满"), PHONE)

    def becomes(**values: object) -> None:
        with gate.house.sessions.begin() as session:
            session.execute(update(Account).where(col(Account.id) == opened.account_id).values(**values))

    becomes(frozen_until=gate.house.now + timedelta(days=3))
    frozen = gate.arrive(WECHAT, "林小满").session
    assert frozen is not None and signin.actor_of_token(frozen.token).frozen
    becomes(closed_at=gate.house.now, phone_index=f"closed:{opened.account_id}")
    gone = gate.arrive(WECHAT, "林小满")
    assert gone.session is None and gate.links() == []
    gate.house.later(minutes=2)
    anew = gate.bind(gone, PHONE)
    assert anew.account_id != opened.account_id


def test_nothing_of_who_they_are_is_written_in_the_clear(gate: Gate) -> None:
    gate.bind(gate.arrive(ALIPAY, "慕容守密"), PHONE)
    later = gate.arrive(ALIPAY, "慕容守密")
    assert later.session is not None
    with gate.house.engine.connect() as connection:
        for table in (Ceremony, LinkedIdentity, AuditEntry, Message):
            rows = str(connection.exec_driver_sql(f"SELECT * FROM {table.__tablename__}").fetchall())
            assert rows != "[]" and "慕容守密" not in rows and "2088" not in rows


def test_every_trouble_says_what_to_do_now() -> None:
    assert all("请" in sentence or "可以" in sentence for sentence, _ in TROUBLES.values())
