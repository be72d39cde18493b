"""The door to assets/staff.js: elements that tick, speak and watch. Only staff pages load it."""

import reflex as rx

from pages.components.browser import CustomElement


class Elapsed(CustomElement):
    """How long it has lasted: `now` and `since` in epoch seconds of the server."""

    tag = "elapsed"


class WallClock(CustomElement):
    """The hospital's time of day; `now`: epoch seconds of the server."""

    tag = "clock"


class Fresh(CustomElement):
    """Marks itself `data-stale` when `at` has not changed for a while, and loads the page again after a minute."""

    tag = "fresh"


class Loudspeaker(CustomElement):
    """Announces each of `calls`, JSON of [{"key", "text"}], once: chime and voice."""

    tag = "calls"


class ReturnBy(CustomElement):
    """Presses its button after `seconds`, and tells in its [data-left] how long that still is."""

    tag = "return"


def staff_script() -> rx.Component:
    """React puts it once into the head, also when the page is reached by a link inside the app."""
    return rx.el.script(src="/staff.js", custom_attrs={"async": True})


class SheetImport(CustomElement):
    """Sends the chosen .xlsx for a preview, shows each row, and enters the good ones (assets/uploads.js)."""

    tag = "import"


class PhotoUpload(CustomElement):
    """Sends the chosen picture as the photo of `doctor`, then presses its [data-done]."""

    tag = "photo"


def uploads_script() -> rx.Component:
    return rx.el.script(src="/uploads.js", custom_attrs={"async": True})
