"""短信验证码: sent at most so often, tried at most so often; only a keyed hash is kept."""

import re
import unicodedata
from datetime import datetime, timedelta
from enum import StrEnum

from sqlalchemy import ColumnElement, func, insert, or_, select, update
from sqlmodel import col

from hospital_app.domain.errors import Refusal
from hospital_app.models.identity import SmsCode, SmsPhone
from hospital_app.services.lottery import digits
from hospital_app.vault import vault
from hospital_app.work import Work

CODE_DIGITS = 6
HASH_LENGTH = 43  # all 256 bits, 6 a character
TEMPLATE = "login_code"
MOBILE = re.compile(r"(?:\+86|0086)?(1[3-9][0-9]{9})")
_SEPARATORS = re.compile(r"[\s()-]+")


class Tried(StrEnum):
    """What became of a try. WRONG leaves further tries with this code, DEAD none."""

    RIGHT = "right"
    WRONG = "wrong"
    DEAD = "dead"


def phone_index(phone: str) -> str:
    """The blind index of a phone number; raises Refusal `bad_phone` unless it is a Chinese mobile number."""
    return vault().blind_index("phone", clean_phone(phone))


def clean_phone(text: str) -> str:
    """Eleven digits, however they were written (+86 138-0013-8000); raises Refusal `bad_phone`.

    Not by the phonenumbers library: in China it takes 179.. 00 for an international prefix and cuts it off.
    """
    found = MOBILE.fullmatch(_SEPARATORS.sub("", unicodedata.normalize("NFKC", text)))
    if found is None:
        raise bad_phone()
    return found[1]


def bad_phone() -> Refusal:
    return Refusal("bad_phone", "手机号不正确，请输入 11 位手机号。", 422)


def issue(work: Work, *, phone: str) -> None:
    """A new code on its way to this number; older ones are void. Raises Refusal `too_many_codes`.

    Accounts are not looked at: known and unknown numbers take the same path.
    """
    index = phone_index(phone)
    _claim(work, index)
    _check_quota(work, index)
    code = digits(CODE_DIGITS)
    row = SmsCode(
        phone_index=index,
        address=work.actor.address,
        code_hash="",
        created_at=work.now,
        expires_at=work.now + timedelta(minutes=work.rules.sms_code_minutes),
    )
    work.session.add(row)
    work.session.flush()
    row.code_hash = vault().sign(_signed(row.id, index, code), length=HASH_LENGTH)
    work.later(
        "sms.send",
        phone_sealed=vault().encrypt(clean_phone(phone)),
        code_sealed=vault().encrypt(code),
        code_id=row.id,
    )
    work.record("sms-code.issue", f"sms-code:{row.id}")


def is_open(work: Work, *, code_id: int) -> bool:
    """Whether a code is still worth sending."""
    row = work.session.get(SmsCode, code_id)
    return row is not None and row.used_at is None and row.expires_at > work.now


def redeem(work: Work, *, phone: str, code: str) -> Tried:
    """Use up one try of the number's newest code. An answer, not a refusal: a wrong try must be committed."""
    index = phone_index(phone)
    newest = work.session.scalar(
        select(col(SmsCode.id)).where(col(SmsCode.phone_index) == index).order_by(col(SmsCode.id).desc()).limit(1)
    )
    counted = work.change(
        update(SmsCode)
        .where(
            col(SmsCode.id) == newest,
            col(SmsCode.used_at).is_(None),
            col(SmsCode.expires_at) > work.now,
            col(SmsCode.tries) < work.rules.sms_code_tries,
        )
        .values(tries=SmsCode.tries + 1)
    )
    if counted != 1 or newest is None:
        return Tried.DEAD
    row = work.session.get_one(SmsCode, newest, populate_existing=True)
    if not vault().verify(_signed(newest, index, code), row.code_hash, length=HASH_LENGTH):
        return Tried.WRONG if row.tries < work.rules.sms_code_tries else Tried.DEAD
    row.used_at = work.now
    return Tried.RIGHT


def wrong_code(tried: Tried) -> Refusal:
    """What a failed try is told."""
    if tried is Tried.DEAD:
        return Refusal("wrong_code", "验证码不正确或已失效，请重新获取验证码。", 401, extra={"again": True})
    return Refusal("wrong_code", "验证码不正确，请核对短信里的 6 位数字后再试。", 401, extra={"again": False})


def _signed(code_id: int | None, index: str, code: str) -> str:
    return f"sms-code:{code_id}:{index}:{code}"


def _claim(work: Work, index: str) -> None:
    """Lock the number's row, so that its codes are counted one request at a time; 60 s between two codes.

    The row is inserted only while it is not there: an insert that meets it would share its lock with others of its
    kind, and their updates would then wait for each other.
    """
    if work.session.scalar(select(col(SmsPhone.phone_index)).where(col(SmsPhone.phone_index) == index)) is None:
        work.session.execute(
            insert(SmsPhone)
            .prefix_with("IGNORE", dialect="mysql")
            .prefix_with("IGNORE", dialect="mariadb")
            .prefix_with("OR IGNORE", dialect="sqlite")
            .values(phone_index=index)
        )
    gap = timedelta(seconds=work.rules.sms_code_gap_seconds)
    claimed = work.change(
        update(SmsPhone)
        .where(
            col(SmsPhone.phone_index) == index,
            or_(col(SmsPhone.asked_at).is_(None), col(SmsPhone.asked_at) <= work.now - gap),
        )
        .values(asked_at=work.now)
    )
    if claimed != 1:
        raise _too_many("验证码刚刚发过，请等 {seconds} 秒后再获取。", seconds=work.rules.sms_code_gap_seconds)


def _check_quota(work: Work, index: str) -> None:
    hour, day = work.now - timedelta(hours=1), work.now - timedelta(days=1)
    if _sent(work, col(SmsCode.phone_index) == index, since=hour) >= work.rules.sms_codes_per_hour:
        raise _too_many("一小时内获取验证码次数过多，请稍后再试，或到服务台办理。", seconds=3600)
    if _sent(work, col(SmsCode.phone_index) == index, since=day) >= work.rules.sms_codes_per_day:
        raise _too_many("今天获取验证码次数过多，请明天再试，或到服务台办理。", seconds=86400)
    address = work.actor.address
    if address and _sent(work, col(SmsCode.address) == address, since=hour) >= work.rules.sms_codes_per_address_hour:
        raise _too_many("当前网络获取验证码过于频繁，请稍后再试，或换一个网络。", seconds=3600)


def _sent(work: Work, whose: ColumnElement[bool], *, since: datetime) -> int:
    recent = select(func.count(col(SmsCode.id))).where(whose, col(SmsCode.created_at) > since)
    return work.session.scalar(recent) or 0


def _too_many(message: str, *, seconds: int) -> Refusal:
    params: dict[str, object] = {"seconds": seconds} if "{seconds}" in message else {}
    return Refusal("too_many_codes", message, 429, params=params, extra={"retry_after_seconds": seconds})
