"""申诉: what a frozen account answers, once for each freeze, and what the hospital decides on it."""

from datetime import timedelta

from sqlalchemy import update
from sqlmodel import col

from hospital_app.domain.authority import Right, check, check_holder
from hospital_app.domain.errors import Refusal, not_found
from hospital_app.domain.numbers import ID_MAX
from hospital_app.models.identity import AccountFreeze
from hospital_app.services.freezing import (
    ANSWER_MAX,
    FreezeView,
    account_named,
    all_running,
    is_active,
    lift,
    locked,
    newest,
    running,
    said_of,
    tell,
    view_of,
)
from hospital_app.work import Work

LIFTED, KEPT = "lifted", "kept"
APPEAL_MAX = 500
#: How long an account still sees what became of a freeze that is over.
REMEMBERED = timedelta(days=30)


def decide(work: Work, *, freeze_id: int, decision: str, answer: str) -> FreezeView:
    """Answer an appeal, once: `lifted` ends the freeze, `kept` lets it run. Raises Refusal not_found, not_appealed."""
    check(work.actor, Right.SEE_MISUSE)
    answer = said_of(answer, ANSWER_MAX, Refusal("bad_answer", "请填写给患者的答复，最多 300 字。", 422))
    if decision not in (LIFTED, KEPT):
        raise Refusal("bad_decision", "请选择解除冻结或维持冻结。", 422)
    row = work.session.get(AccountFreeze, freeze_id) if 0 < freeze_id <= ID_MAX else None
    if row is None:
        raise not_found("这条冻结记录")
    account = locked(work, row.account_id)
    decided = work.change(
        update(AccountFreeze)
        .where(
            col(AccountFreeze.id) == freeze_id,
            col(AccountFreeze.appealed_at).is_not(None),
            col(AccountFreeze.decision) == "",
        )
        .values(decision=decision, answer=answer, decided_at=work.now, decided_by=work.actor.subject)
    )
    if decided != 1:
        raise Refusal("not_appealed", "这条申诉已经答复，或患者还没有申诉，请刷新后查看。")
    work.session.refresh(row)
    work.record("freeze.decide", f"account:{row.account_id}", freeze=freeze_id, decision=decision)
    if decision == LIFTED and is_active(work, row):
        return lift(work, row, answer=answer)
    tell(work, account, kind="appeal-answered", template="appeal_answered")
    return view_of(work, row, account)


def appeal(work: Work, *, text: str) -> FreezeView:
    """The account's own answer, once for each freeze. Raises Refusal not_frozen, already_appealed, bad_appeal."""
    account_id = check_holder(work.actor, Right.APPEAL)
    text = said_of(text, APPEAL_MAX, Refusal("bad_appeal", "请写下申诉理由，最多 500 字。", 422))
    row = running(work, account_id)
    said = work.change(
        update(AccountFreeze)
        .where(col(AccountFreeze.id) == row.id, col(AccountFreeze.appealed_at).is_(None))
        .values(appeal=text, appealed_at=work.now)
    )
    if said != 1:
        raise Refusal("already_appealed", "您已经提交过申诉，请等待答复；急需就诊请致电医院或到窗口办理。")
    work.record("freeze.appeal", f"account:{account_id}", freeze=row.id, length=len(text))
    work.session.refresh(row)
    work.hint(f"account:{account_id}")
    return view_of(work, row, account_named(work, account_id))


def own(work: Work) -> FreezeView | None:
    """The caller's newest freeze that runs, else the newest for a month afterwards."""
    account_id = check_holder(work.actor, Right.APPEAL)
    row = next(iter(all_running(work, account_id)), None) or newest(work, account_id)
    if row is None:
        return None
    view = view_of(work, row, account_named(work, account_id))
    ended_at = row.lifted_at or row.until
    return view if view.active or ended_at > work.now - REMEMBERED else None
