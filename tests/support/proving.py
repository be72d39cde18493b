"""What a client does that was asked for a proof of work: altcha's own solver."""

from typing import Any

import altcha


def solved(challenge: dict[str, Any]) -> str:
    """The proof, as it goes into the header."""
    asked = altcha.Challenge.from_dict(challenge)
    solution = altcha.solve_challenge(asked)
    assert solution is not None
    return altcha.Payload(asked, solution).to_base64()
