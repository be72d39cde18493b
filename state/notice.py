"""What the notice line at the top of every page says."""

import reflex as rx


class NoticeState(rx.State):
    """One sentence for the user: a refusal, or that something went wrong."""

    text: str = ""
    #: Counts the notices, so that the same sentence twice is announced twice.
    serial: int = 0

    @rx.event
    async def show(self, text: str) -> None:
        self.text = text[:400]
        self.serial += 1

    @rx.event
    async def dismiss(self) -> None:
        self.text = ""
