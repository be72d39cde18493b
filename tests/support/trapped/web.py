"""The API, trapped, on a port of its own: a backend without pages, in one process."""

import sys

from hospital_app.api.app import make_api
from hospital_app.sandbox.serve import serve
from hospital_app.settings import start_safely
from tests.support.trapped.watching import watch

if __name__ == "__main__":
    port = start_safely().port
    watch("web")
    sys.exit(serve(make_api(), port))
