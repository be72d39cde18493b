"""`make demo-reset`."""

import argparse
import sys
from pathlib import Path

from hospital_app.launch.bootstrap import RUN, Sentence
from hospital_app.launch.quarters import Quarters


def reset(arguments: list[str]) -> int:
    """Forget the demonstration's data, unless it is running."""
    parser = argparse.ArgumentParser(prog="python -m hospital_app demo-reset")
    parser.add_argument("--directory", type=Path, default=RUN)
    quarters = Quarters(parser.parse_args(arguments).directory)
    try:
        with quarters.lock():
            quarters.forget()
    except Sentence as sentence:
        print(sentence, file=sys.stderr)
        return 1
    print("演示数据已清除。 The demonstration's data is gone.")
    return 0
