"""The hospital information system hears of every change, in order per appointment."""

from collections.abc import Sequence

from hospital_app.container import container
from hospital_app.domain.his import HisChange, Snapshot


def sync(
    *,
    appointment: Snapshot | None = None,
    slots: Sequence[Snapshot] = (),
    payments: Sequence[Snapshot] = (),
    refunds: Sequence[Snapshot] = (),
) -> None:
    """Send one change. Versions make a repeated or overtaken one harmless over there."""
    container().his.send(HisChange(appointment, slots, payments, refunds))
