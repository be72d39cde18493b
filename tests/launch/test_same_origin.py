"""One build for every origin: our rewrite still fits the Reflex that is installed."""

from pathlib import Path

import pytest
import reflex_base

from hospital_app.launch.same_origin import STATE_JS, take_origin_from_the_page

TEMPLATE = Path(reflex_base.__file__).parent / ".templates" / "web" / STATE_JS


def test_the_rewrite_fits_the_installed_reflex() -> None:
    rewritten = take_origin_from_the_page(TEMPLATE.read_text())
    assert "endpoint.port = window.location.port" in rewritten
    assert 'endpoint.port = ""' not in rewritten
    assert take_origin_from_the_page(rewritten) == rewritten


def test_a_changed_reflex_stops_the_build() -> None:
    with pytest.raises(RuntimeError, match="getBackendURL"):
        take_origin_from_the_page("export const getBackendURL = (url) => new URL(url);")
