"""What the checks say of files that models really made, maker by maker.

The recordings of sung.py, and those of model_sources.tsv: Bark and MusicGen, from repositories that
hold what somebody made with them. These are split into design and test in the same way.
"""

from collections import Counter
from collections.abc import Iterator, Sequence
from pathlib import Path

from benchmarks.analysis.sung import Source, fetch, recordings, sources

from secondtake.analysis.checks.expectations import EXPECTED_VOICE
from secondtake.analysis.checks.suite import CheckTarget, check_file
from secondtake.analysis.formatting import markdown_table

TABLE = Path(__file__).with_name("model_sources.tsv")
HUMAN = "people"
ROLES = {"instrumental": "instrumental"}  # by kind; everything else holds a voice
FEWEST = 3  # files of a maker that has a column of its own
Fired = Sequence[tuple[str, frozenset[str]]]  # of each file its maker and the checks that fired


def model_output(split: str) -> Iterator[Source]:
    """All recordings of a split, each fetched if it is not here yet."""
    yield from recordings(split)
    for source in sources(TABLE):
        if source.split == split:
            fetch(source)
            yield source


def fired(source: Source) -> tuple[str, frozenset[str]]:
    """The maker, and the checks that warn, fail or hint, as a file of no record is checked."""
    voice = EXPECTED_VOICE[ROLES.get(source.kind, "vocal")]
    checks = check_file(CheckTarget(source.path, source.sha256, voice=voice))
    said = {
        check.name if check.verdict != "pass" else f"{check.name} (hint)"
        for check in checks
        if check.note
    }
    return maker(source), frozenset(said)


def maker(source: Source) -> str:
    """Who made it, without what the table adds: "YuE", "ACE-Step v1", "people"."""
    name = source.made_by.partition(" (")[0].partition(" +")[0]
    return HUMAN if name.startswith("human") else name


def output_table(test: Fired, design: Fired) -> str:
    """A row for each check that fired at all; the share of files by maker, of the test set."""
    counts = Counter(name for name, _ in test)
    makers = [name for name, count in counts.most_common() if count >= FEWEST and name != HUMAN]
    groups = [
        *((f"{name} ({counts[name]})", [f for m, f in test if m == name]) for name in makers),
        (f"{HUMAN} ({counts[HUMAN]})", [found for name, found in test if name == HUMAN]),
        (f"all ({len(test)})", [found for _, found in test]),
        (f"design ({len(design)})", [found for _, found in design]),
    ]
    checks = sorted({check for _, found in (*test, *design) for check in found})
    head = ("check", *(title for title, _ in groups))
    rows = [(check, *(_share(check, found) for _, found in groups)) for check in checks]
    return markdown_table(head, rows)


def _share(check: str, found: Sequence[frozenset[str]]) -> str:
    count = sum(check in checks for checks in found)
    return f"{100 * count / len(found):.0f} %" if count else "–"
