"""A refusal of a sandbox."""


class Trouble(Exception):
    """HTTP status, code, message, as WeChat's API v3 and every cashier say them."""

    def __init__(self, status: int, code: str, message: str) -> None:
        super().__init__(f"{code}: {message}")
        self.status = status
        self.code = code
        self.message = message
