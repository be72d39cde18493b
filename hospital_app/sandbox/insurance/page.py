"""Draws the bureau's page. Markup.format escapes what it is given."""

import sqlite3

from markupsafe import Markup

from hospital_app.domain.masking import mask_id_number, mask_name
from hospital_app.domain.money import yuan
from hospital_app.sandbox import chaos
from hospital_app.sandbox.channel_page import fields
from hospital_app.sandbox.insurance.books import is_up
from hospital_app.sandbox.insurance.policy import EMPLOYEE
from hospital_app.sandbox.insurance.troubles import KINDS, ordered
from hospital_app.sandbox.insurance.troubles import chaos as troubled_by_chance
from hospital_app.sandbox.page import wall_time

SHOWN = 50
STATUS_WORDS = {"1": "正常参保", "2": "暂停参保", "4": "终止参保"}
STATE_WORDS = {"settled": "已结算", "reversed": "已撤销", "corrected": "已冲正"}
OFFERED = (("2206", "预结算"), ("2207", "结算"), ("2208", "结算撤销"), ("2601", "冲正"))

BODY = Markup("""<p><a href="/sandbox">全部沙箱</a></p>
<form class="card" method="post" action="/sandbox/insurance">
<p class="state {look}" role="status">{state}</p>
<p>停机时，新填的医保号先保存为未核验；恢复后，医院系统会自行补上核验。</p>
<button class="primary" name="up" value="{wanted}">{offer}</button></form>
<section class="card"><h2>下一次办理出错</h2>
<form method="post" action="/sandbox/insurance">
<fieldset><legend>交易</legend>{transactions}</fieldset>
<fieldset><legend>怎样出错</legend>{kinds}</fieldset>
<p><label for="seconds">不应答或迟到的秒数</label>
<input id="seconds" name="seconds" type="number" min="0" max="600" value="130"></p>
<button class="primary">下一次照此出错</button></form>
<p>{waiting}</p>
<form method="post" action="/sandbox/insurance">
<button class="secondary" name="calm" value="true">全部取消</button></form>
</section>
<form class="card choices" method="post" action="/sandbox/insurance"><h2>移动支付的回调（6302）</h2>
<p>同一颗种子、同样的比例，每次出同样的乱子。比例为百分数，0 为不捣乱。</p>
<fieldset><legend>回调</legend>{notices}</fieldset><fieldset><legend>其他</legend>{other}</fieldset>
<button class="primary">照此捣乱</button></form>
<div data-live><section class="card table" role="region" aria-label="结算" tabindex="0"><table>
<caption>结算</caption><thead><tr><th scope="col">时间</th><th scope="col">门诊号</th><th scope="col">状态</th>
<th scope="col">总额</th><th scope="col">统筹</th><th scope="col">个账</th><th scope="col">现金</th></tr></thead>
<tbody>{settlements}</tbody></table></section>
<section class="card"><h2>查询过的参保人</h2>
<p>第一次被查询的人自动参保，统筹区按身份证所属的市。号码以 99 开头：查无此人；以 98 开头：暂停参保。</p>
<ul class="messages">{persons}</ul></section></div>
""")
RADIO = Markup('<label class="radio"><input type="radio" name="{name}" value="{value}"{checked}> {text}</label>')
SETTLEMENT = Markup(
    '<tr><td class="when">{at}</td><td>{number}</td><td class="word">{state}</td><td>{total}</td><td>{fund}</td>'
    "<td>{account}</td><td>{cash}</td></tr>\n"
)
NO_SETTLEMENT = Markup('<tr><td colspan="7">还没有结算过。用医保支付挂号费，就会出现在这里。</td></tr>')
PERSON = Markup(
    '<li><p class="meta">{kind} · {status} · 统筹区 {region}</p><p>{name} {certno} · 人员编号 {psn_no}</p>'
    '<p class="meta">今年起付线已用 {used} 元 · 统筹已付 {fund} 元 · 个人账户 {balance} 元</p></li>\n'
)
NOBODY_YET = Markup("<li><p>还没有查询过任何人。在“我的”里填写医保号，就会出现在这里。</p></li>")


def overview(books: sqlite3.Connection) -> Markup:
    up, callbacks = is_up(books), chaos.settings(books)
    settlements = books.execute("SELECT * FROM settlements ORDER BY at DESC LIMIT ?", (SHOWN,)).fetchall()
    persons = books.execute(
        "SELECT persons.*, deductible_used_fen, fund_used_fen, balance_fen FROM persons"
        " LEFT JOIN means USING (psn_no) ORDER BY persons.rowid DESC LIMIT ?",
        (SHOWN,),
    ).fetchall()
    return BODY.format(
        look="" if up else "down",
        state="运行中" if up else "已停机",
        wanted="false" if up else "true",
        offer="停机" if up else "恢复",
        transactions=_radios("infno", [(value, f"{value} {text}") for value, text in OFFERED]),
        kinds=_radios("trouble", list(KINDS.items())),
        waiting=_waiting(books),
        notices=fields(callbacks, chaos.NOTICES),
        other=fields(callbacks, ("seed", "late_seconds")),
        settlements=Markup("").join(_settlement(row) for row in settlements) or NO_SETTLEMENT,
        persons=Markup("").join(_person(row) for row in persons) or NOBODY_YET,
    )


def _radios(name: str, options: list[tuple[str, str]]) -> Markup:
    return Markup("").join(
        RADIO.format(name=name, value=value, text=text, checked=Markup("" if number else " checked"))
        for number, (value, text) in enumerate(options)
    )


def _waiting(books: sqlite3.Connection) -> str:
    told = [f"{row['infno']} {KINDS[row['kind']]} {row['times']} 次" for row in ordered(books)]
    by_chance = troubled_by_chance(books).get("rates", {})
    told += [f"随机：{KINDS[kind]} {percent} %" for kind, percent in by_chance.items() if percent]
    return "；".join(told) or "一切正常。"


def _settlement(row: sqlite3.Row) -> Markup:
    return SETTLEMENT.format(
        at=wall_time(row["at"]),
        number=row["ipt_otp_no"],
        state=STATE_WORDS[row["state"]],
        total=yuan(row["total_fen"]),
        fund=yuan(row["fund_fen"]),
        account=yuan(row["account_fen"]),
        cash=yuan(row["cash_fen"]),
    )


def _person(row: sqlite3.Row) -> Markup:
    return PERSON.format(
        kind="职工" if row["insutype"] == EMPLOYEE else "居民",
        status=STATUS_WORDS.get(row["status"], row["status"]),
        region=row["region"],
        name=mask_name(row["name"]),
        certno=mask_id_number(row["certno"]),
        psn_no=row["psn_no"],
        used=yuan(row["deductible_used_fen"] or 0),
        fund=yuan(row["fund_used_fen"] or 0),
        balance=yuan(row["balance_fen"] or 0),
    )
