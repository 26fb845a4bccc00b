"""Start invoke or nox as a person does, in a project whose registry has the humming model too.

python launch.py invoke generate …   ·   python launch.py nox -s hum
"""

import importlib.util
import signal
import sys
from pathlib import Path


def main() -> None:
    """Run the program that the first word names, with the words behind it."""
    signal.signal(signal.SIGINT, signal.default_int_handler)  # a shell may have it ignored
    for script in sorted(Path("scripts").glob("generate_[hd]*.py")):  # hum, drone
        page = importlib.util.spec_from_file_location(script.stem, script)
        assert page and page.loader
        page.loader.exec_module(importlib.util.module_from_spec(page))
    sys.argv = sys.argv[1:]
    if sys.argv[0] == "nox":
        from nox.__main__ import main as nox

        nox()
    else:
        from invoke.main import program

        program.run()


if __name__ == "__main__":
    main()
