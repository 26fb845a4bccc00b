"""What the registry pins, told of other files: a hub's tiny ones in place of the true ones."""

import shutil
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlsplit

from secondtake.core.files import sha256_of
from secondtake.core.registry.all_judges import SPECS
from secondtake.core.registry.spec import MAIN, WeightFile


def pinned_commits() -> dict[str, str]:
    """By repository: the commit that the registry asks for."""
    return {w.repository: w.revision for w in _weights() if w.revision != MAIN}


def pins_in(root: Path) -> dict[str, str]:
    """By source: the hash of each served file in whose place the registry pins another one."""
    places = {w.source: root / served_as(w) for w in _weights() if w.sha256 or w.git_id}
    return {source: sha256_of(path) for source, path in places.items() if path.is_file()}


def put_where_served(root: Path) -> None:
    """Copy the files that lie in the root itself, as tests/tiny/bark.py writes them."""
    for weight in _weights():
        flat, served = root / weight.file, root / served_as(weight)
        if "/" not in weight.file and flat.is_file() and served != flat:
            served.parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(flat, served)


def served_as(weight: WeightFile) -> str:
    """Where a hub has a file; a file with an address of its own, where that says."""
    return urlsplit(weight.url).path.lstrip("/") or weight.source


def _weights() -> Iterator[WeightFile]:
    return (w for spec in SPECS.values() for c in spec.checkpoints for w in c.weights)
