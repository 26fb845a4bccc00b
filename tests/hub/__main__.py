"""python -m tests.hub ROOT [--gated REPO]… [--token TOKEN]… [--port PORT]: serve until stopped."""

import argparse
import time
from pathlib import Path

from tests.hub import Account, LoopbackHub


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m tests.hub", description=__doc__)
    parser.add_argument("root", type=Path, help="folder of repositories and plain downloads")
    parser.add_argument("--gated", action="append", default=[], help="repository behind a gate")
    parser.add_argument("--token", action="append", default=[], help="one that accepted all terms")
    parser.add_argument("--outsider", action="append", default=[], help="one that accepted none")
    parser.add_argument("--port", type=int, default=0, help="default: a free one")
    chosen = parser.parse_args()
    accounts = {token: Account("insider", set(chosen.gated)) for token in chosen.token}
    accounts |= {token: Account("outsider") for token in chosen.outsider}
    with LoopbackHub(chosen.root, gated=chosen.gated, accounts=accounts, port=chosen.port) as hub:
        print(hub.url, flush=True)
        try:
            while True:
                time.sleep(60)
        except KeyboardInterrupt:
            pass


if __name__ == "__main__":
    main()
