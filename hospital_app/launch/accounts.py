"""The demonstration's accounts, for the console."""


def demo_accounts() -> list[str]:
    return []
