"""Checked files, changed by hand as a program of ours would have written them."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

from secondtake.core.serialization import CHECKSUM, read_json, write_checked


def rewrite(path: Path, change: Callable[[dict[str, Any]], object]) -> None:
    """Change the value of a checked file, which gets the checksum of what it holds then."""
    value = read_json(path)
    change(value)
    write_checked(path, value)


def write_first_format(path: Path, change: Callable[[dict[str, Any]], object]) -> None:
    """Write a file as it was before there were checksums, with a change of its value."""
    value = {**json.loads(path.read_text(encoding="utf-8")), "format": 1}
    del value[CHECKSUM]
    change(value)
    path.write_text(json.dumps(value), encoding="utf-8")
