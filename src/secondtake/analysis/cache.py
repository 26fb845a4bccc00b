"""Values computed from a file's content, which need not be computed again.

An entry's name is a hash of its inputs and of the code that computed it, so nothing is ever
stale; deleting the folder is always safe.
"""

import hashlib
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from importlib import metadata
from pathlib import Path
from typing import Any

from secondtake.core.files import canonical, open_file, write_bytes

DIGEST_BYTES = 32
PACKAGES = (
    "librosa matplotlib musicnn numpy onnxruntime pillow scipy silero-vad soundfile soxr swift-f0"
).split()


@dataclass(frozen=True)
class Cache:
    """A folder of computed bytes."""

    folder: Path

    def bytes_of(self, kind: str, made_from: Any, make: Callable[[], bytes]) -> bytes:
        """The bytes that `make` gives for `made_from` (JSON), from the folder if they are there."""
        path = self._path(kind, made_from)
        if (cached := _read(path)) is not None:
            return cached
        data = make()
        write_bytes(path, hashlib.sha256(data).digest() + data)
        return data

    def holds(self, kind: str, made_from: Any) -> bool:
        """True if `bytes_of` would have to compute nothing."""
        return _read(self._path(kind, made_from)) is not None

    def _path(self, kind: str, made_from: Any) -> Path:
        identity = canonical([kind, made_from, code_version()])
        return self.folder / f"{kind}-{hashlib.sha256(identity.encode()).hexdigest()[:32]}"


def _read(path: Path) -> bytes | None:
    """The bytes of an entry; None if it is absent or damaged. Their sha256 stands before them."""
    try:
        with open_file(path) as file:
            digest, data = file.read(DIGEST_BYTES), file.read()
    except OSError:
        return None
    return data if hashlib.sha256(data).digest() == digest else None


@cache
def code_version() -> str:
    """A hash of the files that measure and of the versions of what they compute with."""
    root = Path(__file__).parents[1]
    layers = [path for layer in ("analysis", "audio") for path in (root / layer).rglob("*")]
    digest = hashlib.sha256()
    for path in sorted(path for path in layers if path.suffix in {".py", ".json"}):
        digest.update(f"{path.relative_to(root)}\0".encode() + path.read_bytes())
    for package in PACKAGES:
        digest.update(f"{package}={metadata.version(package)}\0".encode())
    return digest.hexdigest()
