"""Kinds of effects outside the database that wait for somebody who moves money."""

#: A bank or the insurance bureau that hangs holds up whoever asks it, for minutes: apart from what cannot wait so long.
OF_MONEY = frozenset(
    {
        "payment.query",
        "payment.close",
        "refund.execute",
        "settlement.settle",
        "settlement.drop",
        "registration.forget",
        "insurance.verify",
        "reconcile.day",
    }
)
