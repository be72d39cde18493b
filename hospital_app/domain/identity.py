"""Who acts, and in which role."""

from dataclasses import dataclass, field
from enum import StrEnum


class Role(StrEnum):
    """角色。SYSTEM is the house itself (workers, verified callbacks); ANONYMOUS nobody yet."""

    ANONYMOUS = "anonymous"
    PATIENT = "patient"
    CLERK = "clerk"
    DOCTOR = "doctor"
    DEPARTMENT_ADMIN = "department-admin"
    HOSPITAL_ADMIN = "hospital-admin"
    KIOSK = "kiosk"
    SYSTEM = "system"


STAFF_ROLES = frozenset({Role.CLERK, Role.DOCTOR, Role.DEPARTMENT_ADMIN, Role.HOSPITAL_ADMIN, Role.KIOSK})
#: 管理员：a password alone does not let them in (policy.needs_second_factor).
ADMIN_ROLES = frozenset({Role.DEPARTMENT_ADMIN, Role.HOSPITAL_ADMIN})


@dataclass(frozen=True, slots=True)
class Actor:
    """谁在操作。Resolved on the server from the session at every call, never from what a client says."""

    role: Role
    account_id: int | None = None
    staff_id: int | None = None
    doctor_id: int | None = None
    department_code: str | None = None
    session_id: int | None = None
    name: str = ""
    address: str = ""
    terminal: str = "web"
    device: str = field(default="", repr=False)  # 浏览器的设备标记，登录时与以前的比较
    frozen: bool = False  # 冻结中的患者账号
    incomplete: bool = False  # 员工尚未完成登录：首次改密、第二因素

    @property
    def signed_in(self) -> bool:
        return self.role is not Role.ANONYMOUS

    @property
    def subject(self) -> str:
        """How audit rows and logs name this actor: no personal data."""
        if self.account_id is not None:
            return f"account:{self.account_id}"
        if self.staff_id is not None:
            return f"staff:{self.staff_id}"
        return self.role.value


ANONYMOUS = Actor(Role.ANONYMOUS)
SYSTEM = Actor(Role.SYSTEM, terminal="system")
