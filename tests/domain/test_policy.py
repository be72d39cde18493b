"""The guards of the rules that need no store."""

import pytest

from hospital_app.domain.identity import STAFF_ROLES, Role
from hospital_app.domain.policy import Rules, needs_second_factor

ADMINS = {Role.DEPARTMENT_ADMIN, Role.HOSPITAL_ADMIN}


@pytest.mark.parametrize(
    ("rules", "asked"),
    [
        (Rules(), ADMINS),
        (Rules(staff_second_factor=True), STAFF_ROLES - {Role.KIOSK}),
        (Rules(admin_second_factor=False), set()),
        (Rules(admin_second_factor=False, staff_second_factor=True), STAFF_ROLES - {Role.KIOSK}),
    ],
)
def test_who_needs_a_second_factor(rules: Rules, asked: set[Role]) -> None:
    assert {role for role in Role if needs_second_factor(rules, role)} == asked
