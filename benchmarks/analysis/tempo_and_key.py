"""When can tempo and key be told, and how often do they agree within one recording?

    python -m benchmarks.analysis.tempo_and_key [--split test] [--write docs/lab/tempo-and-key.md]

What is asked of takes (comparison/adherence.py) is asked of 15 s of either half of a recording:
one half stands for what was asked for, the other for the take. Thresholds were chosen on the
design set.
"""

import argparse
import sys
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from itertools import combinations, pairwise, permutations
from pathlib import Path

from benchmarks.analysis.excerpts import excerpts, kept_features, materials
from benchmarks.analysis.impostors import impostors
from benchmarks.analysis.sung import SPLITS
from benchmarks.harness import put

from secondtake.analysis.audio_io import Audio
from secondtake.analysis.comparison.adherence import (
    KEYS,
    TEMPI,
    UNDECIDABLE,
    key_relation,
    tempo_relation,
)
from secondtake.analysis.comparison.compare import tempo_and_key
from secondtake.analysis.formatting import JsonObject, markdown_table
from secondtake.analysis.metrics.harmony import LEAST_FIT

WINDOWS = 5  # 15 s, about as long as a take
BINS = {
    "clarity of the pulse": ("tempo_clarity", "tempo", (0.0, 0.15, 0.2, 0.3, 0.5, 1.0)),
    "fit of the key": ("key_fit", "key", (0.0, 0.5, 0.6, 0.7, 0.8, 1.0)),
    "margin of the key, where it fits": ("key_margin", "key", (0.0, 0.025, 0.05, 0.1, 0.2, 1.0)),
}
OUTCOMES = {"tempo": TEMPI, "key": KEYS}


@dataclass(frozen=True, eq=False)
class Part:
    """What is measured of half a recording, as comparison_results.json has it of a take."""

    song: str
    group: str  # songs with the same words, or the song itself
    album: str
    kind: str
    measured: JsonObject

    def asks(self, take: "Part", what: str) -> str:
        """How the take keeps this part's tempo or key: one of OUTCOMES."""
        ours, theirs = self.measured, take.measured
        if what == "tempo":
            return tempo_relation(ours["tempo_bpm"], theirs["tempo_bpm"])
        return key_relation(ours["key"], theirs)

    def is_told(self, what: str) -> bool:
        """True if this part's own tempo or key can be told."""
        known = self.measured["tempo_bpm"] if what == "tempo" else self.measured["key"]
        return known is not None and self.asks(self, what) != UNDECIDABLE


PartPairs = Sequence[tuple[Part, Part]]


def main() -> int:
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--split", choices=SPLITS, default="design")
    parser.add_argument("--write", type=Path, help="put the tables into this page")
    options = parser.parse_args()
    music = [
        Part(
            excerpt.song,
            excerpt.material.group or excerpt.song,
            excerpt.album,
            excerpt.material.kind,
            tempo_and_key(part.features),
        )
        for excerpt in excerpts(materials(options.split))
        if (part := excerpt.cut(WINDOWS)).features.windows
    ]
    parts = music + list(no_music(options.split))
    tables = [evidence(music)] if options.split == "design" else []
    put(options.write, f"tempo and key {options.split}", "\n\n".join([*tables, summary(parts)]))
    return 0


def no_music(split: str) -> Iterator[Part]:
    """Noises and tones."""
    for kind, number, audio in impostors(split):
        features = kept_features(f"{split} {kind} {number}", partial(_identity, audio))
        yield Part(f"{kind} {number}", kind, kind, "noises and tones", tempo_and_key(features))


def evidence(music: Sequence[Part]) -> str:
    """How often a half agrees with the other one, by how clear its own tempo or key is."""
    rows = []
    for name, (figure, what, edges) in BINS.items():
        pairs = [pair for pair in halves(music) if pair[0].is_told(what)]
        if figure == "key_margin":
            pairs = [pair for pair in pairs if (pair[1].measured["key_fit"] or 0) >= LEAST_FIT]
        for low, high in pairwise(edges):
            within = [
                (first, second)
                for first, second in pairs
                if low <= (second.measured[figure] or 0) < high
            ]
            rows.append((name, f"{low:g} to {high:g}", *_shares(within, what)))
    head = ("evidence", "from, to", "halves", "agree", "half, double; relative, a fifth")
    return markdown_table(head, rows)


def summary(parts: Sequence[Part]) -> str:
    """By kind: how often tempo and key can be told, and how often those that can agree."""
    rows = []
    for kind in dict.fromkeys(part.kind for part in parts):
        alike = [part for part in parts if part.kind == kind]
        pairs = halves(alike)
        strangers = [
            (a, b) for a, b in combinations(alike, 2) if a.album != b.album and a.group != b.group
        ]
        for what in OUTCOMES:
            told = sum(part.is_told(what) for part in alike)
            rows.append((
                kind, what, f"{100 * told / len(alike):.0f} % of {len(alike)}",
                *_shares(_told(pairs, what), what)[1:], _shares(_told(strangers, what), what)[1],
            ))  # fmt: skip
    head = ("kind", "", "can be told", "halves agree", "half, double; relative, a fifth",
            "two songs agree")  # fmt: skip
    return markdown_table(head, rows)


def halves(parts: Sequence[Part]) -> PartPairs:
    """Both halves of every recording, in either order."""
    songs: dict[str, list[Part]] = {}
    for part in parts:
        songs.setdefault(part.song, []).append(part)
    return [pair for song in songs.values() for pair in permutations(song, 2)]


def _told(pairs: PartPairs, what: str) -> PartPairs:
    return [pair for pair in pairs if all(part.is_told(what) for part in pair)]


def _shares(pairs: PartPairs, what: str) -> tuple[str, str, str]:
    """How many pairs, and of how many the second keeps what the first one has, or nearly."""
    kept, first, second, *_ = OUTCOMES[what]
    found = Counter(_relation(*pair, what) for pair in pairs)
    if not pairs:
        return "0", "", ""
    near = found[first] + found[second]
    shares = [f"{100 * n / len(pairs):.0f} %" for n in (found[kept], near)]
    return str(len(pairs)), shares[0], shares[1]


def _relation(first: Part, second: Part, what: str) -> str:
    """One of OUTCOMES; of a key or tempo that cannot be told, the likeliest all the same."""
    if what == "tempo":
        return first.asks(second, what)
    sure = {**second.measured, "key_fit": 1.0, "key_margin": 1.0}
    return key_relation(first.measured["key"], sure)


def _identity(audio: Audio) -> Audio:
    return audio


if __name__ == "__main__":
    sys.exit(main())
