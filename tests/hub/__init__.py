"""A hub on this machine's loopback that answers the real client as the real hub does.

It serves a folder: <root>/<owner>/<name>/<file> and <root>/<name>/<file> are repositories,
<root>/encodec/v0/<file> and every other path are plain downloads. It knows tokens, gates,
commits, ranges, redirects to a storage host, and how to misbehave (`Faults`).

    with LoopbackHub(folder, gated=["owner/name"]) as hub:
        ... HF_ENDPOINT=hub.url, SECONDTAKE_DOWNLOADS=hub.url ...
"""

from tests.hub.accounts import Account
from tests.hub.faults import Faults
from tests.hub.server import LoopbackHub

__all__ = ["Account", "Faults", "LoopbackHub"]
