"""Composition root: the Reflex app, its pages, the API beside them. Nobody imports it."""

import logging
from functools import partial
from typing import Any

import reflex as rx
from reflex.event import EventSpec
from reflex_components_core.base.error_boundary import ErrorBoundary

from hospital_app.api.addresses import PagesAtTheirAddress
from hospital_app.api.app import make_api
from hospital_app.api.frames import WholeFrames
from hospital_app.api.headers import Headers
from hospital_app.api.limits import BodyLimit
from hospital_app.api.lobby_door import LobbyDoor
from hospital_app.api.metrics import Measure
from hospital_app.api.origin import SameOriginOnly
from hospital_app.api.threads import enough_threads
from hospital_app.discretion import keep_secrets_out_of_logs
from hospital_app.domain.errors import Refusal
from hospital_app.flows import calendar_reads
from hospital_app.launch.bootstrap import BUILT
from hospital_app.settings import get_settings
from pages import PAGES
from pages.components.browser import HEAD, STYLESHEETS, plain_link
from pages.components.connection import connection_banner
from pages.components.notice import notice_bar
from state import live
from state.access import Gatekeeper
from state.entrance import keep_out_what_is_no_event, report_of_a_page
from state.floods import PATIENCE, guard_socket
from state.notice import NoticeState
from state.session import who, whose

keep_secrets_out_of_logs()
logger = logging.getLogger("guahao")

show: Any = NoticeState.show  # rx.event has no type that a caller could use
BUG = "系统出了点问题，请稍后再试；若仍不行，请联系医院服务台。"


def tell_the_user(exception: Exception) -> EventSpec:
    """The one place where a refusal becomes a notice; anything else is a bug: logged, and told calmly."""
    if isinstance(exception, Refusal):
        values = {name: str(value) for name, value in exception.params.items()}
        return show(exception.template, values)
    logger.error("event handler failed", exc_info=exception)
    return show(BUG)


def page_broken() -> rx.Component:
    """Shown by React in place of a page whose drawing failed."""
    return rx.el.main(
        rx.el.h1("页面出错了"),
        rx.el.p("请刷新页面；若仍不行，请到服务台或拨打医院电话办理。"),
        plain_link("回到首页", href="/", class_name="btn btn-primary"),
        class_name="main",
    )


settings = get_settings()
app = rx.App(
    html_lang="zh-CN",
    stylesheets=STYLESHEETS,
    head_components=HEAD,
    reset_style=False,
    toaster=None,
    app_wraps={
        (55, "ErrorBoundary"): lambda _: ErrorBoundary.create(fallback_render=rx.Var.create(page_broken())),
        (5, "Overlay"): lambda _: rx.fragment(connection_banner(), notice_bar()),
    },
    backend_exception_handler=tell_the_user,
    frontend_exception_handler=report_of_a_page,
    # The last one is outermost: what it refuses is measured and carries our headers as well.
    api_transformer=[
        make_api(),
        partial(PagesAtTheirAddress, built=BUILT),
        LobbyDoor,
        BodyLimit,
        # Beyond what guard_socket is patient with, whatever the frames are.
        partial(WholeFrames, per_minute=settings.budget_socket_events_per_minute * (PATIENCE + 2)),
        partial(SameOriginOnly, public_url=settings.public_url, cookie=settings.session_cookie),
        partial(Headers, over_tls=settings.secure_cookies, built=BUILT),
        Measure,
    ],
)

app.add_middleware(Gatekeeper(who, whose), 0)
keep_out_what_is_no_event(app)
if app.event_namespace is not None:
    guard_socket(app.event_namespace, per_minute=settings.budget_socket_events_per_minute)
for route, component, title, on_load in PAGES:
    app.add_page(component, route=route, title=title, on_load=on_load)

app.register_lifespan_task(enough_threads)
app.register_lifespan_task(live.listen)
app.register_lifespan_task(calendar_reads.open_reads)
