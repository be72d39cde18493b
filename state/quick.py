"""快捷登录: which vendors this hospital has."""

import reflex as rx

from hospital_app.settings import get_settings


class QuickState(rx.State):
    wechat: bool = bool(get_settings().wechat_login_appid)
    alipay: bool = bool(get_settings().alipay_login_app_id)
