"""Reflex's own configuration; everything else is in hospital_app/settings.py."""

import sys
from datetime import timedelta
from pathlib import Path

import reflex as rx

from hospital_app.launch.same_origin import SameOrigin
from hospital_app.settings import get_settings

# One origin serves the pages, the socket and the API, so no other origin is ever allowed; the socket's
# handshake is checked in hospital_app/api/origin.py, since python-socketio takes "nobody" for "no check".
config = rx.Config(
    app_name="hospital_app",
    bun_path=Path(sys.prefix) / "bin" / "bun",
    telemetry_enabled=False,
    show_built_with_reflex=False,
    cors_allowed_origins=[],
    redis_url=get_settings().redis_url,
    redis_token_expiration=int(timedelta(hours=12).total_seconds()),
    disable_plugins=[rx.plugins.SitemapPlugin],
    plugins=[SameOrigin()],
)
