"""退款进度 as its owner reads it: each way back with its steps."""

from dataclasses import dataclass

from hospital_app.catalogue import say
from hospital_app.domain.payment import RefundStatus
from hospital_app.domain.refund_pace import PACE
from hospital_app.services.appointments import RefundView
from state import money_words, wording


@dataclass(frozen=True)
class StepRow:
    """`state`: done, now (being waited for) or ahead."""

    name: str
    at: str
    state: str


@dataclass(frozen=True)
class RefundRow:
    """`note`: how long it takes, while it is under way; `stuck`: the service desk's phone is shown as well."""

    no: str
    title: str
    word: str
    tone: str
    note: str
    stuck: bool
    steps: list[StepRow]


def refund_row(refund: RefundView, lang: str) -> RefundRow:
    word, tone = money_words.refund_words(refund.status, lang)
    if refund.status == RefundStatus.FAILED:
        word, tone = say("人工处理中", lang), "warn"  # the payer need not know whose fault it is
    under_way = refund.status != RefundStatus.DONE
    way = money_words.channel(refund.way, lang)
    return RefundRow(
        no=refund.no,
        title=f"{way} {wording.money(refund.amount_fen)}",
        word=word,
        tone=tone,
        note=say(PACE[refund.way].usual, lang) if under_way and not refund.stuck else "",
        stuck=refund.stuck,
        steps=_steps(refund, lang),
    )


def _steps(refund: RefundView, lang: str) -> list[StepRow]:
    rows, waited = [], False
    names = money_words.OTHER_STEPS.get(refund.way, money_words.STEPS)
    way = money_words.channel(refund.way, lang)
    for each in refund.steps:
        if each.step not in names:
            continue
        state = "done" if each.at else "ahead" if waited else "now"
        waited = waited or each.at is None
        rows.append(
            StepRow(
                say(names[each.step], lang, way=way),
                wording.moment(each.at) if each.at else say("等待中", lang),
                state,
            )
        )
    return rows
