"""Every page of the house, in one list."""

from pages.patient import home

#: (route, component function, title, on_load) each; hospital_app/hospital_app.py registers them.
PAGES = [
    ("/", home.page, "预约挂号", None),
]
