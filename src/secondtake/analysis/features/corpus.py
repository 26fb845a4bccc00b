"""The reference corpus: other music, against which every similarity is measured.

A few windows each of public recordings, as the metrics see them, ship as calibration.json: the
floor of a metric against a reference is what that metric itself says of those that are of the
reference's kind. Made by benchmarks/analysis/calibrate.py, which names every file it was made from.
"""

import base64
import json
import zlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from functools import cache, cached_property
from pathlib import Path
from typing import Any

import numpy as np

from secondtake.analysis.dsp.preprocess import WINDOW_SECONDS
from secondtake.analysis.features.extract import ROWS, Features
from secondtake.analysis.features.kind import KINDS, MUSIC, SILENCE, Kind, KindClassifier
from secondtake.analysis.features.normalization import Standardizer

FILE = Path(__file__).with_name("calibration.json")
FORMAT = 2  # 1 had music of games alone, and no kinds
LEAST_MATCHES = 15  # pieces; with fewer, the tenth that is closest is a single one
MATCHED_SHARE = 0.5  # of the pieces of a kind: those whose loudness moves most like the reference's
UNLIKE = 4.0  # times as much movement of loudness, or as little, is another kind of recording
STEADY_LU = 0.2  # added to the movement: below it, nobody hears a difference
# More than half of MusiCNN's filters are silent on nearly all music (spread below .01); what makes
# one fire is noise or silence, and would outweigh all others.
LEAST_SPREAD = {"embedding": 0.1}
WITHIN_SONG_AXES = {  # that are shrunk, of the features whose metrics then tell songs apart better
    "timbre": 12,
    "chroma": 0,
    "tempogram": 0,
    "pulse": 16,
    "embedding": 16,
    "spectrum": 32,
}
# Keys of a standard in the file, and its fields.
KEYS = {"mean": "mean", "scale": "scale", "directions": "within_song_axes", "damping": "shrinkage"}
LEVELS = ("lufs", "lra", "true_peak")


@dataclass(frozen=True, eq=False)
class Piece:
    """A stretch of other music: its windows, and where it is from."""

    name: str  # of the song; its stretches share it
    album: str
    features: Features
    kind: str = "instrumental"  # or sung


@dataclass(frozen=True, eq=False)
class ReferenceCorpus:
    """Other music, and the standards that come of it."""

    raw: tuple[Piece, ...]  # as they were described
    standards: dict[str, Standardizer]  # by feature
    weights: dict[str, float]  # of the metrics in the combined score, and their neutral values
    provenance: dict[str, Any]
    classifier: KindClassifier | None = None

    @cached_property
    def pieces(self) -> tuple[Piece, ...]:
        """The pieces as the metrics see them: standardised."""
        return tuple(
            replace(piece, features=self.standardized(piece.features)) for piece in self.raw
        )

    @cached_property
    def songs(self) -> tuple[Piece, ...]:
        """All windows of a song as one piece, for metrics that need many."""
        names = dict.fromkeys(piece.name for piece in self.pieces)
        grouped = {name: [p for p in self.pieces if p.name == name] for name in names}
        return tuple(
            replace(parts[0], features=concatenate(part.features for part in parts))
            for parts in grouped.values()
        )

    def kind(self, features: Features) -> Kind:
        """The kind of a recording; without a classifier everything is instrumental music."""
        if self.classifier is None:
            return Kind("instrumental", 1.0) if features.windows else Kind(SILENCE, 1.0)
        return self.classifier.classify(features)

    def matched(self, reference: Features, whole_songs: bool = False) -> tuple[Piece, ...]:
        """Other music of the reference's kind; () if there is not enough of it.

        Of all pieces of the kind that half whose loudness moves most like the reference's: a song
        of soft and loud passages meets more that is like one of them.
        """
        kind = self.kind(reference)
        if kind.name not in MUSIC:
            return ()
        pieces = [p for p in (self.songs if whole_songs else self.pieces) if p.kind == kind.name]
        movement = _movement(reference)
        pieces.sort(key=lambda piece: abs(np.log(_movement(piece.features) / movement)))
        alike = [p for p in pieces if 1 / UNLIKE < _movement(p.features) / movement < UNLIKE]
        if len(alike) < LEAST_MATCHES:
            return ()
        return tuple(alike[: max(LEAST_MATCHES, round(len(pieces) * MATCHED_SHARE))])

    def standardized(self, features: Features) -> Features:
        """The same features, with the standards of the corpus."""
        return replace(features, standards=self.standards)

    @staticmethod
    def of(
        pieces: Sequence[Piece],
        weights: dict[str, float] | None = None,
        provenance: dict[str, Any] | None = None,
        classifier: KindClassifier | None = None,
    ) -> "ReferenceCorpus":
        """From pieces as they were described; every piece counts alike, however long."""
        standards = {
            name: Standardizer.of(
                [getattr(piece.features, name) for piece in pieces],
                LEAST_SPREAD.get(name, 1e-3),
                axes,
            )
            for name, axes in WITHIN_SONG_AXES.items()
        }
        facts = weights or {}, provenance or {}, classifier
        return ReferenceCorpus(tuple(pieces), standards, *facts)


def _movement(features: Features) -> float:
    """How far the windows' loudness scatters, in LU."""
    return STEADY_LU + float(np.nanstd(features.loudness)) if features.windows else STEADY_LU


@cache
def load_default() -> ReferenceCorpus:
    """The corpus that comes with the program."""
    return from_json(json.loads(FILE.read_text(encoding="utf-8")))


def concatenate(parts: Iterable[Features]) -> Features:
    """Several recordings' windows as one recording's."""
    listed = list(parts)
    rows: dict[str, Any] = {
        name: np.concatenate([getattr(part, name) for part in listed]) for name in ROWS
    }
    return replace(listed[0], seconds=sum(part.seconds for part in listed), **rows)


def to_json(corpus: ReferenceCorpus) -> dict[str, Any]:
    """The corpus as it is shipped. Rows are float16, compressed: finer than music is alike."""
    pieces = corpus.raw
    music = concatenate(piece.features for piece in pieces)
    return {
        "format": FORMAT,
        "provenance": corpus.provenance,
        "weights": corpus.weights,
        "standards": {
            name: {key: _packed(getattr(standard, field)) for key, field in KEYS.items()}
            for name, standard in corpus.standards.items()
        },
        "pieces": [
            {"name": piece.name, "album": piece.album, "kind": piece.kind}
            | {"windows": piece.features.windows}
            | {name: getattr(piece.features, name) for name in LEVELS}
            for piece in pieces
        ],
        "rows": {name: _packed(getattr(music, name)) for name in ROWS},
    } | ({"kinds": _packed(corpus.classifier.weights)} if corpus.classifier else {})


def from_json(value: dict[str, Any]) -> ReferenceCorpus:
    """The corpus that `to_json` wrote."""
    rows = {name: _unpacked(value["rows"][name], shape) for name, shape in ROWS.items()}
    pieces, first = [], 0
    for piece in value["pieces"]:
        last = first + piece["windows"]
        own: dict[str, Any] = {name: values[first:last] for name, values in rows.items()}
        own["seconds"] = float(own["starts"][-1] - own["starts"][0]) + WINDOW_SECONDS
        own |= {name: float("nan") if piece[name] is None else piece[name] for name in LEVELS}
        pieces.append(Piece(piece["name"], piece["album"], Features(**own), piece["kind"]))
        first = last
    standards = {
        name: _standard(values, *ROWS[name]) for name, values in value["standards"].items()
    }
    classifier = None
    if "kinds" in value:
        embedding = standards["embedding"]
        weights = _unpacked(value["kinds"], (len(KINDS),))
        classifier = KindClassifier(embedding.mean, embedding.scale, weights)
    facts = value["weights"], value["provenance"], classifier
    return ReferenceCorpus(tuple(pieces), standards, *facts)


def _standard(values: dict[str, str], dimensions: int) -> Standardizer:
    arrays = {field: _unpacked(values[key], ()) for key, field in KEYS.items()}
    axes = arrays.pop("within_song_axes").reshape(dimensions, len(arrays["shrinkage"]))
    return Standardizer(within_song_axes=axes, **arrays)


def _packed(values: np.ndarray) -> str:
    return base64.b85encode(zlib.compress(values.astype("<f2").tobytes(), 9)).decode()


def _unpacked(text: str, shape: tuple[int, ...]) -> np.ndarray:
    """Rows of that shape, (rows, *shape) float32."""
    values = np.frombuffer(zlib.decompress(base64.b85decode(text)), dtype="<f2")
    return values.astype(np.float32).reshape(-1, *shape)
