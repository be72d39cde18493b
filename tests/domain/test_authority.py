"""The table of rights, enumerated; and the copy of it that people read in docs/rights.md."""

from itertools import product
from pathlib import Path

import pytest

from hospital_app.domain import authority
from hospital_app.domain.authority import EVERYONE, FROZEN_MAY, INCOMPLETE_MAY, RIGHTS, Right, Scope, scope_of
from hospital_app.domain.errors import Refusal
from hospital_app.domain.identity import ANONYMOUS, STAFF_ROLES, SYSTEM, Actor, Role

DRAWN = Path(__file__).parents[2] / "docs" / "rights.md"
COLUMNS = [role for role in Role if role is not Role.SYSTEM]


def drawing() -> str:
    """The table of docs/rights.md."""
    lines = ["| right | " + " | ".join(role.value for role in COLUMNS) + " | frozen patient |"]
    lines += ["|---" * (len(COLUMNS) + 2) + "|"]
    for right, rights in RIGHTS.items():
        cells = [rights[role].value if role in rights else "" for role in COLUMNS]
        frozen = rights[Role.PATIENT].value if Role.PATIENT in rights and right in FROZEN_MAY else ""
        lines.append(f"| {right.value} | {' | '.join(cells)} | {frozen} |")
    return "\n".join(lines) + "\n"


def code_of(actor: Actor, right: Right) -> str:
    try:
        authority.check(actor, right)
    except Refusal as refusal:
        return refusal.code
    return ""


def test_the_docs_show_what_the_table_says() -> None:
    """After a change of the table: python -c "from tests.domain.test_authority import redraw; redraw()"."""
    assert DRAWN.read_text(encoding="utf-8").partition("---\n")[2].strip() == drawing().strip()


def redraw() -> None:
    head = DRAWN.read_text(encoding="utf-8").partition("---\n")[0]
    DRAWN.write_text(f"{head}---\n\n{drawing()}", encoding="utf-8")


def test_every_right_has_its_row() -> None:
    assert set(RIGHTS) == set(Right)


def test_what_is_not_in_the_table_is_denied() -> None:
    for role, right in product(Role, Right):
        if role is Role.SYSTEM:
            continue
        listed = role in RIGHTS[right]
        assert (code_of(Actor(role), right) == "") is listed, (role, right)


def test_nobody_may_only_what_everybody_may() -> None:
    open_to_all = {right for right in Right if RIGHTS[right] is EVERYONE}
    assert {right for right in Right if scope_of(ANONYMOUS, right)} == open_to_all
    assert {code_of(ANONYMOUS, right) for right in set(Right) - open_to_all} == {"signed_out"}


def test_a_patient_reaches_the_own_things_only() -> None:
    patient = Actor(Role.PATIENT, account_id=7)
    for right in set(Right) - {right for right in Right if RIGHTS[right] is EVERYONE}:
        assert scope_of(patient, right) in {None, Scope.OWN}
        assert not authority.reaches_account(patient, right, 8)
        assert not authority.reaches_account(patient, right, None)


@pytest.mark.parametrize("right", [right for right in Right if Role.DEPARTMENT_ADMIN in RIGHTS[right]])
def test_a_department_admin_stays_in_the_own_department(right: Right) -> None:
    if RIGHTS[right] is EVERYONE:
        return
    admin = Actor(Role.DEPARTMENT_ADMIN, staff_id=1, department_code="03")
    assert scope_of(admin, right) in {Scope.OWN, Scope.DEPARTMENT}
    if scope_of(admin, right) is Scope.DEPARTMENT:
        authority.check_department(admin, right, "03")
        assert authority.own_department(admin, right) == "03"
    with pytest.raises(Refusal, match="权限"):
        authority.check_department(admin, right, "04")
    with pytest.raises(Refusal):
        authority.own_department(Actor(Role.DEPARTMENT_ADMIN, staff_id=1), right)


def test_a_frozen_account_keeps_what_it_has_and_gets_nothing_new() -> None:
    frozen = Actor(Role.PATIENT, account_id=7, frozen=True)
    assert code_of(frozen, Right.BOOK) == code_of(frozen, Right.MANAGE_FAMILY) == "account_frozen"
    kept = {Right.SEE_APPOINTMENT, Right.CANCEL, Right.CHECK_IN, Right.APPEAL, Right.READ_MESSAGES, Right.SIGN_OUT}
    assert all(code_of(frozen, right) == "" for right in kept)
    assert code_of(frozen, Right.SEE_AUDIT) == "forbidden", "freezing does not tell what others may do"


def test_a_sign_in_that_is_not_complete_leads_to_its_completion_only() -> None:
    for role in STAFF_ROLES:
        half = Actor(role, staff_id=1, department_code="03", incomplete=True)
        assert {right for right in Right if scope_of(half, right)} <= INCOMPLETE_MAY


def test_the_house_itself_may_do_everything() -> None:
    assert all(scope_of(SYSTEM, right) is Scope.ALL for right in Right)
