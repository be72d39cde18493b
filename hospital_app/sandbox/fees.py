"""手续费: what a pretended channel keeps of a payment, and gives back with its refunds."""

RATE = "0.60%"


def fee_of(amount_fen: int) -> int:
    """0.6 %, half a fen and more is a fen."""
    return (amount_fen * 6 + 500) // 1000


def given_back(total_fen: int, before_fen: int, refund_fen: int) -> int:
    """With a refund, after `before_fen` of the payment went back: what is kept is always the fee of what is left."""
    return fee_of(total_fen - before_fen) - fee_of(total_fen - before_fen - refund_fen)
