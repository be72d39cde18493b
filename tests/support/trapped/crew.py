"""A worker or the relay, trapped."""

import sys

from tests.support.trapped.watching import watch
from workers.__main__ import main

if __name__ == "__main__":
    watch("worker" if sys.argv[1] == "work" else sys.argv[1])
    sys.exit(main(sys.argv[1:]))
