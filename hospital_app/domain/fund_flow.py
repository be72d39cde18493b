"""资金账单: what moved on the merchant's own account, against the trade bill and our books, to the fen.

A payment comes in whole and its fee goes out on a line of its own; a refund goes out less the fee that is given back.
How a channel splits it into lines is its own affair: what all lines of one of its numbers come to must be what the
trade bill's line says, the fee taken off. What belongs to no payment (提现, 充值) is added up and not judged.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from datetime import date

from hospital_app.domain.exchange import Movement
from hospital_app.domain.reconciling import FINAL, MOVED, Comparison, Entry, Found, Key, Kind, Subject, judged

PAYMENT, REFUND, FEE = "交易", "退款", "手续费"


def judge(
    done: Comparison,
    on: date,
    *,
    flow: Sequence[Movement],
    before: Iterable[Movement],
    bill: Iterable[Entry],
    ours: Iterable[Entry],
) -> None:
    """Adds to `done` what the fund-flow bill of `on` says. `before`: that of the day before; `bill`: the trade bills of
    both days; `ours`: what of ours either bill names."""
    lines, earlier = _by_number(flow), _by_number(before)
    told = {entry.channel_number: entry for entry in bill if entry.state in MOVED}
    known = {entry.key: entry for entry in ours}
    done.flow_lines = len(flow)
    done.flow_fen = sum(each.amount_fen for some in lines.values() for each in some)
    done.other_fen = sum(each.amount_fen for each in flow) - done.flow_fen
    begin, end = judged(on)
    for number, entry in told.items():
        if entry.at >= end or (entry.at < begin and number not in lines):
            continue  # its fee may move after midnight: with the next day; or was judged with the day before
        mine, moved = known.get(entry.key), [*earlier.get(number, []), *lines.get(number, [])]
        if moved or entry.state in FINAL:
            done.found.extend(_unlike(entry, moved, mine))
    for number, moved in lines.items():
        if number not in told:
            done.found.extend(_unknown(moved, known))


def unnamed(flow: Iterable[Movement], bill: Iterable[Entry]) -> list[Key]:
    """Whose money moved without being on a trade bill: to be looked for in our books."""
    told = {entry.channel_number for entry in bill}
    vouchers = {each.voucher for each in flow if _of_trade(each) and each.channel_number not in told and each.voucher}
    return [(subject.value, voucher) for voucher in vouchers for subject in (Subject.PAYMENT, Subject.REFUND)]


def _by_number(flow: Iterable[Movement]) -> dict[str, list[Movement]]:
    found: dict[str, list[Movement]] = {}
    for each in flow:
        if _of_trade(each):
            found.setdefault(each.channel_number, []).append(each)
    return found


def _of_trade(each: Movement) -> bool:
    return each.kind in (PAYMENT, REFUND) or FEE in each.kind


def _unlike(entry: Entry, moved: Sequence[Movement], mine: Entry | None) -> Iterator[Found]:
    came = sum(each.amount_fen for each in moved)
    if moved and came == entry.net_fen:
        return
    expected = _expected(entry, entry.net_fen, mine)
    if not moved:
        yield Found(Kind.MISSING_THERE, Subject.FLOW.value, entry.number, expected, None, None)
    else:
        whole = [each for each in moved if FEE not in each.kind and (each.amount_fen > 0) == (entry.net_fen > 0)]
        kind = Kind.TWICE if len(whole) > 1 else Kind.AMOUNT
        yield Found(kind, Subject.FLOW.value, entry.number, expected, _told(entry.number, moved, came), came)


def _unknown(moved: Sequence[Movement], known: dict[Key, Entry]) -> Iterator[Found]:
    """On no trade bill of these days: a refund whose money came back later, say, or nobody's."""
    came, voucher = sum(each.amount_fen for each in moved), moved[0].voucher
    mine = next((known[key] for key in ((Subject.PAYMENT, voucher), (Subject.REFUND, voucher)) if key in known), None)
    number = voucher or moved[0].channel_number
    if mine is None:
        yield Found(Kind.MISSING_HERE, Subject.FLOW.value, number, None, _told(number, moved, came), came)
    elif abs(came) > mine.amount_fen:
        ours = _expected(mine, mine.net_fen, mine)
        yield Found(Kind.AMOUNT, Subject.FLOW.value, number, ours, _told(number, moved, came), came)


def _expected(entry: Entry, fen: int, mine: Entry | None) -> Entry:
    about = mine.appointment_id if mine else None
    return replace(entry, subject=Subject.FLOW.value, amount_fen=fen, state="", appointment_id=about)


def _told(number: str, moved: Sequence[Movement], came: int) -> Entry:
    return Entry(Subject.FLOW.value, number, came, "", moved[0].at, moved[0].channel_number)
