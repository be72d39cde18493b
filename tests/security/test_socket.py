"""Any client may call any handler with anything. Nothing of anybody else's changes, and nothing of it is told."""

import inspect
import json
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from itertools import groupby
from typing import Any

import pytest
import reflex as rx
import socketio

import hospital_app.hospital_app
from hospital_app.domain.identity import STAFF_ROLES, Role
from state.live import READ_AGAIN_SECONDS
from tests.security.scene import VICTIM_NAME, Caller, Scene, make
from tests.support.living import AREA, DEPARTMENT, Living, fingerprints
from tests.support.people import resident_id
from tests.support.reflex_client import ReflexClient, handlers
from tests.support.waiting import wait_until

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(600)]

assert hospital_app.hospital_app.app  # every page, and so every handler, is registered by it
ROOT = rx.State.get_full_name()
HANDLERS = handlers(rx.State)

NOBODY: frozenset[Role] = frozenset()
REFLEX_STATES = ("update_vars_internal_state", "frontend_event_exception_state", "on_load_internal_state")
STAFF = frozenset(STAFF_ROLES)
HOSPITAL = frozenset({Role.HOSPITAL_ADMIN})
ADMINS = frozenset({Role.DEPARTMENT_ADMIN, Role.HOSPITAL_ADMIN})
COUNTER = frozenset({Role.CLERK})
#: Handler → the roles that may change something with the arguments that this file sends. A new handler must be entered.
MAY_CHANGE: dict[str, frozenset[Role]] = {
    # Reflex's own: the state of one's own screen
    **dict.fromkeys(["hydrate", "hydrate_and_load", "set_is_hydrated"], NOBODY),
    "update_vars_internal_state.update_vars_internal": NOBODY,
    "frontend_event_exception_state.handle_frontend_exception": NOBODY,
    **dict.fromkeys(["on_load_internal_state.on_load_internal", "on_load_internal_state.set_is_hydrated"], NOBODY),
    # what everybody may look at
    **dict.fromkeys(["home_state.load", "home_state.follow", "find_state.load", "find_state.search"], NOBODY),
    **dict.fromkeys(["doctor_state.load", "doctor_state.choose", "doctor_state.follow"], NOBODY),
    **dict.fromkeys(["departments_state.load", "area_list_state.load"], NOBODY),
    **dict.fromkeys(["area_screen_state.load", "area_screen_state.follow"], NOBODY),
    **dict.fromkeys(["notice_state.show", "notice_state.dismiss", "staff_signin_state.load"], NOBODY),
    # an account's own things
    **dict.fromkeys([f"me_state.{name}" for name in ("load", "remove", "take_person")], NOBODY),
    **dict.fromkeys([f"me_state.{name}" for name in ("start_adding", "stop_adding", "start_completing")], NOBODY),
    **dict.fromkeys(["messages_state.load", "messages_state.follow"], NOBODY),
    **dict.fromkeys(["bills_state.load", "bills_state.follow", "bills_state.ask_invoice"], NOBODY),
    "messages_state.mark_read": frozenset({Role.PATIENT}),
    **dict.fromkeys(["security_state.load", "security_state.end_session"], NOBODY),
    **dict.fromkeys(["linked_state.load", "linked_state.unlink", "bind_state.load"], NOBODY),
    **dict.fromkeys([f"passkeys_state.{name}" for name in ("load", "start_naming", "stop_naming")], NOBODY),
    **dict.fromkeys(["passkeys_state.rename", "passkeys_state.revoke"], NOBODY),
    "person_state.add": frozenset({Role.PATIENT}),
    **dict.fromkeys([f"person_state.{name}" for name in ("complete", "choose_kind", "choose_relation")], NOBODY),
    **dict.fromkeys([f"confirm_state.{name}" for name in ("load", "follow", "choose", "take_person", "hold")], NOBODY),
    **dict.fromkeys([f"confirm_state.{name}" for name in ("start_adding", "stop_adding", "agree_for_child")], NOBODY),
    "confirm_state.hold_proved": NOBODY,
    **dict.fromkeys([f"privacy_state.{name}" for name in ("load", "agree", "withdraw")], NOBODY),
    **dict.fromkeys(["person_state.insure", "me_state.start_insuring", "me_state.start_renewing"], NOBODY),
    "confirm_state.agree": NOBODY,  # a stranger of this file has agreed already
    **dict.fromkeys(["pay_state.load", "pay_state.follow", "pay_state.refresh"], NOBODY),
    # the counter acts for any patient, but never without a reason; asking the channel needs none
    **dict.fromkeys(
        [f"pay_state.{name}" for name in ("pay", "outside", "scan", "give_up", "choose", "another")], NOBODY
    ),
    **dict.fromkeys(
        [
            f"pay_state.{name}"
            for name in ("insure", "with_account", "uninsure", "agree", "promise", "take_cash", "left")
        ],
        NOBODY,
    ),
    **dict.fromkeys(["pay_state.link", "pay_state.linked"], NOBODY),
    "pay_state.check": COUNTER,
    **dict.fromkeys(["on_behalf_state.choose", "on_behalf_state.write"], NOBODY),
    **dict.fromkeys(["slip_state.load", "slip_state.follow", "appointments_state.load"], NOBODY),
    # the waitlist: nobody of this file stands in a line, and the day that is asked for is not sold out
    **dict.fromkeys([f"waitlist_state.{name}" for name in ("load", "follow", "join", "join_proved")], NOBODY),
    **dict.fromkeys([f"appointments_state.{name}" for name in ("follow", "ask_leave", "stay", "leave")], NOBODY),
    **dict.fromkeys([f"appointment_state.{name}" for name in ("load", "follow", "ask_cancel")], NOBODY),
    **dict.fromkeys([f"appointment_state.{name}" for name in ("ask_reschedule", "choose", "pick")], NOBODY),
    "appointment_state.leave_it": NOBODY,
    "appointment_state.collect": COUNTER,  # of whom stands at the window and pays
    **dict.fromkeys([f"displaced_state.{name}" for name in ("load", "move", "refund")], NOBODY),
    **dict.fromkeys(
        [f"appointment_state.{name}" for name in ("cancel", "reschedule", "reschedule_proved", "check_in")], NOBODY
    ),
    **dict.fromkeys(["queue_state.load", "queue_state.follow"], NOBODY),
    # one's own second factor
    "second_factor_state.confirm": NOBODY,
    # an administrator's own recovery codes, made at the first look if there are none
    "second_factor_state.load": frozenset({Role.DEPARTMENT_ADMIN, Role.HOSPITAL_ADMIN}),
    "second_factor_state.begin": STAFF,
    "second_factor_state.renew_codes": frozenset({Role.DEPARTMENT_ADMIN, Role.HOSPITAL_ADMIN}),
    # the doctor's own desk
    **dict.fromkeys([f"desk_state.{name}" for name in ("load", "follow", "choose", "next_patient", "call")], NOBODY),
    **dict.fromkeys([f"desk_state.{name}" for name in ("recall", "start", "skip", "finish")], NOBODY),
    **dict.fromkeys([f"my_schedule_state.{name}" for name in ("load", "follow", "show", "turn", "choose")], NOBODY),
    **dict.fromkeys([f"my_schedule_state.{name}" for name in ("leave", "choose_kind", "withdraw")], NOBODY),
    "my_schedule_state.ask": HOSPITAL,  # an admin may ask for what the doctor may, too
    # the hospital's terminals
    "kiosk_state.present": frozenset({Role.KIOSK, Role.CLERK}),
    **dict.fromkeys(["kiosk_state.load", "kiosk_state.again"], NOBODY),
    **dict.fromkeys(
        ["staff_patients_state.load", "staff_patients_state.find"], NOBODY
    ),  # searching leaves a trace only
    **dict.fromkeys(
        [
            f"walk_in_state.{name}"
            for name in ("load", "find", "choose", "look", "give", "insure", "pay_out", "collect")
        ],
        NOBODY,
    ),
    **dict.fromkeys([f"walk_in_state.{name}" for name in ("next_person", "pick", "unpick")], NOBODY),
    "walk_in_state.enrol": frozenset({Role.CLERK}),
    # a shift of one's own opens by a button; what is closed or received is what the screen shows
    **dict.fromkeys(["shift_state.load", "shift_state.close"], NOBODY),
    # the finance office receives what was handed to it
    **dict.fromkeys(["shift_state.receive", "shift_sheet_state.receive"], HOSPITAL),
    "shift_state.begin": COUNTER,
    "shift_sheet_state.load": NOBODY,
    **dict.fromkeys([f"payments_state.{name}" for name in ("load", "follow", "search", "retry")], NOBODY),
    "payment_state.load": NOBODY,
    **dict.fromkeys(["shifts_state.load", "shifts_state.choose"], NOBODY),
    **dict.fromkeys([f"finance_state.{name}" for name in ("load", "choose", "span", "draw", "export")], NOBODY),
    # nobody closes the books of the house these tests live in: all that is over is closed already
    **dict.fromkeys([f"ledger_state.{name}" for name in ("load", "choose", "search", "show_older")], NOBODY),
    **dict.fromkeys(["ledger_state.export", "ledger_state.close"], NOBODY),
    **dict.fromkeys(["dashboard_state.load", "dashboard_state.follow"], NOBODY),
    # the clinic is that of the address: the department admin among the strangers is another department's
    **dict.fromkeys(["clinic_state.load", "clinic_state.choose_kind"], NOBODY),
    "clinic_state.ask": HOSPITAL,
    # what is held is what the screen shows, for whom it shows
    **dict.fromkeys([f"referrals_state.{name}" for name in ("load", "follow", "find", "look", "refer")], NOBODY),
    **dict.fromkeys([f"referrals_state.{name}" for name in ("next_person", "pick", "unpick")], NOBODY),
    **dict.fromkeys([f"referral_records_state.{name}" for name in ("load", "search", "show_older")], NOBODY),
    # misuse: there is something to lift or to answer only after a freeze
    # requests: the department admin among the strangers is another department's
    **dict.fromkeys([f"changes_state.{name}" for name in ("load", "follow", "choose", "leave")], NOBODY),
    **dict.fromkeys(["changes_state.approve", "changes_state.reject"], HOSPITAL),
    "badge_state.load": NOBODY,
    "misuse_state.freeze": frozenset({Role.HOSPITAL_ADMIN}),
    **dict.fromkeys([f"misuse_state.{name}" for name in ("load", "choose", "look_up", "leave")], NOBODY),
    **dict.fromkeys([f"misuse_state.{name}" for name in ("unfreeze", "decide", "answer_alert")], NOBODY),
    # finance: no day of the channels is compared here, and there is no difference to be settled
    **dict.fromkeys(["reconciliation_state.load", "reconciliation_state.follow"], NOBODY),
    **dict.fromkeys([f"reconciled_day_state.{name}" for name in ("load", "follow", "choose", "resolve")], NOBODY),
    **dict.fromkeys(["reconciled_day_state.run_again", "reconciled_day_state.export"], NOBODY),
    **dict.fromkeys([f"audit_state.{name}" for name in ("load", "search", "show_older", "export")], NOBODY),
    **dict.fromkeys([f"appeal_state.{name}" for name in ("load", "glance", "send")], NOBODY),
    # staff, departments, doctors: the department admin among the strangers is another department's
    **dict.fromkeys([f"staff_state.{name}" for name in ("load", "search", "turn")], NOBODY),
    **dict.fromkeys(["staff_member_state.load", "staff_member_state.choose_role", "staff_import_state.load"], NOBODY),
    **dict.fromkeys([f"staff_member_state.{name}" for name in ("hire", "rename", "transfer", "change_role")], HOSPITAL),
    **dict.fromkeys([f"staff_member_state.{name}" for name in ("reset_password", "reset_second_factor")], HOSPITAL),
    **dict.fromkeys([f"staff_member_state.{name}" for name in ("deactivate", "reactivate")], HOSPITAL),
    **dict.fromkeys(["department_list_state.load", "department_record_state.load"], NOBODY),
    **dict.fromkeys(
        [f"department_record_state.{name}" for name in ("save", "open_up", "close", "save_release")], HOSPITAL
    ),
    **dict.fromkeys([f"doctor_list_state.{name}" for name in ("load", "search")], NOBODY),
    **dict.fromkeys([f"doctor_record_state.{name}" for name in ("load", "look_again")], NOBODY),
    **dict.fromkeys([f"doctor_record_state.{name}" for name in ("save", "remove_photo")], HOSPITAL),
    # templates: what is saved is what was proposed before, for one's own department
    **dict.fromkeys(
        [f"templates_state.choose_{name}" for name in ("department", "provider", "cell", "version")], NOBODY
    ),
    **dict.fromkeys([f"templates_state.{name}" for name in ("load", "leave", "propose", "propose_end")], NOBODY),
    "templates_state.confirm": NOBODY,
    **dict.fromkeys([f"holidays_state.{name}" for name in ("load", "save", "drop")], NOBODY),
    # the board: what is closed is what was proposed before
    **dict.fromkeys([f"board_state.choose_{name}" for name in ("day", "cell", "clinic", "department")], NOBODY),
    **dict.fromkeys([f"board_state.{name}" for name in ("load", "follow", "propose", "propose_clinic")], NOBODY),
    **dict.fromkeys(["board_state.leave", "board_state.shut", "board_state.confirm"], NOBODY),
    **dict.fromkeys(["rules_state.load", "rule_state.load", "rule_state.save", "rule_state.withdraw"], NOBODY),
}
#: Signing in, its challenges and refusals leave traces; a state's manager keeps what is on the screen elsewhere.
TRACES = frozenset({"login_session", "ceremony", "audit_entry", "audit_seal", "alembic_version"})
#: Whose screen each state is: for everybody else it keeps its first values.
SCREENS: dict[str, frozenset[Role]] = {
    "desk_state": frozenset({Role.DOCTOR}),
    "staff_patients_state": frozenset({Role.CLERK, Role.HOSPITAL_ADMIN}),
    "dashboard_state": ADMINS,
    **dict.fromkeys(["staff_state", "staff_import_state", "department_list_state", "doctor_list_state"], ADMINS),
    **dict.fromkeys(["staff_member_state", "department_record_state", "doctor_record_state"], HOSPITAL),
    **dict.fromkeys(["templates_state", "board_state", "clinic_state"], ADMINS),
    **dict.fromkeys(["rules_state", "rule_state", "holidays_state"], frozenset({Role.HOSPITAL_ADMIN})),
    "misuse_state": frozenset({Role.HOSPITAL_ADMIN}),
    **dict.fromkeys(["changes_state", "referral_records_state"], ADMINS),
    "walk_in_state": frozenset({Role.CLERK}),
    "shift_state": COUNTER,
    "shift_sheet_state": frozenset({Role.CLERK, Role.HOSPITAL_ADMIN}),
    **dict.fromkeys(["shifts_state", "payments_state", "payment_state", "finance_state", "ledger_state"], HOSPITAL),
    **dict.fromkeys(["reconciliation_state", "reconciled_day_state"], HOSPITAL),
    "referrals_state": frozenset({Role.DOCTOR}),
    "my_schedule_state": frozenset({Role.DOCTOR}),
    "audit_state": frozenset({Role.HOSPITAL_ADMIN}),
    "appeal_state": frozenset({Role.PATIENT}),
    "slip_state": COUNTER,
    "pay_state": COUNTER,
    "appointment_state": COUNTER,
}
#: The states that Reflex itself offers to every client, and its root: they write to the caller's own screen only.
REFLEX = {"", *REFLEX_STATES}
FAULT = "系统出了点问题"
HUGE = "x" * 6_000
FIELDS = ["patient_id", "shown", "area_code", "name", "document_number", "q"]
WRONG: list[Any] = [
    None,
    True,
    -1,
    2**70,
    1.5,
    HUGE,
    [],
    [[1]],
    {},
    {"$ne": None},
    "' OR 1=1 --",
    "\x00",
    "../../etc/passwd",
]


def short(name: str) -> str:
    """`...state___desk____desk_state.call` → `desk_state.call`."""
    return name.removeprefix(f"{ROOT}.").rpartition("____")[2]


@dataclass
class Attack:
    """What became of one caller's tries. `faults`: states that failed on a wrong type instead of refusing it; `deeds`:
    what the trail says.
    """

    caller: Caller
    changed: set[str]
    heard: list[str]
    faults: set[str]
    deeds: list[str]


@pytest.fixture(scope="module")
def scene(living: Living) -> Scene:
    return make(living)


@pytest.fixture(scope="module")
def attacks(scene: Scene) -> Iterator[dict[str, Attack]]:
    """Everybody's tries, one caller after the other, while nothing else moves in the house."""
    found = {}
    url = scene.living.environment["HOSPITAL_DATABASE_URL"]
    with scene.living.standstill(), ExitStack() as open_sockets:
        before = fingerprints(url, but=TRACES)
        for caller in scene.strangers:
            newest = scene.living.newest_deed()
            client = open_sockets.enter_context(ReflexClient(scene.living.url, cookie=caller.cookie))
            faults = try_everything(scene, caller, client)
            after = fingerprints(url, but=TRACES)
            deeds = scene.living.deeds(after=newest)
            found[caller.name] = Attack(caller, differing(before, after), client.heard, faults, deeds)
            before = after
        client.wait(READ_AGAIN_SECONDS + 1)  # by then every screen's loop has read again
        found["in the end"] = Attack(caller, differing(before, fingerprints(url, but=TRACES)), [], set(), [])
    yield found


def differing(before: dict[str, int], after: dict[str, int]) -> set[str]:
    return {table for table in before if before[table] != after[table]}


def try_everything(scene: Scene, caller: Caller, client: ReflexClient) -> set[str]:
    """Every handler with arguments that would do something for the right caller, then with nonsense, then with none.

    State by state, each waited for once; the states that had a fault of ours.
    """
    faults = set()
    for state, names in groupby(sorted(HANDLERS), key=state_of):
        begin = len(client.heard)
        for name in names:
            try_handler(scene, caller, client, name)
        client.settle()
        if FAULT in "".join(client.heard[begin:]):
            faults.add(state)
    for name, function in HANDLERS.items():
        if len(inspect.signature(function).parameters) > 1:
            client.send(name, {})
            client.send(name, {"self": 1, "extra": scene.ticket})
    client.settle()
    return faults


def try_handler(scene: Scene, caller: Caller, client: ReflexClient, name: str) -> None:
    """Nobody gets as far as the arguments of a setter that has no rule; what a form says matters to who reads one."""
    taken = {n: p.annotation for n, p in inspect.signature(HANDLERS[name]).parameters.items() if n != "self"}
    ways = pages(scene, name)
    if caller.role not in MAY_CHANGE.get(short(name), NOBODY):
        for path, route in ways:
            client.send(name, {p: plausible(scene, name, p) for p in taken}, path=path, **route)
    if not taken:
        return
    path, route = ways[0]
    everything = WRONG if caller.role in {Role.ANONYMOUS, Role.PATIENT} else WRONG[:3]
    for wrong in everything[:1] if name.endswith(".setvar") else everything:
        client.send(name, dict.fromkeys(taken, wrong), path=path, **route)
    for wrong in everything if any("dict" in str(kind) for kind in taken.values()) else everything[:1]:
        client.send(name, dict.fromkeys(taken, dict.fromkeys(FIELDS, wrong)), path=path, **route)


def state_of(name: str) -> str:
    """`desk_state`; empty for Reflex's root."""
    return short(name).rpartition(".")[0]


def pages(scene: Scene, name: str) -> list[tuple[str, dict[str, str]]]:
    """The addresses whose parameters this handler reads."""
    state = short(name).partition(".")[0]
    if state in {"appointment_state", "displaced_state", "pay_state", "slip_state"}:
        return [(f"/appointment/{no}", {"no": no}) for no in (scene.waiting, scene.booked, scene.held)]
    return {
        "confirm_state": [(f"/confirm?p=doctor:{scene.doctor.id}&t={scene.period}", {})],
        "waitlist_state": [(f"/waitlist?p=doctor:{scene.doctor.id}&d={scene.living.starts_at(scene.schedule):%F}", {})],
        "staff_member_state": [(f"/admin/staff/{scene.doctor_staff_id}", {"staff_id": str(scene.doctor_staff_id)})],
        "clinic_state": [(f"/admin/clinic?id={scene.schedule}", {})],
        "department_record_state": [(f"/admin/department?code={DEPARTMENT}", {})],
        "doctor_record_state": [(f"/admin/doctors/{scene.doctor.id}", {"doctor_id": str(scene.doctor.id)})],
        "doctor_state": [(f"/doctor/{scene.doctor.id}", {"doctor_id": str(scene.doctor.id)})],
        "area_screen_state": [(f"/screen/{AREA}", {"area_code": AREA})],
    }.get(state, [("/", {})])


def plausible(scene: Scene, name: str, parameter: str) -> Any:
    """An argument that would do something for the right caller."""
    values: dict[str, Any] = {
        "ticket_id": scene.ticket,
        "seen": scene.ticket,
        "schedule_id": scene.schedule,
        "patient_id": str(scene.patient_id),
        "key": scene.period if name.endswith("pick") else str(scene.schedule),
        "kind": "passport",
        "account_id": str(scene.account_id),
        "role": "clerk",
        "page": 1,
        "change_id": "1",
        "entry_id": "1",
        "month": True,
        "step": 1,
        "extra": True,
        "refund_no": "GR26010100000001",
        "text": "{name} {secret}",
        "values": {"name": "x"},
        "var_name": "chosen",
        "value": str(scene.patient_id),
        "info": "Error",
        "component_stack": "at x",
        "vars": {f"{ROOT}.state___confirm____confirm_state.chosen": str(scene.patient_id)},
        "form": {
            "q": "守口瓶",
            "patient_id": str(scene.patient_id),
            "name": "冒名者",
            "relation": "self",
            "document_kind": "resident-id",
            "document_number": resident_id(born="19770707", order="772"),
            "area_code": scene.area_code,
            "shown": scene.code,
            "account_id": str(scene.account_id),
            "reason": "倒号",
            "hours": "24",
            "freeze_id": "1",
            "change_id": "1",
            "schedule_id": str(scene.schedule),
            "kind": "suspend",
            "decision": "lifted",
            "answer": "同意",
            "text": "请核实",
            "staff_no": "X9001",
            "role": "clerk",
            "department": DEPARTMENT,
        },
    }
    return values.get(parameter)


def deltas(heard: list[str]) -> Iterator[tuple[str, dict[str, Any]]]:
    """(short name of the state, what was told of it) of every answer."""
    for text in heard:
        answer = json.loads(text)
        if isinstance(answer, dict):
            for state, values in answer.get("delta", {}).items():
                yield state.rpartition("____")[2], values


def test_every_handler_has_been_thought_about() -> None:
    """Whoever adds a handler says here who may change something by it."""
    ours = {short(name) for name in HANDLERS if not name.endswith(".setvar")}
    assert ours == set(MAY_CHANGE)


def test_the_front_end_knows_no_setters() -> None:
    setters = {short(name) for name in HANDLERS if name.rpartition(".")[2].startswith("set_")}
    assert setters == {"set_is_hydrated", "on_load_internal_state.set_is_hydrated"}


@pytest.mark.parametrize(
    "who", ["nobody", "another patient", "another doctor", "kiosk", "clerk", "department admin", "hospital admin"]
)
def test_a_stranger_changes_nothing_and_learns_nothing(scene: Scene, attacks: dict[str, Attack], who: str) -> None:
    attack = attacks[who]
    assert attack.changed == set(), attack.deeds
    told = "\n".join(attack.heard)
    # The hospital's admin reads the audit trail, which names appointments by their numbers.
    known = {"unsaid no"} if attack.caller.role is Role.HOSPITAL_ADMIN else set()
    assert {what for what, secret in scene.secrets.items() if secret in told} - known == set()
    assert attack.caller.cookie.partition("=")[2] not in told or not attack.caller.cookie
    if attack.caller.role not in {Role.KIOSK, Role.CLERK}:
        assert scene.area_code not in told
    shown = {
        state
        for state, values in deltas(attack.heard)
        if attack.caller.role not in SCREENS.get(state, frozenset(Role)) and values.get("loaded_rx_state_")
    }
    assert shown == set()


def test_what_goes_on_behind_the_screens_changes_nothing(attacks: dict[str, Attack]) -> None:
    assert attacks["in the end"].changed == set()


def test_wrong_types_are_refused_in_a_sentence(attacks: dict[str, Attack]) -> None:
    """Not one of them is a fault of ours; what Reflex itself offers to every client may fail calmly."""
    assert {state for attack in attacks.values() for state in attack.faults} - REFLEX == set()


def test_the_house_still_stands(scene: Scene, attacks: dict[str, Attack]) -> None:
    assert attacks and scene.living.house.ready()
    assert scene.victim.http.get(f"/api/v1/appointments/{scene.booked}").json()["status"] == "booked"
    # While everything stood still, time went on: what became overdue meanwhile is caught up with first.
    wait_until(lambda: scene.living.broken() == [], seconds=60, what="a house without a broken invariant")


def test_the_same_calls_work_for_whom_they_are_meant(scene: Scene, attacks: dict[str, Attack]) -> None:
    """Else the strangers' would prove nothing."""
    living = scene.living
    states = {short(name): name for name in HANDLERS}
    with ReflexClient(living.url, cookie=scene.victim.cookie) as victim:
        victim.send(states["appointment_state.cancel"], path=f"/appointment/{scene.booked}", no=scene.booked)
        victim.settle()
    assert living.appointment(scene.booked).status == "cancelled"
    with ReflexClient(living.url, cookie=scene.desk.cookie) as desk:
        for name in ("desk_state.load", "desk_state.start", "desk_state.finish"):
            parameters = {"ticket_id": scene.ticket} if name != "desk_state.load" else {}
            desk.send(states[name], parameters, path="/desk")
        desk.settle()
        assert VICTIM_NAME in "".join(desk.heard)
    assert living.appointment(scene.waiting).status == "fulfilled"


def test_another_sites_page_gets_no_socket(living: Living, scene: Scene) -> None:
    with pytest.raises(socketio.exceptions.ConnectionError):
        ReflexClient(living.url, cookie=scene.victim.cookie, origin="http://evil.example").settle()


def test_a_token_that_is_in_use_shows_nobody_elses_screen(scene: Scene) -> None:
    """The token is chosen by the client: whoever guesses one gets an empty screen of his own."""
    slip = f"{ROOT}.state___appointments____appointments_state.load"
    with ReflexClient(scene.living.url, cookie=scene.victim.cookie) as victim:
        victim.send(slip, path="/appointments")
        wait_until(lambda: scene.unsaid in "".join(victim.heard), seconds=30, what="the victim's own list")
        with ReflexClient(scene.living.url, token=victim.token) as thief:
            thief.send(f"{ROOT}.hydrate", path="/appointments")
            thief.settle()
            assert scene.unsaid not in "".join(thief.heard)


def test_a_message_too_large_ends_the_socket_and_nothing_else(scene: Scene) -> None:
    with ReflexClient(scene.living.url) as client:
        client.send(f"{ROOT}.state___notice____notice_state.show", {"text": "x" * 300_000, "values": {}})
        wait_until(lambda: not client.connected, seconds=30, what="the end of the socket")
    assert scene.living.house.ready()
