"""The hospital information system hears of every change, in order per appointment."""

from collections.abc import Mapping
from typing import Any

from hospital_app.container import container
from hospital_app.domain import fhir


def sync(*, appointment: Mapping[str, Any], slots: list[Mapping[str, Any]]) -> None:
    """Send one snapshot. Versions make a repeated or overtaken one harmless over there."""
    his = container().his
    for snapshot in slots:
        his.put(fhir.slot(snapshot))
    his.put(fhir.appointment(appointment))
