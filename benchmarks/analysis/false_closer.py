"""How often a stranger is called closer, and a second take: evaluate() on pairs of the test set.

Pairs are drawn once with a fixed seed, so many of each kind for every original. An original is the
first stretch of a recording of at least three windows; a take is another stretch, or something that
is no music.
"""

import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import partial

import numpy as np
from benchmarks.analysis.excerpts import Excerpt, kept_features
from benchmarks.analysis.impostors import MAKERS, NOISES, TONAL, reverse, shuffle

from secondtake.analysis.audio_io import Audio, read
from secondtake.analysis.metrics.evaluate import Pair, evaluate
from secondtake.analysis.metrics.metric import CLOSE
from secondtake.analysis.parallel import parallel_map

LEAST_WINDOWS = 3  # of an original and of a take
DRAWN = {"sung": 8, "sung, same maker": 4, "instrumental": 4, "a cappella": 2, "speech": 4}
DRAWN |= {"the sketch": 2}
RESAMPLES = 2000
SEED = 31
MUSIC = ("sung", "instrumental")
NO_MUSIC = (*MAKERS, "speech")


@dataclass(frozen=True, eq=False)
class JudgedPair:
    """An original, a take, what the take is to it, and the verdicts by metric."""

    original: Excerpt
    take: Excerpt
    relation: str  # sung, pink noise, other half, second take: retake …
    verdicts: dict[str, str]

    @property
    def is_close(self) -> bool:
        """True if the likeness is called closer or as itself."""
        return self.verdicts.get("likeness") in CLOSE

    @property
    def close_questions(self) -> tuple[str, ...]:
        """The other metrics that are called so."""
        return tuple(n for n, v in self.verdicts.items() if v in CLOSE and n != "likeness")


def judged(music: Sequence[Excerpt], others: Sequence[Excerpt]) -> list[JudgedPair]:
    """All pairs with their verdicts, on all cores. others: what is no song, and sketches."""
    pairs = list(_pairs([e for e in music if e.features.windows >= LEAST_WINDOWS], others))
    work = [(original.features, take.features) for original, take, _ in pairs]
    results = []
    for number, verdicts in enumerate(parallel_map(_verdicts, work), 1):
        results.append(JudgedPair(*pairs[number - 1], verdicts))
        if number % 50 == 0:
            print(f"\r{number} of {len(pairs)} pairs", end="", file=sys.stderr, flush=True)
    print(file=sys.stderr)
    return results


def _verdicts(pair: tuple[object, object]) -> dict[str, str]:
    scores = evaluate(Pair(*pair))  # type: ignore[arg-type]
    return {name: measurement.verdict for name, measurement in scores.items()}


def _pairs(
    music: Sequence[Excerpt], others: Sequence[Excerpt]
) -> Iterator[tuple[Excerpt, Excerpt, str]]:
    random = np.random.default_rng(SEED)
    for original in music:
        if original.half or original.material.kind not in MUSIC:
            continue
        strangers: dict[str, list[Excerpt]] = {}
        for take in (*music, *others):
            strangers.setdefault(_relation(original, take), []).append(take)
        strangers.pop("", None)
        for relation, takes in strangers.items():
            is_drawn = relation in DRAWN or relation in MAKERS
            count = DRAWN.get(relation, 1) if is_drawn else len(takes)
            for place in random.permutation(len(takes))[:count]:
                yield original, takes[place], relation
        for relation, made in _from_itself(original):
            yield original, made, relation


def _relation(original: Excerpt, take: Excerpt) -> str:
    """What a take is to an original; "" for what is not asked."""
    ours, theirs = original.material, take.material
    if take is original:
        return ""
    if ours.song == theirs.song:
        return "other half of the recording"
    if ours.group and ours.group == theirs.group:
        if take.half:
            return ""
        group = ours.group.rsplit(" ", maxsplit=1)[-1]
        return SECOND_TAKES.get(group, "second take: same words by another model")
    kind = {"acappella": "a cappella", "sketch": "the sketch"}.get(theirs.kind, theirs.kind)
    if kind == "sung" and ours.kind == "sung" and take.album == original.album:
        return "sung, same maker"
    return kind


SECOND_TAKES = {
    "ace-retake": "second take: drawn again, in six strengths",
    "ace-repaint": "second take: its first 30 s painted anew",
    "ace-edit": "second take: other words, voice or language",
}


def _from_itself(original: Excerpt) -> Iterator[tuple[str, Excerpt]]:
    """The original backwards, and its quarters of a second in another order."""
    start, end = original.start, original.start + original.features.seconds

    def sound() -> Audio:
        return read(original.material.path, start, end)

    makers = {
        "itself, reversed": lambda: reverse(sound()),
        "itself, shuffled in time": lambda: shuffle(sound(), SEED),
    }
    for relation, make in makers.items():
        features = kept_features(f"{relation} {original.song} {start:.3f} {end:.3f}", partial(make))
        yield relation, Excerpt(original.material, 0, start, features, {})


def share(pairs: Sequence[JudgedPair]) -> tuple[float, float, float]:
    """Share that is called close, with its 95 % interval over albums and the songs in them."""
    albums: dict[str, dict[str, list[bool]]] = {}
    for pair in pairs:
        songs = albums.setdefault(pair.original.album, {})
        songs.setdefault(pair.original.song, []).append(pair.is_close)
    random = np.random.default_rng(SEED)
    names = list(albums)
    drawn = []
    for _ in range(RESAMPLES):
        close = total = 0
        for album in random.integers(len(names), size=len(names)):
            takes = list(albums[names[album]].values())
            for song in random.integers(len(takes), size=len(takes)):
                close += sum(takes[song])
                total += len(takes[song])
        drawn.append(close / total)
    low, high = np.percentile(drawn, [2.5, 97.5])
    return sum(pair.is_close for pair in pairs) / len(pairs), float(low), float(high)


def table(pairs: Sequence[JudgedPair]) -> str:
    """The page's table: strangers first, then what is of the same song."""
    lines = [
        "| the take is | of a sung baseline | of an instrumental baseline | goal |",
        "|---|---|---|---|",
    ]
    relations = dict.fromkeys(pair.relation for pair in pairs)
    order = [r for r in ROWS if r in relations] + sorted(r for r in relations if r not in ROWS)
    for relation in order:
        cells = []
        for kind in MUSIC:
            asked = [
                p for p in pairs if p.relation == relation and p.original.material.kind == kind
            ]
            cells.append(_cell(asked))
        lines.append(f"| {relation} | {' | '.join(cells)} | {GOALS.get(relation, '')} |")
    return "\n".join(lines)


ROWS = ("sung", "sung, same maker", "instrumental", "a cappella", *NO_MUSIC, "the sketch")
GOALS = {"sung": "10 %", "sung, same maker": "10 %", "instrumental": "10 %", "the sketch": "10 %"}
GOALS |= dict.fromkeys((*TONAL, "speech"), "2 %") | dict.fromkeys(NOISES, "0 %")


def _cell(pairs: Sequence[JudgedPair]) -> str:
    if not pairs:
        return "–"
    value, low, high = share(pairs)
    count = sum(pair.is_close for pair in pairs)
    return f"{value:.0%} [{low:.0%}, {high:.0%}] ({count} of {len(pairs)})".replace("%", " %")
