"""The pictures of a study: one a take (baseline and take, or take and sketch, or the take alone),
and two of all models and questions.

A picture is drawn again only if its sounds, its titles or this code changed. What is remembered of
it are the hashes of its files, not the files themselves, which the study has already.
"""

import hashlib
import json
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from functools import lru_cache, partial
from pathlib import Path
from typing import Any

from secondtake.analysis.comparison.material import Compared, Material
from secondtake.analysis.parallel import on_all_cores
from secondtake.analysis.plots.forest_plot import dots
from secondtake.analysis.plots.overview import heatmap, summary
from secondtake.analysis.plots.panels import Portrait, portrait
from secondtake.analysis.plots.style import Drawn
from secondtake.analysis.plots.take_plot import pair
from secondtake.analysis.recording import Recording
from secondtake.core.files import replacing, sha256_of

Hashes = dict[str, str]  # of a picture's files, by name

OVERVIEWS = {"overview_heatmap": heatmap, "overview_dots": dots}
PART = 6  # plates that a process draws after each other: 4 s
FEW = 4  # parts; fewer are drawn before a second process has started
KEPT = 4  # portraits: the baseline of a segment is drawn beside each of its takes


class _Unknown(Exception):
    """This code has not drawn this picture before."""


@dataclass(frozen=True)
class Plate:
    """A picture of a take, to be drawn if need be."""

    name: str  # of its files, without suffix
    shown: tuple[tuple[str, Recording], ...]  # titles and recordings, left to right

    @property
    def made_from(self) -> list[Any]:
        """Everything that decides the picture."""
        return [self.name, *([title, *one.identity] for title, one in self.shown)]

    def drawn(self) -> Drawn:
        """Both formats; AudioError where a file can no longer be read."""
        return pair([(title, _portrait(one, tuple(one.identity))) for title, one in self.shown])

    def current(self, folder: Path) -> bool:
        """Whether its files are in the folder as this code drew them."""
        try:
            known = json.loads(self._remembered(_forgotten))
        except _Unknown:
            return False
        return all(_is(folder / name, hexed) for name, hexed in known.items())

    def write(self, folder: Path) -> Hashes:
        """Draw it and write its files; their hashes are to be remembered."""
        files = self.drawn().files(self.name)
        for name, data in files.items():
            _write(folder / name, data)
        return {name: hashlib.sha256(data).hexdigest() for name, data in files.items()}

    def remember(self, hashes: Hashes) -> None:
        """Files with these hashes are current from now on."""
        self._remembered(lambda: json.dumps(hashes).encode())

    def bare(self) -> "Plate":
        """The same without what its recordings have read: small enough for another process."""
        return replace(self, shown=tuple((title, replace(one)) for title, one in self.shown))

    def _remembered(self, make: Callable[[], bytes]) -> bytes:
        return self.shown[0][1].cache.bytes_of("picture", self.made_from, make)


def illustrate(
    materials: list[Material], folder: Path, say: Callable[[str], None] = lambda words: None
) -> int:
    """Draw the takes' pictures that are new or changed, on all cores; how many they were.

    `say` hears now and then how far it is.
    """
    todo = [one.bare() for one in plates(materials) if not one.current(folder)]
    parts = [todo[at : at + PART] for at in range(0, len(todo), PART)]
    done = 0
    made = on_all_cores(partial(_write_all, folder), parts, FEW)
    for part, hashes in zip(parts, made, strict=True):
        for plate, hashed in zip(part, hashes, strict=True):
            plate.remember(hashed)
        done += len(part)
        say(f"{done} of {len(todo)} pictures")
    return done


def plates(materials: list[Material]) -> Iterator[Plate]:
    """The picture of every take, those of a segment after each other."""
    for material in materials:
        for compared in material.takes:
            shown = [
                (f"segment {material.segment.number}: {r.label}", r) for r in _columns(compared)
            ]
            yield Plate(compared.take.job.name, tuple(shown))


def overview(values: Mapping[str, Any], folder: Path) -> None:
    """Write the pictures of a summary (see pictures.summary), or remove them if it is empty."""
    table = summary(values)
    for name, drawing in OVERVIEWS.items():
        if table.empty:
            for suffix in (".png", ".svg"):
                (folder / f"{name}{suffix}").unlink(missing_ok=True)
            continue
        for file, data in drawing(table).files(name).items():
            _write(folder / file, data)


def _columns(compared: Compared) -> list[Recording]:
    """Left and right: the original before the take, the take before the sketch."""
    if compared.reference is None:
        return [compared.recording]
    if compared.reference.label == "baseline":
        return [compared.reference, compared.recording]
    return [compared.recording, compared.reference]


@lru_cache(maxsize=KEPT)
def _portrait(recording: Recording, identity: tuple[Any, ...]) -> Portrait:
    """What is drawn of these bytes; of a copy, so that the samples are not kept with the rest."""
    return portrait(replace(recording).audio)


def _write_all(folder: Path, part: list[Plate]) -> list[Hashes]:
    return [plate.write(folder) for plate in part]


def _forgotten() -> bytes:
    raise _Unknown


def _is(path: Path, hexed: str) -> bool:
    return path.is_file() and sha256_of(path) == hexed


def _write(path: Path, data: bytes) -> None:
    """An equal file is left untouched."""
    if not path.is_file() or path.read_bytes() != data:
        with replacing(path) as file:
            file.write(data)
