"""Two audio files of no song: the second held against the first, with all that stands beside it.

What a person reads on the terminal about two files: a line in words, then the tables.
"""

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from itertools import groupby
from pathlib import Path
from typing import Any

from secondtake.analysis.audio_io import Header, read_header
from secondtake.analysis.cache import Cache
from secondtake.analysis.cli import patience
from secondtake.analysis.dsp import first_study as naive
from secondtake.analysis.features.corpus import Calibration
from secondtake.analysis.features.extract import LEAST_WINDOW
from secondtake.analysis.formatting import figure, rounded
from secondtake.analysis.metrics.evaluate import Pair, evaluate
from secondtake.analysis.metrics.metric import Measurement
from secondtake.analysis.recording import Recording, naive_noise
from secondtake.core.errors import UserError

FORMAT = 1


@dataclass(frozen=True)
class TwoFiles:
    """The original and what is held against it, both readable."""

    reference: Recording
    estimate: Recording
    headers: tuple[Header, Header]

    @property
    def same(self) -> bool:
        """Whether they hold the same bytes."""
        return bool(self.reference.identity == self.estimate.identity)


def two_files(reference: Path, estimate: Path, cache: Cache) -> TwoFiles:
    """Both files, looked at but not decoded; AudioError (a UserError) where one is no audio."""
    headers = read_header(reference), read_header(estimate)
    return TwoFiles(
        Recording(reference, str(reference), cache),
        Recording(estimate, str(estimate), cache),
        headers,
    )


def measurements(two: TwoFiles, calibration: Calibration | None = None) -> list[Measurement]:
    """Every metric; UserError where a file holds too little sound for any of them."""
    for recording, header in zip((two.reference, two.estimate), two.headers, strict=True):
        with patience(f"measuring {recording.label} ({header.seconds:.0f} s)"):
            windows = recording.features.windows
        if not windows:
            raise UserError(_too_little(recording, header))
    with patience("comparing"):
        pair = Pair(two.reference.features, two.estimate.features)
        return list(evaluate(pair, calibration).values())


def naive_figures(two: TwoFiles) -> dict[str, Any]:
    """The first study's rows and cosines, and what pink noise scores in the place of the second."""
    with patience("the first study's figures"):
        reference, estimate = two.reference.naive, two.estimate.naive
        noise = naive_noise(two.estimate.cache, estimate.sample_rate)
    return {
        "reference": asdict(reference),
        "estimate": asdict(estimate),
        "pink_noise": asdict(noise),
        "mfcc_cosine": naive.mfcc_cosine(reference, estimate),
        "chroma_cosine": naive.chroma_cosine(reference, estimate),
        "pink_mfcc_cosine": naive.mfcc_cosine(reference, noise),
        "pink_chroma_cosine": naive.chroma_cosine(reference, noise),
    }


def as_json(
    two: TwoFiles, measured: list[Measurement], naively: dict[str, Any] | None
) -> dict[str, Any]:
    """One JSON object; docs/commands.md names its keys."""
    files = zip(("reference", "estimate"), (two.reference, two.estimate), two.headers, strict=True)
    told: dict[str, Any] = {
        "format": FORMAT,
        **{side: _file(recording, header) for side, recording, header in files},
        "same_file": two.same,
        "measurements": [asdict(one) for one in measured],
    }
    if naively is not None:
        told["naive"] = naively
    return dict(rounded(told))


def _file(recording: Recording, header: Header) -> dict[str, Any]:
    return {
        "file": str(recording.path),
        "sha256": recording.identity[0],
        "seconds": header.seconds,
        "sample_rate": header.sample_rate,
        "channels": header.channels,
    }


def _too_little(recording: Recording, header: Header) -> str:
    if header.seconds < LEAST_WINDOW:
        return (
            f"{recording.path}: {header.seconds:.2f} s is too short to compare; "
            f"give at least {LEAST_WINDOW:g} s, and 12 s for every question"
        )
    return (
        f"{recording.path}: holds less than {LEAST_WINDOW:g} s of sound, the rest is silence; "
        "invoke check FILE says more"
    )


OVERALL = "overall"  # the question that sums up the others
SAYS = {  # in the order of the sentence; {a} is the original
    "as itself": "as close to {a} as its own other parts in",
    "closer": "closer than most other music in",
    "between": "between other music and {a} in",
    "as other music": "not to be told from other music in",
    "further": "further away than other music in",
    "no scale": "without a scale in",
    "unknown": "undecided in",
}
HEAD = ("", "value", "floor", "ceiling", "scaled", "closer than", "verdict")
WORDS = (0, len(HEAD) - 1)  # columns that hold words
COMMON = 4  # rows with the same note
LEGEND = """\
floor: what other music scores against {a} (median); ceiling: what {a} scores against other parts of
itself; scaled: 0 is the floor, 1 the ceiling; closer than: this share of other music; in brackets
the 95 % interval. What each metric means: docs/metrics.md."""
NAIVE_HEAD = (
    "naive",
    "seconds",
    "Hz",
    "tempo, BPM",
    "centroid, Hz",
    "ZCR",
    "RMS",
    "MFCC cos",
    "chroma cos",
)
NAIVE_LEGEND = """\
The first study's figures: native sample rates, no loudness normalisation, means of the whole file.
They cannot tell music from noise: see what pink noise scores against {a}."""


def text(
    reference: str,
    estimate: str,
    measured: Sequence[Measurement],
    naively: dict[str, Any] | None = None,
    same: bool = False,
) -> str:
    """Everything; the names are those of the files, and stand as they are."""
    parts = ["Both are the same file, byte for byte."] if same else []
    parts += [
        headline(reference, estimate, measured),
        "\n".join(_table(measured)),
        LEGEND.format(a=reference),
    ]
    if naively is not None:
        parts += ["\n".join(_naive(reference, estimate, naively))]
        parts += [NAIVE_LEGEND.format(a=reference)]
    return "\n\n".join(parts)


def headline(reference: str, estimate: str, measured: Sequence[Measurement]) -> str:
    """The verdicts in a sentence: of the summary first, then one of each question."""
    speaking = _speaking(measured)
    overall = next((one for one in speaking if one.question == OVERALL), None)
    said = []
    if overall is not None and overall.percentile is not None:
        said.append(
            f"overall closer to {reference} than {overall.percentile:.0f} % of other music is"
        )
    for verdict, words in SAYS.items():
        questions = [o.question for o in speaking if o.verdict == verdict and o is not overall]
        if questions:
            said.append(f"{words.format(a=reference)} {_listed(questions)}")
    return f"{estimate} is {'; '.join(said)}."


def _speaking(measured: Sequence[Measurement]) -> list[Measurement]:
    """Of each question the first metric on a scale, else the first with a verdict to name."""
    chosen = []
    for question in dict.fromkeys(one.question for one in measured):
        asked = [one for one in measured if one.question == question]
        chosen.append(next((one for one in asked if one.scaled is not None), asked[0]))
    return chosen


def _table(measured: Sequence[Measurement]) -> Iterator[str]:
    """Aligned rows under the names of their questions; what is to be noted below each row.

    What is to be noted of many rows is noted once, at the end.
    """
    rows = [_row(one) for one in measured]
    widths = _widths([HEAD, *rows])
    counts = Counter(note for one in measured for note in _notes(one))
    common = [note for note, count in counts.items() if count >= COMMON]
    yield _line(HEAD, widths, WORDS)
    pairs = zip(measured, rows, strict=True)
    for question, group in groupby(pairs, key=lambda pair: pair[0].question):
        yield question
        for one, row in group:
            yield _line(row, widths, WORDS)
            own = [note for note in _notes(one) if note not in common]
            if own:
                yield f"      {'; '.join(own)}"
    yield from (f"{note} ({counts[note]} metrics)" for note in common)


def _notes(one: Measurement) -> list[str]:
    return one.note.split("; ") if one.note else []


def _row(one: Measurement) -> tuple[str, ...]:
    share = f"{one.percentile:.0f} %" if one.percentile is not None else ""
    return (
        f"  {one.name}, {one.unit}",
        _with_interval(one.value, one.interval),
        _figure(one.floor),
        _figure(one.ceiling),
        _with_interval(one.scaled, one.scaled_interval),
        share,
        one.verdict,
    )


def _naive(reference: str, estimate: str, naively: dict[str, Any]) -> Iterator[str]:
    """A row a file; of the cosines, the second row has its own and the third that of the noise."""
    rows = [
        (
            name,
            figure(naively[side]["duration"]),
            str(naively[side]["sample_rate"]),
            figure(naively[side]["tempo"]),
            figure(naively[side]["centroid"], 1),
            figure(naively[side]["zero_crossings"], 4),
            figure(naively[side]["rms"], 4),
            *(_cosine(naively, prefix, of) for of in ("mfcc", "chroma")),
        )
        for name, side, prefix in (
            (reference, "reference", None),
            (estimate, "estimate", ""),
            ("pink noise", "pink_noise", "pink_"),
        )
    ]
    widths = _widths([NAIVE_HEAD, *rows])
    yield from (_line(row, widths) for row in (NAIVE_HEAD, *rows))


def _cosine(naively: dict[str, Any], prefix: str | None, of: str) -> str:
    return "" if prefix is None else figure(naively[f"{prefix}{of}_cosine"], 4)


def _with_interval(value: float | None, interval: Sequence[float] | None) -> str:
    if value is None or interval is None:
        return _figure(value)
    low, high = interval
    return f"{figure(value)} [{figure(low)}, {figure(high)}]"


def _figure(value: float | None) -> str:
    return "" if value is None else figure(value)


def _widths(rows: Sequence[Sequence[str]]) -> list[int]:
    return [max(len(row[column]) for row in rows) for column in range(len(rows[0]))]


def _line(row: Sequence[str], widths: Sequence[int], words: Sequence[int] = (0,)) -> str:
    """Cells side by side: columns of words to the left, the others to the right."""
    cells = enumerate(zip(row, widths, strict=True))
    aligned = [c.ljust(w) if place in words else c.rjust(w) for place, (c, w) in cells]
    return "  ".join(aligned).rstrip()


def _listed(names: Sequence[str]) -> str:
    return names[0] if len(names) == 1 else f"{', '.join(names[:-1])} and {names[-1]}"
