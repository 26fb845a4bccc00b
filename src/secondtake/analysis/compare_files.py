"""Two audio files of no song: the second measured against the first, and a table for the terminal.

The text begins with three sentences, then come the tables, and it ends with one line.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from itertools import groupby
from pathlib import Path

from secondtake.analysis.audio_io import Header, read_header
from secondtake.analysis.cache import Cache
from secondtake.analysis.cli import delayed_notice
from secondtake.analysis.comparison.summary import headline_metrics
from secondtake.analysis.features.corpus import ReferenceCorpus, load_default
from secondtake.analysis.features.extract import LEAST_WINDOW
from secondtake.analysis.findings.claims import certain_kind
from secondtake.analysis.findings.phrases import common_notes, split_notes
from secondtake.analysis.findings.two_files import TwoFiles, friend_line, pair_sentences
from secondtake.analysis.formatting import (
    JsonObject,
    format_number,
    format_optional,
    format_with_interval,
    round_floats,
)
from secondtake.analysis.metrics.evaluate import Pair, evaluate
from secondtake.analysis.metrics.metric import OPEN, Measurement
from secondtake.analysis.recording import Recording, pink_noise_row
from secondtake.analysis.report.first_study_rows import first_study_cells, first_study_cosines
from secondtake.core.errors import UserError

FORMAT = 2  # 1 had no words
HEAD = ("", "value", "floor", "ceiling", "scaled", "closer than", "verdict")
WORD_COLUMNS = (0, len(HEAD) - 1)
LEGEND = """\
floor: what other music scores against {reference} (median); ceiling: what {reference} scores \
against other parts of
itself; scaled: 0 is the floor, 1 the ceiling; closer than: this share of other music; in brackets
the 95 % interval; *: speaks for its question. What each metric means: docs/metrics.md."""
NAIVE_HEAD = "naive|seconds|Hz|tempo, BPM|centroid, Hz|ZCR|RMS|MFCC cos|chroma cos".split("|")
NAIVE_LEGEND = """\
The first study's figures: native sample rates, no loudness normalisation, means of the whole file.
They cannot tell music from noise: see what pink noise scores against {reference}."""


@dataclass(frozen=True)
class FilePair:
    """The reference and the estimate, both readable."""

    reference: Recording
    estimate: Recording
    headers: tuple[Header, Header]

    @property
    def is_same(self) -> bool:
        """True if they hold the same bytes."""
        return bool(self.reference.identity == self.estimate.identity)


def open_pair(reference: Path, estimate: Path, cache: Cache) -> FilePair:
    """Both files, not decoded yet; AudioError (a UserError) where one is no audio."""
    headers = read_header(reference), read_header(estimate)
    first, second = (Recording(path, str(path), cache) for path in (reference, estimate))
    return FilePair(first, second, headers)


def measurements(pair: FilePair, calibration: ReferenceCorpus | None = None) -> list[Measurement]:
    """Every metric; UserError where a file holds too little sound for any of them."""
    for recording, header in zip((pair.reference, pair.estimate), pair.headers, strict=True):
        with delayed_notice(f"measuring {recording.label} ({header.seconds:.0f} s)"):
            windows = recording.features.windows
        if not windows:
            raise UserError(_too_short(recording, header))
    with delayed_notice("comparing"):
        features = Pair(pair.reference.features, pair.estimate.features)
        return list(evaluate(features, calibration).values())


def first_study_figures(pair: FilePair) -> JsonObject:
    """The first study's rows and cosines, and what pink noise scores in the place of the second."""
    with delayed_notice("the first study's figures"):
        noise = pink_noise_row(pair.estimate.cache, pair.estimate.naive.sample_rate)
        return {
            "reference": asdict(pair.reference.naive),
            "estimate": asdict(pair.estimate.naive),
            "pink_noise": asdict(noise),
            **first_study_cosines(pair.reference, pair.estimate),
        }


def in_words(
    pair: FilePair, measured: Sequence[Measurement], calibration: ReferenceCorpus | None = None
) -> TwoFiles:
    """The pair as the sentences see it."""
    corpus = calibration or load_default()
    values = [round_floats(asdict(measurement)) for measurement in measured]
    metrics = headline_metrics([[{"measurements": values}]])
    names = (str(pair.reference.path), str(pair.estimate.path))
    reference, estimate = (
        certain_kind(corpus.kind(recording.features))
        for recording in (pair.reference, pair.estimate)
    )
    return TwoFiles(*names, values, metrics, (reference, estimate))


def as_json(pair: FilePair, words: TwoFiles, naive: JsonObject | None) -> JsonObject:
    """One JSON object; docs/commands.md names its keys."""
    values: JsonObject = {
        "format": FORMAT,
        "reference": _file(pair.reference, pair.headers[0], words.kinds[0]),
        "estimate": _file(pair.estimate, pair.headers[1], words.kinds[1]),
        "same_file": pair.is_same,
        "summary": pair_sentences(words),
        "line": friend_line(words, pair.is_same),
        "metrics": words.metrics,
        "measurements": words.measurements,
    }
    return dict(round_floats(values if naive is None else {**values, "naive": naive}))


def _file(recording: Recording, header: Header, kind: str) -> JsonObject:
    return {
        "file": str(recording.path),
        "sha256": recording.identity[0],
        "seconds": header.seconds,
        "sample_rate": header.sample_rate,
        "channels": header.channels,
        "kind": kind or None,
    }


def _too_short(recording: Recording, header: Header) -> str:
    if header.seconds < LEAST_WINDOW:
        return (
            f"{recording.path}: {header.seconds:.2f} s is too short to compare; "
            f"give at least {LEAST_WINDOW:g} s, and 12 s for every question"
        )
    return (
        f"{recording.path}: holds less than {LEAST_WINDOW:g} s of sound, the rest is silence; "
        "invoke check FILE says more"
    )


def comparison_text(
    words: TwoFiles,
    measured: Sequence[Measurement],
    naive: JsonObject | None = None,
    is_same: bool = False,
) -> str:
    """Everything; the names are those of the files, and are not escaped."""
    parts = ["Both are the same file, byte for byte."] if is_same else []
    parts += ["\n".join(pair_sentences(words)), "\n".join(_table(measured, words.metrics))]
    parts += [LEGEND.format(reference=words.reference)]
    if naive is not None:
        parts += ["\n".join(_naive_table(words.reference, words.estimate, naive))]
        parts += [NAIVE_LEGEND.format(reference=words.reference)]
    return "\n\n".join([*parts, friend_line(words, is_same)])


def _table(measured: Sequence[Measurement], metrics: Mapping[str, str]) -> Iterator[str]:
    """Aligned rows under the names of their questions; the notes below each row.

    metrics: by question, the one that speaks for it. A note that many rows share stands once, at
    the end.
    """
    rows = [_row(measurement, metrics) for measurement in measured]
    widths = _widths([HEAD, *rows])
    common = common_notes(measurement.note for measurement in measured)
    yield _line(HEAD, widths, WORD_COLUMNS)
    pairs = zip(measured, rows, strict=True)
    for question, group in groupby(pairs, key=lambda pair: pair[0].question):
        yield question
        for measurement, row in group:
            yield _line(row, widths, WORD_COLUMNS)
            notes = [note for note in split_notes(measurement.note) if note not in common]
            if notes:
                yield f"      {'; '.join(notes)}"
    yield from (f"{note} ({count} metrics)" for note, count in common.items())


def _row(measurement: Measurement, metrics: Mapping[str, str]) -> tuple[str, ...]:
    """A measurement; where its verdict is open, nothing that could be read as another."""
    percentile, is_open = measurement.percentile, measurement.verdict in OPEN
    star = "*" if measurement.name == metrics[measurement.question] else ""
    scaled = format_with_interval(measurement.scaled, measurement.scaled_interval)
    return (
        f"  {measurement.name}{star}, {measurement.unit}",
        format_with_interval(measurement.value, measurement.interval),
        format_optional(measurement.floor),
        format_optional(measurement.ceiling),
        "" if is_open else scaled,
        "" if is_open or percentile is None else f"{percentile:.0f} %",
        measurement.verdict,
    )


def _naive_table(reference: str, estimate: str, naive: JsonObject) -> Iterator[str]:
    """A row a file; of the cosines, the second row has its own and the third that of the noise."""
    cosines = [
        format_number(naive[name], 4)
        for name in ("mfcc_cosine", "chroma_cosine", "pink_mfcc_cosine", "pink_chroma_cosine")
    ]
    rows = [
        NAIVE_HEAD,
        [reference, *first_study_cells(naive["reference"]), "", ""],
        [estimate, *first_study_cells(naive["estimate"]), *cosines[:2]],
        ["pink noise", *first_study_cells(naive["pink_noise"]), *cosines[2:]],
    ]
    widths = _widths(rows)
    yield from (_line(row, widths) for row in rows)


def _widths(rows: Sequence[Sequence[str]]) -> list[int]:
    return [max(len(row[column]) for row in rows) for column in range(len(rows[0]))]


def _line(row: Sequence[str], widths: Sequence[int], word_columns: Sequence[int] = (0,)) -> str:
    """Cells side by side: columns of words to the left, the others to the right."""
    cells = [
        cell.ljust(width) if column in word_columns else cell.rjust(width)
        for column, (cell, width) in enumerate(zip(row, widths, strict=True))
    ]
    return "  ".join(cells).rstrip()
