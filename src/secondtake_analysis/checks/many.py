"""Many files, on all cores, each judged once: what was judged before is remembered.

A file's checks are a function of its content, of what is promised of it and of this code, and so
are their names in the cache.
"""

import json
from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict

from secondtake_analysis.audio import AudioError, read_header
from secondtake_analysis.cache import Cache
from secondtake_analysis.checks.check import Check
from secondtake_analysis.checks.suite import Subject, check
from secondtake_analysis.checks.voice import was_heard
from secondtake_analysis.pool import on_all_cores

KIND = "checks"
LONG = 300.0  # s; longer files are checked one at a time, so that memory stays bounded
OFTEN = 8  # files from one report of progress to the next


def check_all(
    subjects: Sequence[Subject],
    cache: Cache | None = None,
    say: Callable[[str], None] | None = None,
) -> list[tuple[Check, ...]]:
    """The checks of every subject, in their order. say: hears how far it is, if it takes long."""
    found = {place: _known(one, cache) for place, one in enumerate(subjects)}
    todo = [place for place, checks in found.items() if checks is None]
    long = {place for place in todo if _is_long(subjects[place])}
    todo.sort(key=long.__contains__)
    made = _made([subjects[place] for place in todo], len(todo) - len(long))
    for done, (place, checks) in enumerate(zip(todo, made, strict=True), 1):
        found[place] = checks
        _remember(subjects[place], checks, cache)
        if say and done % OFTEN == 0:
            say(f"{done} of {len(todo)} files checked")
    return [checks for checks in found.values() if checks is not None]


def _made(subjects: Sequence[Subject], short: int) -> Iterator[tuple[Check, ...]]:
    """The checks of the first `short` ones, on all cores, and then of the long ones."""
    yield from on_all_cores(check, subjects[:short])
    yield from map(check, subjects[short:])


def _is_long(subject: Subject) -> bool:
    try:
        return read_header(subject.path).seconds > LONG
    except AudioError:
        return False


def _known(subject: Subject, cache: Cache | None) -> tuple[Check, ...] | None:
    """What was found before; None if nothing was."""
    if not (cache and subject.sha256 and cache.holds(KIND, subject.identity)):
        return None
    packed = cache.bytes_of(KIND, subject.identity, lambda: b"[]")
    return tuple(Check(**one) for one in json.loads(packed))


def _remember(subject: Subject, checks: tuple[Check, ...], cache: Cache | None) -> None:
    if cache and subject.sha256 and all(map(was_heard, checks)):
        packed = json.dumps([asdict(one) for one in checks]).encode()
        cache.bytes_of(KIND, subject.identity, lambda: packed)
