"""Draws the cashier. Markup.format escapes what it is given."""

from collections.abc import Sequence
from math import ceil
from typing import Protocol

from markupsafe import Markup

from hospital_app.domain.money import yuan
from hospital_app.sandbox.courier import Notice
from hospital_app.sandbox.page import wall_time

MERCHANT = "挂号收费 · 沙箱商户"
NOTICE_STATES = {"due": "待送达", "delivered": "已送达", "given-up": "已放弃"}

BILL = Markup("""<section class="card bill" aria-label="订单">
<p class="merchant">{merchant}</p>
<p class="amount"><span class="currency">¥</span>{amount}</p>
<dl>
<div><dt>商品</dt><dd>{description}</dd></div>
<div><dt>订单号</dt><dd class="number">{number}</dd></div>
<div><dt>付款截止</dt><dd>{expires}</dd></div>
<div><dt>状态</dt><dd>{state}</dd></div>
</dl></section>
""")
COUNTDOWN = Markup("""<p class="countdown">剩余付款时间
<strong role="timer" data-left-seconds="{left}">{clock}</strong></p>
<p class="hidden" role="status" data-announce></p>
""")
CHOICES = Markup("""<form class="card choices" method="post" action="/sandbox/cashier/{number}">
<input type="hidden" name="redirect_url" value="{back}">
<h2>选择支付结果</h2>
<button class="primary" name="outcome" value="success">支付成功</button>
<button name="outcome" value="failure">支付失败</button>
<button name="outcome" value="timeout" aria-describedby="about-timeout">超时不回调</button>
<p class="about" id="about-timeout">款已扣，但永远不发回调，商户须主动查单</p>
<button name="outcome" value="duplicate" aria-describedby="about-duplicate">重复回调</button>
<p class="about" id="about-duplicate">同一回调发送三次</p>
<fieldset><legend>迟到回调</legend>
<label for="late-seconds">迟到秒数</label>
<input id="late-seconds" name="late_seconds" type="number" inputmode="numeric"
 min="0" max="3600" step="1" value="{late_seconds}" required>
<label class="radio"><input type="radio" name="capture" value="now" checked> 立即扣款，回调迟到</label>
<label class="radio"><input type="radio" name="capture" value="after_expiry"> 付款截止之后才扣款</label>
<button name="outcome" value="late">迟到回调</button>
</fieldset></form>
""")
RETURN = Markup('<p class="return"><a class="button" href="{back}">返回商家</a></p>\n')
REFUSAL = Markup('<p class="refusal" role="alert">{text}</p>\n')
NOTICES = Markup('<section class="card" data-live><h2>回调记录</h2>{rows}</section>\n')
NO_NOTICES = Markup("<p>没有回调。</p>")
NOTICE = Markup("<li>{when} · {state} · 已试 {attempts} 次 {answer}</li>")

TABLE = Markup("""<section data-live>
<p><a href="/sandbox">全部沙箱</a></p>
<div class="card table" role="region" aria-label="最近的支付单" tabindex="0"><table>
<caption>最近的支付单</caption>
<thead><tr><th scope="col">下单</th><th scope="col">订单号</th><th scope="col">商品</th>
<th scope="col">金额</th><th scope="col">状态</th><th scope="col">回调</th></tr></thead>
<tbody>{rows}</tbody></table></div></section>
""")
ROW = Markup("""<tr><td class="when">{when}</td><td><a href="/sandbox/cashier/{number}">{number}</a></td>
<td>{description}</td><td class="money">¥{amount}</td><td class="word">{state}</td>
<td class="word">{notices}</td></tr>
""")
EMPTY_ROW = Markup('<tr><td colspan="6">还没有支付单。挂号后选择支付方式，就会出现在这里。</td></tr>')


class Bill(Protocol):
    """What a cashier shows of an order, whatever the vendor."""

    @property
    def out_trade_no(self) -> str: ...
    @property
    def description(self) -> str: ...
    @property
    def amount_fen(self) -> int: ...
    @property
    def created_at(self) -> float: ...
    @property
    def expires_at(self) -> float: ...


def cashier(
    order: Bill,
    *,
    said: str,
    payable: bool,
    now: float,
    back: str,
    refusal: str,
    notices: Sequence[Notice],
    late_seconds: int,
    expires: str,
) -> Markup:
    """One order: what is to be paid, the choices while it takes money, its callbacks afterwards."""
    parts = [REFUSAL.format(text=refusal)] if refusal else []
    parts.append(
        BILL.format(
            merchant=MERCHANT,
            amount=yuan(order.amount_fen),
            description=order.description,
            number=order.out_trade_no,
            expires=expires,
            state=said,
        )
    )
    if payable:
        left = max(0, ceil(order.expires_at - now))
        parts.append(COUNTDOWN.format(left=left, clock=f"{left // 60:02d}:{left % 60:02d}"))
        parts.append(CHOICES.format(number=order.out_trade_no, back=back, late_seconds=late_seconds))
    else:
        rows = Markup("").join(_notice(notice) for notice in notices)
        parts.append(NOTICES.format(rows=Markup("<ul>{}</ul>").format(rows) if rows else NO_NOTICES))
    if back:
        parts.append(RETURN.format(back=back))
    return Markup("").join(parts)


def listing(rows: Sequence[tuple[Bill, str, Sequence[Notice]]]) -> Markup:
    """The latest orders with their states and notices."""
    drawn = Markup("").join(
        ROW.format(
            when=wall_time(order.created_at),
            number=order.out_trade_no,
            description=order.description,
            amount=yuan(order.amount_fen),
            state=said,
            notices="，".join(NOTICE_STATES[notice.state] for notice in notices) or "无",
        )
        for order, said, notices in rows
    )
    return TABLE.format(rows=drawn or EMPTY_ROW)


def _notice(notice: Notice) -> Markup:
    return NOTICE.format(
        when=wall_time(notice.due_at),
        state=NOTICE_STATES[notice.state],
        attempts=notice.attempts,
        answer=f"（{notice.last_answer}）" if notice.last_answer else "",
    )
