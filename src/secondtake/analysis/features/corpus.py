"""How far music differs in general: what every similarity is measured against.

Pieces of openly licensed music, a few windows of each as the metrics see them, ship as
calibration.json, so that the floor of any metric against any reference is what that metric itself
says of other music. Made by benchmarks/calibrate.py, which names every file it was made from.
"""

import base64
import json
import zlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, fields, replace
from functools import cache, cached_property
from pathlib import Path
from typing import Any

import numpy as np

from secondtake.analysis.features.extract import ROWS, Features
from secondtake.analysis.features.normalization import Standard

FILE = Path(__file__).with_name("calibration.json")
FORMAT = 1
# More than half of MusiCNN's filters are silent on nearly all music (spread below .01); what makes
# one fire is noise or silence, and would outweigh all others.
LEAST_SPREAD = {"embedding": 0.1}
DIRECTIONS = {  # that are damped, of the features whose metrics then tell songs apart better
    "timbre": 12,
    "chroma": 0,
    "tempogram": 0,
    "pulse": 16,
    "embedding": 16,
    "spectrum": 32,
}


@dataclass(frozen=True, eq=False)
class Piece:
    """A piece of other music: its windows, and where it is from."""

    name: str
    album: str
    features: Features


@dataclass(frozen=True, eq=False)
class Calibration:
    """Other music, and the standards that come of it."""

    raw: tuple[Piece, ...]  # as they were described
    standards: dict[str, Standard]  # by feature
    weights: dict[str, float]  # of the metrics in the combined score
    provenance: dict[str, Any]

    @cached_property
    def pieces(self) -> tuple[Piece, ...]:
        """The pieces as the metrics see them: standardised."""
        return tuple(replace(one, features=self.standardised(one.features)) for one in self.raw)

    @cached_property
    def albums(self) -> tuple[Piece, ...]:
        """All windows of an album as one piece, for metrics that need many."""
        names = sorted({piece.album for piece in self.pieces})
        grouped = {name: [p.features for p in self.pieces if p.album == name] for name in names}
        return tuple(Piece(name, name, joined(parts)) for name, parts in grouped.items())

    def standardised(self, features: Features) -> Features:
        """The same features, which now know how far music differs."""
        return replace(features, standards=self.standards)

    @staticmethod
    def of(
        pieces: Sequence[Piece],
        weights: dict[str, float] | None = None,
        provenance: dict[str, Any] | None = None,
    ) -> "Calibration":
        """From pieces as they were described; every piece counts alike, however long."""
        standards = {
            name: Standard.of(
                [getattr(piece.features, name) for piece in pieces],
                LEAST_SPREAD.get(name, 1e-3),
                directions,
            )
            for name, directions in DIRECTIONS.items()
        }
        return Calibration(tuple(pieces), standards, weights or {}, provenance or {})


@cache
def shipped() -> Calibration:
    """The calibration that comes with the program."""
    return from_json(json.loads(FILE.read_text(encoding="utf-8")))


def joined(parts: Iterable[Features]) -> Features:
    """Several recordings' windows as one recording's."""
    listed = list(parts)
    rows = {name: np.concatenate([getattr(one, name) for one in listed]) for name in ROWS}
    return replace(listed[0], seconds=sum(one.seconds for one in listed), **rows)


def to_json(calibration: Calibration) -> dict[str, Any]:
    """What is shipped. Rows are float16, compressed: a thousandth is finer than music is alike."""
    pieces = calibration.raw
    rows = {name: np.concatenate([getattr(one.features, name) for one in pieces]) for name in ROWS}
    return {
        "format": FORMAT,
        "provenance": calibration.provenance,
        "weights": calibration.weights,
        "standards": {
            name: {part.name: _packed(getattr(standard, part.name)) for part in fields(standard)}
            for name, standard in calibration.standards.items()
        },
        "pieces": [
            {
                "name": one.name,
                "album": one.album,
                "windows": one.features.windows,
                "lufs": one.features.lufs,
                "lra": one.features.lra,
                "true_peak": one.features.true_peak,
            }
            for one in pieces
        ],
        "rows": {name: _packed(values) for name, values in rows.items()},
    }


def from_json(shipped: dict[str, Any]) -> Calibration:
    """The calibration that `to_json` wrote."""
    rows = {name: _unpacked(shipped["rows"][name], shape) for name, shape in ROWS.items()}
    pieces, first = [], 0
    for one in shipped["pieces"]:
        last = first + one["windows"]
        own = {name: values[first:last] for name, values in rows.items()}
        levels = (float("nan") if one[n] is None else one[n] for n in ("lufs", "lra", "true_peak"))
        seconds = float(own["starts"][-1] - own["starts"][0]) + 3.0
        pieces.append(Piece(one["name"], one["album"], Features(seconds, *levels, **own)))
        first = last
    standards = {
        name: _standard(values, *ROWS[name]) for name, values in shipped["standards"].items()
    }
    return Calibration(tuple(pieces), standards, shipped["weights"], shipped["provenance"])


def _standard(values: dict[str, str], dimensions: int) -> Standard:
    mean, scale, damping = (_unpacked(values[one], ()) for one in ("mean", "scale", "damping"))
    directions = _unpacked(values["directions"], ()).reshape(dimensions, len(damping))
    return Standard(mean, scale, directions, damping)


def _packed(values: np.ndarray) -> str:
    return base64.b85encode(zlib.compress(values.astype("<f2").tobytes(), 9)).decode()


def _unpacked(text: str, shape: tuple[int, ...]) -> np.ndarray:
    """Rows of that shape, (rows, *shape) float32."""
    values = np.frombuffer(zlib.decompress(base64.b85decode(text)), dtype="<f2")
    return values.astype(np.float32).reshape(-1, *shape)
