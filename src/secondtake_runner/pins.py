"""A file of the user's with hashes over those that the registry pins."""

import json
import re
from pathlib import Path

from secondtake.errors import UserError
from secondtake.models import MODELS
from secondtake.names import did_you_mean
from secondtake.project import Project

SHA256 = re.compile(r"[0-9a-f]{64}")


def read_pins(project: Project, value: str) -> dict[str, str]:
    """{source: sha256} of the file that SECONDTAKE_PINS names; UserError says what is wrong."""
    if not value:
        return {}
    path = project.root / Path(value).expanduser()
    try:
        pins = json.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise UserError(f"SECONDTAKE_PINS: {path}: {error.strerror}") from None
    except ValueError as error:
        raise UserError(f"SECONDTAKE_PINS: {path} is not JSON: {error}") from None
    if not isinstance(pins, dict):
        raise UserError(f'SECONDTAKE_PINS: {path}: expected {{"source": "sha256", …}}')
    known = {w.source for m in MODELS.values() for c in m.checkpoints for w in c.weights}
    for source, sha256 in pins.items():
        if source not in known:
            raise UserError(f"SECONDTAKE_PINS: {path}: {source!r}: {did_you_mean(source, known)}")
        if not isinstance(sha256, str) or not SHA256.fullmatch(sha256):
            raise UserError(
                f"SECONDTAKE_PINS: {path}: {source}: expected 64 lower-case hexadecimal digits"
            )
    return pins
