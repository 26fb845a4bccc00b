"""A hub that lies, for the real programs: tiny files in place of the registry's."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from tests.hub import Account, LoopbackHub
from tests.hub.pinned import pinned_commits, pins_in, served_as

from secondtake.core.registry.all_models import MODELS

GATED = "stabilityai/stable-audio-open-1.0"
TOKEN = "hf_QwErTyUiOpAsDfGhJkLzXcVbNm12345678"
OPEN, GATE = ("--models", "bark", "--checkpoint", "bark=small"), ("--models", "stable_audio")


@dataclass(frozen=True)
class LyingHub:
    """The hub, and the variables that lead to it."""

    hub: LoopbackHub
    variables: dict[str, str]


@contextmanager
def lying_hub(root: Path) -> Iterator[LyingHub]:
    """Serve Bark's small checkpoint, and Stable Audio's default one behind its gate."""
    checkpoints = (MODELS["bark"].checkpoint("small"), MODELS["stable_audio"].default)
    for weight in (weight for checkpoint in checkpoints for weight in checkpoint.weights):
        path = root / served_as(weight)
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(b"tiny " + weight.source.encode() * 100)
    pins = root / "pins.json"
    pins.write_text(json.dumps(pins_in(root)))
    accounts = {TOKEN: Account("insider", {GATED})}
    with LoopbackHub(root, gated=[GATED], accounts=accounts, commits=pinned_commits()) as hub:
        addresses = {"HF_ENDPOINT": hub.url, "SECONDTAKE_DOWNLOADS": hub.url}
        yield LyingHub(
            hub,
            {**addresses, "SECONDTAKE_PINS": str(pins), "SECONDTAKE_IGNORE_MEMORY": "1"},
        )
