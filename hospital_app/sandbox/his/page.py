"""Draws the HIS sandbox's control page. Markup.format escapes what it is given."""

import sqlite3
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from markupsafe import Markup

from hospital_app.sandbox.page import wall_time

KINDS = {
    "Appointment": "预约 Appointment",
    "Slot": "号源 Slot",
    "Schedule": "排班 Schedule",
    "PaymentReconciliation": "收退款 PaymentReconciliation",
}
STATUS_WORDS = {
    "pending": "待支付",
    "booked": "已预约",
    "checked-in": "已签到",
    "arrived": "已到达",
    "fulfilled": "已就诊",
    "cancelled": "已取消",
    "noshow": "爽约",
    "free": "可约",
    "busy": "已占用",
    "busy-tentative": "锁定中",
    "busy-unavailable": "不可约",
    "draft": "未完成",
    "active": "已完成",
}

OVERVIEW = Markup("""<p><a href="/sandbox">全部沙箱</a></p>
<form class="card" method="post" action="/sandbox/his">
<p class="state {look}" role="status">{state}</p>
<p>停机时，FHIR 接口一律回答 503，HL7 v2 一律回答 AE；恢复后，医院系统会自行补发积压的变更。</p>
<button class="primary" name="up" value="{wanted}">{offer}</button></form>
<div data-live><section class="card"><h2>持有的资源</h2><dl>{counts}</dl></section>{tables}{messages}</div>
""")
COUNT = Markup("<div><dt>{kind}</dt><dd>{held}</dd></div>")
TABLE = Markup("""<div class="card table" role="region" aria-label="{title}" tabindex="0"><table>
<caption>{title}</caption>
<thead><tr><th scope="col">收到</th><th scope="col">编号</th><th scope="col">状态</th>
<th scope="col">时间</th><th scope="col">版本</th></tr></thead><tbody>{rows}</tbody></table></div>
""")
ROW = Markup("""<tr><td class="when">{when}</td>
<td><a href="/sandbox/his/{kind}/{id}/_history">{name}</a></td>
<td class="word">{status}</td><td class="when">{start}</td><td>{version}</td></tr>
""")
EMPTY_ROW = Markup('<tr><td colspan="5">还没有收到。挂号、改签、退号后，变更会出现在这里。</td></tr>')

MESSAGES = Markup("""<div class="card table" role="region" aria-label="{title}" tabindex="0"><table>
<caption>{title}</caption>
<thead><tr><th scope="col">收到</th><th scope="col">消息</th><th scope="col">控制号</th>
<th scope="col">回答</th></tr></thead><tbody>{rows}</tbody></table></div>
""")
MESSAGE = Markup("""<tr><td class="when">{when}</td><td>{kind}</td><td>{control_id}</td>
<td class="word">{code}</td></tr>
""")

_TOLD = ("kind", "control_id", "code")


def overview(
    *,
    up: bool,
    counts: Mapping[str, int],
    latest: Mapping[str, Sequence[Mapping[str, Any]]],
    messages: Sequence[sqlite3.Row],
) -> Markup:
    """The switch, how much is held, the latest accepted resources by kind, the latest messages in HL7 v2."""
    return OVERVIEW.format(
        look="" if up else "down",
        state="运行中" if up else "已停机",
        wanted="false" if up else "true",
        offer="停机" if up else "恢复",
        counts=Markup("").join(COUNT.format(kind=KINDS[kind], held=counts.get(kind, 0)) for kind in KINDS),
        tables=Markup("").join(
            TABLE.format(
                title=f"最近收到的{KINDS[kind]}",
                rows=Markup("").join(_row(kind, each) for each in resources) or EMPTY_ROW,
            )
            for kind, resources in latest.items()
        ),
        messages=MESSAGES.format(
            title="最近收到的 HL7 v2 消息",
            rows=Markup("").join(
                MESSAGE.format(when=wall_time(each["taken_at"]), **{name: each[name] for name in _TOLD})
                for each in messages
            )
            or EMPTY_ROW.replace('colspan="5"', 'colspan="4"'),
        ),
    )


def _row(kind: str, resource: Mapping[str, Any]) -> Markup:
    identifiers = resource.get("identifier") or [{}]
    status = str(resource.get("status", ""))
    return ROW.format(
        kind=kind,
        id=resource["id"],
        name=identifiers[0].get("value", resource["id"]),
        when=_wall(resource["meta"]["lastUpdated"]),
        status=f"{STATUS_WORDS.get(status, status)} {status}",
        start=_wall(resource["start"]) if "start" in resource else resource.get("paymentDate", ""),
        version=resource["meta"]["versionId"],
    )


def _wall(instant: str) -> str:
    return wall_time(datetime.fromisoformat(instant).timestamp())
