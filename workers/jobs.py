"""Names of outbox kinds and the flows that carry them out. A job's whole contract stands in flows/outbox.py."""

from collections.abc import Mapping

from hospital_app.flows import (
    booking,
    his,
    insurance,
    invoices,
    outbox,
    payment,
    reconciling,
    settlement,
    signin,
    slips,
)

KINDS: Mapping[str, outbox.Handler] = {
    "hold.expire": booking.expire,
    "slip.make": slips.make,
    "payment.query": payment.query,
    "payment.close": payment.close,
    "refund.execute": payment.refund,
    "settlement.settle": settlement.settle,
    "settlement.drop": settlement.drop,
    "registration.forget": settlement.forget,
    "reconcile.day": reconciling.run,
    "his.sync": his.sync,
    "invoice.follow": invoices.follow,
    "insurance.verify": insurance.verify,
    "sms.send": signin.send_sms,
    "sms.notice": signin.send_notice,
}


def run(row_id: int) -> None:
    """What RQ calls: the row's id, and nothing else."""
    outbox.work_off(row_id, KINDS)
