"""Our own line icons on a 24 grid. Always beside a word, so always hidden from screen readers."""

import reflex as rx

_PATHS: dict[str, tuple[str, ...]] = {
    "home": ("M4 11.5 12 4l8 7.5", "M6 10v9.5h12V10", "M10 19.5v-5h4v5"),
    "calendar": ("M4.5 6h15v13.5h-15z", "M4.5 10h15", "M8.5 3.5V7", "M15.5 3.5V7"),
    "calendar-plus": ("M4.5 6h15v13.5h-15z", "M4.5 10h15", "M8.5 3.5V7", "M15.5 3.5V7", "M12 12.5v5", "M9.5 15h5"),
    "clock": ("M12 3.8a8.2 8.2 0 1 0 0 16.4 8.2 8.2 0 1 0 0-16.4z", "M12 7.5V12l3 2"),
    "person": ("M12 4a3.8 3.8 0 1 0 0 7.6A3.8 3.8 0 1 0 12 4z", "M4.8 20a7.2 7.2 0 0 1 14.4 0"),
    "people": (
        "M9 4.5a3.3 3.3 0 1 0 0 6.6 3.3 3.3 0 1 0 0-6.6z",
        "M3 19.5a6 6 0 0 1 12 0",
        "M15.5 5a3 3 0 0 1 0 5.6",
        "M17.5 13.8a6 6 0 0 1 3.5 5.7",
    ),
    "search": ("M11 4.5a6.5 6.5 0 1 0 0 13 6.5 6.5 0 1 0 0-13z", "m16 16 4 4"),
    "back": ("M14.5 5 8 12l6.5 7",),
    "next": ("M9.5 5 16 12l-6.5 7",),
    "close": ("M6 6l12 12", "M18 6 6 18"),
    "check": ("m5 12.5 4.5 4.5L19 7.5",),
    "menu": ("M4 7h16", "M4 12h16", "M4 17h16"),
    "note": ("M6 3.8h8.5L18 7.5v12.7H6z", "M9 11h6", "M9 15h6"),
    "pin": (
        "M12 20.5s6.5-5.6 6.5-10.6a6.5 6.5 0 0 0-13 0c0 5 6.5 10.6 6.5 10.6z",
        "M12 7.6a2.4 2.4 0 1 0 0 4.8 2.4 2.4 0 1 0 0-4.8z",
    ),
    "bell": ("M6.5 10a5.5 5.5 0 0 1 11 0c0 5 2 6.5 2 6.5h-15s2-1.5 2-6.5z", "M10 19.5a2.1 2.1 0 0 0 4 0"),
    "info": ("M12 3.8a8.2 8.2 0 1 0 0 16.4 8.2 8.2 0 1 0 0-16.4z", "M12 11v5.2", "M12 7.8v.1"),
    "warning": ("M12 4.5 3.5 19.5h17z", "M12 10v4.5", "M12 16.9v.1"),
    "phone": (
        "M6 4h3.5l1.5 4-2 1.5a11 11 0 0 0 5.5 5.5l1.5-2 4 1.5V18a2 2 0 0 1-2 2C10.5 20 4 13.5 4 6a2 2 0 0 1 2-2z",
    ),
    "share": ("M12 15V4.5", "m8 8 4-3.8L16 8", "M6 11.5v8h12v-8"),
    "print": ("M7 9V4h10v5", "M7 17H4.5V9h15v8H17", "M7 14h10v6H7z"),
    "wallet": ("M4 7h16v12H4z", "M4 10.5h16", "M15.5 15h1.5"),
    "chart": ("M4.5 4.5v15h15", "M9 16v-4", "M13 16V8", "M17 16v-6"),
    "refresh": ("M19 12a7 7 0 1 1-2-4.9L19 9", "M19 4.5V9h-4.5"),
    "swap": ("M5 8.5h13", "m15 5.5 3 3-3 3", "M19 15.5H6", "m9 12.5-3 3 3 3"),
    "out": ("M10 4.5H5v15h5", "M10 12h9.5", "m16 8.5 3.5 3.5-3.5 3.5"),
    "speaker": ("M4.5 9.5v5H8l4.5 4v-13L8 9.5z", "M16 9a4.5 4.5 0 0 1 0 6", "M18.5 6.5a8 8 0 0 1 0 11"),
    "star": ("m12 4 2.5 5.1 5.6.8-4 4 .9 5.6-5-2.7-5 2.7.9-5.6-4-4 5.6-.8z",),
    "plus": ("M12 5v14", "M5 12h14"),
    "cross": ("M9.5 4.5h5v5h5v5h-5v5h-5v-5h-5v-5h5z",),
    "globe": (
        "M12 3.8a8.2 8.2 0 1 0 0 16.4 8.2 8.2 0 1 0 0-16.4z",
        "M4 12h16",
        "M12 3.8c5 5 5 11.4 0 16.4-5-5-5-11.4 0-16.4z",
    ),
    "scan": ("M4.5 8.5v-4h4", "M15.5 4.5h4v4", "M19.5 15.5v4h-4", "M8.5 19.5h-4v-4", "M4.5 12h15"),
    "face": (
        "M4.5 8.5v-4h4",
        "M15.5 4.5h4v4",
        "M19.5 15.5v4h-4",
        "M8.5 19.5h-4v-4",
        "M9 9v1.5",
        "M15 9v1.5",
        "M8.8 14.5a4.6 4.6 0 0 0 6.4 0",
    ),
    "full": ("M4.5 9V4.5H9", "M15 4.5h4.5V9", "M19.5 15v4.5H15", "M9 19.5H4.5V15"),
    "shield": ("M12 3.8 5 6.5v5c0 4.3 2.9 7.4 7 8.7 4.1-1.3 7-4.4 7-8.7v-5z", "m9 12 2.2 2.2L15.2 10"),
    "trash": ("M5 7h14", "M9.5 7V4.5h5V7", "M7 7l.8 12.5h8.4L17 7"),
}


def icon(name: str, size: int = 24) -> rx.Component:
    """`size` in px at the usual text size; it grows with the text."""
    side = f"{size / 16}rem"
    return rx.el.svg(
        *[rx.el.path(d=path) for path in _PATHS[name]],
        class_name="icon",
        view_box="0 0 24 24",
        width=side,
        height=side,
        custom_attrs={
            "aria-hidden": "true",
            "fill": "none",
            "stroke": "currentColor",
            "strokeWidth": "1.8",
            "strokeLinecap": "round",
            "strokeLinejoin": "round",
        },
    )
