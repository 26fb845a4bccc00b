"""python -m tests.hub ROOT [--pins FILE] [--gated REPO]… [--token TOKEN]… [--port PORT]

Serve a folder until stopped. Where the registry pins a commit, the folder's files have its name.
"""

import argparse
import json
import shlex
import time
from pathlib import Path

from tests.hub import Account, LoopbackHub
from tests.hub.pinned import pinned_commits, pins_in, put_where_served


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m tests.hub", description=__doc__)
    parser.add_argument("root", type=Path, help="folder of repositories and plain downloads")
    pins = "JSON file to write: the files' own hashes, in place of those that the registry pins"
    parser.add_argument("--pins", type=Path, metavar="FILE", help=pins)
    parser.add_argument("--gated", action="append", default=[], help="repository behind a gate")
    parser.add_argument("--token", action="append", default=[], help="one that accepted all terms")
    parser.add_argument("--outsider", action="append", default=[], help="one that accepted none")
    parser.add_argument("--port", type=int, default=0, help="default: a free one")
    chosen = parser.parse_args()
    accounts = {token: Account("insider", set(chosen.gated)) for token in chosen.token}
    accounts |= {token: Account("outsider") for token in chosen.outsider}
    put_where_served(chosen.root)
    hub = LoopbackHub(
        chosen.root, gated=chosen.gated, accounts=accounts, commits=pinned_commits(),
        port=chosen.port,
    )  # fmt: skip
    with hub:
        print(hub.url, flush=True)
        variables = {"HF_ENDPOINT": hub.url, "SECONDTAKE_DOWNLOADS": hub.url}
        if chosen.pins:
            chosen.pins.parent.mkdir(parents=True, exist_ok=True)
            chosen.pins.write_text(json.dumps(pins_in(chosen.root), indent=2) + "\n")
            variables["SECONDTAKE_PINS"] = str(chosen.pins.absolute())
        for name, value in variables.items():
            print(f"export {name}={shlex.quote(value)}", flush=True)
        try:
            while True:
                time.sleep(60)
        except KeyboardInterrupt:
            pass


if __name__ == "__main__":
    main()
