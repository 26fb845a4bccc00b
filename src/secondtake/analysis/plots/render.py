"""The plots of a study: one a take (baseline and take, or take and control, or the take alone),
and two of all models and questions.

A plot is drawn again only if its sounds, its titles or this code changed. The cache holds the
hashes of its files, not the files themselves, which the study has already.
"""

import hashlib
import json
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from functools import lru_cache, partial
from pathlib import Path
from typing import Any

from secondtake.analysis.comparison.material import ComparedTake, SegmentMaterial
from secondtake.analysis.parallel import parallel_map
from secondtake.analysis.plots.forest_plot import forest_plot
from secondtake.analysis.plots.judge_strips import judge_strips, parse_strips
from secondtake.analysis.plots.overview import heatmap, parse_summary
from secondtake.analysis.plots.panels import TakeView, view_recording
from secondtake.analysis.plots.style import RenderedFigure
from secondtake.analysis.plots.take_plot import plot_recordings
from secondtake.analysis.recording import Recording
from secondtake.core.files import sha256_of, write_bytes
from secondtake.core.take_facts import baseline_mark

Hashes = dict[str, str]  # of a plot's files, by name

OVERVIEWS = {"overview_heatmap": heatmap, "overview_dots": forest_plot}
JUDGES = "judges"  # the name of the plot
BATCH = 6  # plots that a process draws after each other: 4 s
FEW = 4  # batches; fewer are drawn before a second process has started
CACHED_VIEWS = 4  # the baseline of a segment is drawn beside each of its takes


@dataclass(frozen=True)
class TakePlot:
    """A plot of a take, to be drawn if need be."""

    name: str  # of its files, without suffix
    columns: tuple[tuple[str, Recording], ...]  # titles and recordings, left to right

    @property
    def made_from(self) -> list[Any]:
        """Everything that decides the plot."""
        return [self.name, *([title, *recording.identity] for title, recording in self.columns)]

    def draw(self) -> RenderedFigure:
        """Both formats; AudioError where a file can no longer be read."""
        columns = self.columns
        return plot_recordings([(title, _view(r, tuple(r.identity))) for title, r in columns])

    def is_current(self, folder: Path) -> bool:
        """True if its files are in the folder as this code drew them."""
        if not self.columns[0][1].cache.holds("picture", self.made_from):
            return False
        hashes: Hashes = json.loads(self._cached_hashes(lambda: b"{}"))
        paths = {folder / name: sha256 for name, sha256 in hashes.items()}
        return all(path.is_file() and sha256_of(path) == paths[path] for path in paths)

    def write(self, folder: Path) -> Hashes:
        """Draw it and write its files; their hashes are for `remember`."""
        files = self.draw().files(self.name)
        for name, data in files.items():
            write_bytes(folder / name, data)
        return {name: hashlib.sha256(data).hexdigest() for name, data in files.items()}

    def remember(self, hashes: Hashes) -> None:
        """Files with these hashes are current from now on."""
        self._cached_hashes(lambda: json.dumps(hashes).encode())

    def without_audio(self) -> "TakePlot":
        """The same without decoded samples: small enough for another process."""
        columns = tuple((title, replace(recording)) for title, recording in self.columns)
        return replace(self, columns=columns)

    def _cached_hashes(self, make: Callable[[], bytes]) -> bytes:
        _, recording = self.columns[0]
        return recording.cache.bytes_of("picture", self.made_from, make)


def render_plots(
    materials: list[SegmentMaterial], folder: Path, say: Callable[[str], None] = lambda words: None
) -> int:
    """Draw the takes' plots that are new or changed, on all cores; how many they were.

    `say` gets a line of progress after each batch.
    """
    todo = [plot.without_audio() for plot in take_plots(materials) if not plot.is_current(folder)]
    batches = [todo[start : start + BATCH] for start in range(0, len(todo), BATCH)]
    done = 0
    written = parallel_map(partial(_write_batch, folder), batches, FEW)
    for batch, batch_hashes in zip(batches, written, strict=True):
        for plot, hashes in zip(batch, batch_hashes, strict=True):
            plot.remember(hashes)
        done += len(batch)
        say(f"{done} of {len(todo)} pictures")
    return done


def take_plots(materials: list[SegmentMaterial]) -> Iterator[TakePlot]:
    """The plot of every take, those of a segment after each other."""
    for material in materials:
        heading = f"segment {material.segment.number}"
        for compared in material.takes:
            recordings = _recordings(compared)
            mark = baseline_mark(compared.take)
            own = f"{compared.recording.label} ({mark})" if mark else compared.recording.label
            columns = tuple(
                (f"{heading}: {own if sound is compared.recording else sound.label}", sound)
                for sound in recordings
            )
            yield TakePlot(compared.take.name, columns)


def render_overview(values: Mapping[str, Any], folder: Path) -> None:
    """Write the plots of a summary (see `overview`) and of what judges say, or remove them if they
    are empty."""
    summary, strips = parse_summary(values), parse_strips(values)
    for name, draw in OVERVIEWS.items():
        _write_or_remove(folder, name, None if summary.is_empty else draw(summary))
    _write_or_remove(folder, JUDGES, judge_strips(strips) if strips.strips else None)


def _write_or_remove(folder: Path, name: str, figure: RenderedFigure | None) -> None:
    if figure is None:
        for suffix in (".png", ".svg"):
            (folder / f"{name}{suffix}").unlink(missing_ok=True)
        return
    for file, data in figure.files(name).items():
        write_bytes(folder / file, data)


def _recordings(compared: ComparedTake) -> list[Recording]:
    """Left and right: the baseline before the take, the take before the control."""
    if compared.reference is None:
        return [compared.recording]
    if compared.reference.label == "baseline":
        return [compared.reference, compared.recording]
    return [compared.recording, compared.reference]


@lru_cache(maxsize=CACHED_VIEWS)
def _view(recording: Recording, identity: tuple[Any, ...]) -> TakeView:
    """The view of these bytes; of a copy, so that the samples are not kept with the rest."""
    return view_recording(replace(recording).audio)


def _write_batch(folder: Path, batch: list[TakePlot]) -> list[Hashes]:
    return [plot.write(folder) for plot in batch]
