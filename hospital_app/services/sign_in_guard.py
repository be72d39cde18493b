"""登录失败的计数与锁定: by account and by address, in rows that exist for unknown accounts just the same.

A failure is counted before the password is looked at and taken back if it was right, so that a burst of parallel
guesses is counted like a row of them. While a wait runs, nothing is compared and nothing is counted.
"""

from dataclasses import dataclass
from datetime import timedelta

from sqlalchemy import case, insert, or_, select, update
from sqlmodel import col

from hospital_app.domain.errors import Refusal
from hospital_app.domain.networks import household_of
from hospital_app.domain.policy import Rules
from hospital_app.models.identity import SignInGuard
from hospital_app.vault import vault
from hospital_app.work import Work


@dataclass(frozen=True, slots=True)
class Counter:
    """`free`: failures before the first wait. `rolling`: forgotten so long after the last one, else after the first."""

    key: str
    free: int
    forget: timedelta
    rolling: bool


def account_key(phone_index: str) -> str:
    return f"account:{phone_index}"


def staff_key(staff_no: str) -> str:
    """By its blind index: what strangers type into the field for a number may be anything."""
    return f"staff:{vault().blind_index('staff-no', staff_no)}"


def begin(work: Work, *, key: str) -> None:
    """Count a failure of `key` and of the caller's address. Raises Refusal `locked` (429) while a wait runs."""
    for counter in _counters(work, key):
        seconds = _count(work, counter)
        if seconds:
            raise locked(counter.key, seconds)


def check_address(work: Work) -> None:
    """Raises Refusal `locked` (429) while this address has to wait."""
    key = _address_key(work)
    until = work.session.scalar(select(col(SignInGuard.locked_until)).where(col(SignInGuard.key) == key))
    if until is not None and until > work.now:
        raise locked(key, int((until - work.now).total_seconds()))


def count(work: Work, *, key: str) -> None:
    """A try that failed, where the tries themselves are limited elsewhere (an SMS code's five)."""
    for counter in _counters(work, key):
        _count(work, counter)


def take_back(work: Work, *, key: str) -> None:
    """The attempt that began with `begin` was right: it was no failure."""
    for counter in _counters(work, key):
        waits = case((col(SignInGuard.failures) <= counter.free, None), else_=col(SignInGuard.locked_until))
        work.change(
            update(SignInGuard)
            .where(col(SignInGuard.key) == counter.key, col(SignInGuard.failures) > 0)
            .ordered_values(
                (col(SignInGuard.locked_until), waits),
                (col(SignInGuard.failures), col(SignInGuard.failures) - 1),
            )
        )


def clear(work: Work, *, key: str) -> int:
    """Somebody got in: the account starts afresh. How many failures there were in a row before."""
    failures = work.session.scalar(
        select(col(SignInGuard.failures)).where(col(SignInGuard.key) == key, col(SignInGuard.failures) > 0)
    )
    if failures is None:
        return 0
    work.change(update(SignInGuard).where(col(SignInGuard.key) == key).values(failures=0, locked_until=None))
    return failures


def wait_seconds(rules: Rules, *, failures: int, free: int) -> int:
    """Nothing before the last of the `free` failures, then twice as long each time."""
    if failures < free:
        return 0
    return int(min(rules.sign_in_wait_seconds * 2 ** min(failures - free, 16), rules.sign_in_longest_wait_seconds))


def locked(key: str, seconds: int) -> Refusal:
    """How long, and how to go on meanwhile."""
    wait = max(1, seconds)
    words = {
        "account": "密码错误次数过多，请等 {seconds} 秒后再试；也可以现在改用短信验证码登录，或到服务台办理。",
        "staff": "密码错误次数过多，请等 {seconds} 秒后再试；忘记密码请联系管理员。",
        "address": "当前网络登录失败次数过多，请等 {seconds} 秒后再试，或换一个网络，或到服务台办理。",
    }
    sentence = words[key.partition(":")[0]]
    return Refusal("locked", sentence, 429, params={"seconds": wait}, extra={"retry_after_seconds": wait})


def _counters(work: Work, key: str) -> list[Counter]:
    """In the order in which their rows are locked."""
    rules = work.rules
    counters = [Counter(key, rules.sign_in_failures, timedelta(hours=rules.sign_in_forget_hours), rolling=True)]
    if work.actor.address:
        hour = timedelta(hours=1)
        counters.append(Counter(_address_key(work), rules.sign_in_address_failures, hour, rolling=False))
    return counters


def _address_key(work: Work) -> str:
    return f"address:{household_of(work.actor.address)}"


def _count(work: Work, counter: Counter) -> int:
    """One more failure; 0, or the seconds still to wait, and then nothing was counted."""
    remembered = col(SignInGuard.failed_at) > work.now - counter.forget
    since = work.now if counter.rolling else case((remembered, col(SignInGuard.failed_at)), else_=work.now)
    _ensure(work, counter.key)
    counted = work.change(
        update(SignInGuard)
        .where(
            col(SignInGuard.key) == counter.key,
            or_(col(SignInGuard.locked_until).is_(None), col(SignInGuard.locked_until) <= work.now),
        )
        .ordered_values(
            (col(SignInGuard.failures), case((remembered, col(SignInGuard.failures) + 1), else_=1)),
            (col(SignInGuard.failed_at), since),
        )
    )
    row = work.session.get_one(SignInGuard, counter.key, populate_existing=True)
    if counted != 1:
        return int((row.locked_until - work.now).total_seconds()) if row.locked_until else 1
    wait = wait_seconds(work.rules, failures=row.failures, free=counter.free)
    row.locked_until = work.now + timedelta(seconds=wait) if wait else None
    return 0


def _ensure(work: Work, key: str) -> None:
    """The row is inserted only while it is not there: an insert that meets it would share its lock with others."""
    if work.session.scalar(select(col(SignInGuard.key)).where(col(SignInGuard.key) == key)) is None:
        work.session.execute(
            insert(SignInGuard)
            .prefix_with("IGNORE", dialect="mysql")
            .prefix_with("IGNORE", dialect="mariadb")
            .prefix_with("OR IGNORE", dialect="sqlite")
            .values(key=key, failures=0)
        )
