"""What every sandbox process serves alike: the index of all sandboxes, the static files, a sign of life."""

from markupsafe import Markup
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import BaseRoute, Route

from hospital_app.sandbox.page import page, static_files

INDEX = Markup("""<section class="card">
<p>这里是演示用的外部世界。每个沙箱是独立的进程，以真实厂商的协议与医院系统往来。</p>
<ul class="index">
<li><a class="button" href="/sandbox/sms">短信</a><p>查看系统发出的短信和验证码</p></li>
<li><a class="button" href="/sandbox/authenticator">验证器</a><p>管理员登录用的动态码（代替手机上的验证器应用）</p></li>
<li><a class="button" href="/sandbox/cashier">微信支付</a><p>支付单、收银台与回调记录</p></li>
<li><a class="button" href="/sandbox/alipay">支付宝</a><p>交易与回调记录；使其迟到、出错</p></li>
<li><a class="button" href="/sandbox/wechat">微信支付的捣乱</a><p>使回调迟到、重复、乱序、不来，接口超时、出错</p></li>
<li><a class="button" href="/sandbox/identity">微信、支付宝登录</a><p>谁授权过；授权页从登录页进入</p></li>
<li><a class="button" href="/sandbox/his">医院信息系统 HIS</a><p>收到的预约与号源；可使其停机、恢复</p></li>
<li><a class="button" href="/sandbox/insurance">医保局</a><p>参保人与结算；可使其停机、恢复，或让下一次办理出错</p></li>
<li><a class="button" href="/sandbox/invoice">电子票据</a><p>开具和冲红的票据；可使其停机、恢复</p></li>
</ul>
<p><a href="/">回到医院首页</a></p></section>
""")


def common_routes() -> list[BaseRoute]:
    return [
        Route("/sandbox", _index, methods=["GET"]),
        Route("/healthz", _alive, methods=["GET"]),
        static_files(),
    ]


async def _index(_: Request) -> Response:
    return page("沙箱", INDEX)


async def _alive(_: Request) -> Response:
    return PlainTextResponse("ok")
