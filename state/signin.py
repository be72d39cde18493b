"""登录."""

import reflex as rx

from hospital_app.settings import get_settings


class SigninState(rx.State):
    #: The sandbox shows text messages; only the demonstration has one.
    demo: bool = get_settings().sandbox_sms_port > 0
