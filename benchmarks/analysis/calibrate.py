"""Make src/secondtake/analysis/features/calibration.json anew from the corpus.

    python -m benchmarks.analysis.calibrate      in venv-analysis or the tests' environment

Standards and weights come from all excerpts of all songs; of the songs, at most five of an album
ship two windows each, so that the file stays small. Every file is named with its package, version,
licence and sha256.
"""

import sys
from collections import defaultdict
from collections.abc import Sequence

import numpy as np
from benchmarks.analysis.corpus import Track, tracks
from benchmarks.analysis.excerpts import Excerpt, excerpts
from benchmarks.analysis.learning import learned

from secondtake.analysis.features.corpus import FILE, Piece, ReferenceCorpus, concatenate, to_json
from secondtake.analysis.formatting import round_floats
from secondtake.core.files import write_json

SONGS = 5  # of an album that ship
WINDOWS = (1, 2)  # that ship of a song: number 1 of its second excerpt, number 2 of its third


def calibrated(excerpts: Sequence[Excerpt]) -> ReferenceCorpus:
    """Standards and weights of these excerpts, and every song of them as a piece."""
    songs: dict[str, list[Excerpt]] = defaultdict(list)
    for excerpt in excerpts:
        songs[excerpt.song].append(excerpt)
    pieces = [
        Piece(name, parts[0].album, concatenate([part.features for part in parts]))
        for name, parts in songs.items()
    ]
    plain = ReferenceCorpus.of(pieces)
    return ReferenceCorpus(plain.raw, plain.standards, learned(excerpts, plain), {})


def shippable(corpus: ReferenceCorpus, songs: Sequence[Track]) -> ReferenceCorpus:
    """The same with few windows of few pieces, and where they are from."""
    per_album: dict[str, list[Piece]] = defaultdict(list)
    for piece in corpus.raw:
        per_album[piece.album].append(piece)
    kept = [
        Piece(piece.name, piece.album, piece.features.take_windows(_rows(piece.features.windows)))
        for pieces in per_album.values()
        for piece in _spread(pieces)
    ]
    provenance = {
        "made_by": "benchmarks/analysis/calibrate.py",
        "standards_and_weights_from": f"{len(corpus.raw)} songs of {len(per_album)} albums",
        "pieces": [track.provenance for track in songs],
    }
    return ReferenceCorpus(tuple(kept), corpus.standards, corpus.weights, provenance)


def _rows(windows: int) -> np.ndarray:
    """One window from the second quarter of a song, one from the third."""
    part = windows // 4
    return np.array([part + WINDOWS[0], 2 * part + WINDOWS[1]])


def _spread(pieces: list[Piece]) -> list[Piece]:
    """At most SONGS of them, evenly spread over the album."""
    chosen = np.unique(np.linspace(0, len(pieces) - 1, min(SONGS, len(pieces))).round().astype(int))
    return [pieces[place] for place in chosen]


def main() -> int:
    songs = tracks()
    corpus = shippable(calibrated(excerpts(songs)), songs)
    write_json(FILE, round_floats(to_json(corpus)))
    print(f"{FILE.name}: {len(corpus.raw)} pieces, {FILE.stat().st_size / 1000:.0f} kB")
    print("weights:", corpus.weights)
    return 0


if __name__ == "__main__":
    sys.exit(main())
