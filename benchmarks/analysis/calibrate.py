"""Make src/secondtake/analysis/features/calibration.json anew.

    python -m benchmarks.analysis.calibrate      in venv-analysis or the tests' environment

Standards, weights and the classifier of kinds are learned on the design set; the pieces that ship
for floors are all of the calibration set, and no source is in both (sung.py, corpus.py). Every file
is named with its source, licence and sha256.
"""

import sys
from collections.abc import Iterable, Sequence
from dataclasses import replace

import numpy as np
from benchmarks.analysis.corpus import tracks
from benchmarks.analysis.excerpts import (
    Excerpt,
    by_song,
    excerpts,
    impostor_excerpts,
    materials,
)
from benchmarks.analysis.learning import learned_classifier, learned_weights
from benchmarks.analysis.sung import recordings

from secondtake.analysis.features.corpus import FILE, Piece, ReferenceCorpus, concatenate, to_json
from secondtake.analysis.features.extract import Features
from secondtake.analysis.features.kind import MUSIC
from secondtake.analysis.formatting import round_floats
from secondtake.core.files import write_json

SONGS = 8  # of an album of Debian's that ship
WINDOWS = 4  # of a stretch that ship, spread over it


def calibrated(design: Sequence[Excerpt], others: Sequence[Excerpt]) -> ReferenceCorpus:
    """Standards, weights and classifier of the design set, without pieces.

    others: what is no song, and sketches, which only weights and classifier learn from.
    """
    music = [each for each in design if each.material.kind != "speech"]
    plain = ReferenceCorpus.of(
        [
            Piece(song, parts[0].album, concatenate([part.features for part in parts]))
            for song, parts in by_song(music).items()
        ]
    )
    examples = [each for each in (*design, *others) if each.features.windows]
    return replace(
        plain,
        raw=(),
        weights=learned_weights(examples, plain),
        classifier=learned_classifier(examples, plain),
    )


def pieces(calibration: Iterable[Excerpt]) -> tuple[Piece, ...]:
    """The stretches that ship as other music."""
    chosen: dict[str, list[Excerpt]] = {}
    for parts in by_song([e for e in calibration if e.material.kind in MUSIC]).values():
        chosen.setdefault(parts[0].album, []).append(parts[0])
    spread = {e.song for songs in chosen.values() for e in _spread(songs)}
    return tuple(
        Piece(each.song, each.album, _few_windows(each), each.material.kind)
        for each in calibration
        if each.song in spread and each.features.windows
    )


def _few_windows(excerpt: Excerpt) -> Features:
    """Windows spread over the stretch, at most WINDOWS."""
    count = excerpt.features.windows
    rows = np.unique(np.linspace(0, count - 1, min(count, WINDOWS)).round().astype(int))
    return excerpt.features.take_windows(rows)


def _spread(songs: list[Excerpt]) -> list[Excerpt]:
    """All songs of a sung album; at most SONGS of an instrumental one, evenly spread over it."""
    if any(each.material.kind == "sung" for each in songs):
        return songs
    places = np.unique(np.linspace(0, len(songs) - 1, min(SONGS, len(songs))).round().astype(int))
    return [songs[place] for place in places]


def main() -> int:
    corpus = calibrated(excerpts(materials("design")), impostor_excerpts("design"))
    shipped = pieces(excerpts(materials("calibration")))
    names = {piece.name for piece in shipped}
    provenance = {
        "made_by": "benchmarks/analysis/calibrate.py",
        "learned_on": [t.provenance for t in tracks() if t.album.split == "design"]
        + [source.provenance for source in recordings("design")],
        "pieces": [t.provenance for t in tracks() if t.title in names]
        + [source.provenance for source in recordings("calibration") if source.name in names],
    }
    corpus = replace(corpus, raw=shipped, provenance=provenance)
    write_json(FILE, round_floats(to_json(corpus)))
    print(f"{FILE.name}: {len(shipped)} stretches of {len(names)} songs, {FILE.stat().st_size:,} B")
    print("weights:", corpus.weights)
    return 0


if __name__ == "__main__":
    sys.exit(main())
