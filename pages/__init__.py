"""Every page of the house, in one list."""

from pages import patient, staff

#: (route, component function, title, on_load) each; hospital_app/hospital_app.py registers them.
PAGES = [*patient.PAGES, *staff.PAGES]
