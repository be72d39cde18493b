"""The control page of a channel: how much goes wrong there, when its bills are ready, and its latest orders."""

import sqlite3
from collections.abc import Callable

from markupsafe import Markup
from starlette.requests import Request
from starlette.responses import JSONResponse, RedirectResponse, Response
from starlette.routing import Route

from hospital_app.sandbox import chaos
from hospital_app.sandbox.intake import fields_of, is_form
from hospital_app.sandbox.page import page
from hospital_app.sandbox.trouble import Trouble

FORM = Markup("""<form class="card choices" method="post" action="{path}">
<h2>捣乱</h2>
<p>同一颗种子、同样的比例，每次出同样的乱子。比例为百分数，0 为不捣乱。</p>{refusal}
<fieldset><legend>回调</legend>{notices}</fieldset>
<fieldset><legend>接口回答</legend>{answers}</fieldset>
<fieldset><legend>其他</legend>{other}
<label class="radio"><input type="radio" name="bills_at_once" value="0"{tomorrow}> 账单次日上午才有</label>
<label class="radio"><input type="radio" name="bills_at_once" value="1"{at_once}> 账单随时可取</label></fieldset>
<button class="primary">照此捣乱</button></form>
""")
FIELD = Markup("""<label for="{name}">{label}</label>
<input id="{name}" name="{name}" type="number" inputmode="numeric" min="0" max="{most}" step="1"
 value="{value}" required>
""")
LABELS = {
    "never": "不发（%）",
    "twice": "发两次（%）",
    "late": "迟到（%）",
    "shuffled": "乱序（%）",
    "timeout": "办了不回答（%）",
    "error": "答错误（%）",
    "seed": "种子",
    "late_seconds": "最多迟到秒数",
    "timeout_seconds": "不回答的秒数",
}
REFUSAL = Markup('<p class="refusal" role="alert">{text}</p>')


def control_route(
    path: str, title: str, books: sqlite3.Connection, *, listing: Callable[[], Markup], look: str
) -> Route:
    """GET the page, or the settings as JSON; POST changes what it names, as a form or as JSON."""

    def drawn(refusal: str = "", status: int = 200) -> Response:
        known = chaos.settings(books)
        at_once = bool(known["bills_at_once"])
        form = FORM.format(
            path=path,
            refusal=REFUSAL.format(text=refusal) if refusal else "",
            notices=fields(known, chaos.NOTICES),
            answers=fields(known, chaos.ANSWERS),
            other=fields(known, ("seed", "late_seconds", "timeout_seconds")),
            tomorrow="" if at_once else Markup(" checked"),
            at_once=Markup(" checked") if at_once else "",
        )
        return page(title, listing() + form, look=look, status=status)

    async def endpoint(request: Request) -> Response:
        if request.method == "GET":
            wants_json = "application/json" in request.headers.get("accept", "")
            return JSONResponse(chaos.settings(books)) if wants_json else drawn()
        fields = await fields_of(request)
        try:
            chaos.configure(books, fields)
        except Trouble as trouble:
            if is_form(request):
                return drawn(trouble.message, trouble.status)
            return JSONResponse({"error": trouble.code, "detail": trouble.message}, trouble.status)
        return RedirectResponse(path, 303) if is_form(request) else JSONResponse(chaos.settings(books))

    return Route(path, endpoint, methods=["GET", "POST"])


def fields(known: dict[str, float], names: tuple[str, ...]) -> Markup:
    return Markup("").join(
        FIELD.format(name=name, label=LABELS[name], most=int(chaos.LIMITS[name]), value=int(known[name]))
        for name in names
    )
