"""The same web server without its gatekeeper: what an event costs when nobody is asked who they are."""

import sys

from hospital_app.hospital_app import app
from hospital_app.launch.serve import serve_app
from state.access import Gatekeeper

app._middlewares[:] = [each for each in app._middlewares if not isinstance(each, Gatekeeper)]

if __name__ == "__main__":
    sys.exit(serve_app("bench.ungated:app"))
