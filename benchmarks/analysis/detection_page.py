"""The page that check_detection.py writes: what every check finds, and how often it is wrong."""

from collections import Counter
from collections.abc import Mapping, Sequence

from benchmarks.analysis.corpus import Album
from benchmarks.analysis.faults import FAULTS

from secondtake.analysis.formatting import markdown_table

Counts = Mapping[tuple[str, str, float | None], tuple[int, int]]

ANY_FILE = ("band edge", "any file")
HINTS = {(fault.check, fault.what) for fault in FAULTS if fault.hint} | {ANY_FILE}
HEAD = """\
# How often are the checks right?

*For a musician: a check that cries wolf is worse than none. Here every fault was put into real
music, weak and strong; the first table says how often it was found, and how often the same check
found fault with the music as it was released. The second says how often each check speaks up on
what song models really made.*

Generated, do not edit:
`python -m benchmarks.analysis.check_detection --write docs/lab/check-detection.md`

"""
FOOT = """
Read a row from left to right: weak faults first, some so weak that they are meant to pass. *False
alarms* are the same tracks untouched. Found and false alarms count warnings and failures, and of a
check that only *hints* ([what that means](../checks.md)), its hints. What would be said of more
than one good track in twenty is a hint, and never a warning. A track that has a fault as it was
released (off zero, mastered into the ceiling, one bar copied) counts as a false alarm here all the
same.

- *ending* is a warning only for a model that ends by itself, Bark, which makes voices: here one is
  cut 0.8 to 1.6 s before its sentence ends. Of other files it is a figure, since most of them, a
  stretch of a song or made to a given length, end within a sound.
- *band edge*: the track as a model at 24 kHz would have made it, against that model's 12 kHz. *Any
  file* has no model: a cut below 0.6 of half the sample rate.
- *hiss*: white noise at −50 dB and below is softer, above 8 kHz, than what good recordings have.
- *repeated phrase*, *voice*: announcements in Spanish and English, one woman, 8 kHz; 3 to 5 of
  them in 14 s, level and noise different every time. Nobody sings in them, and Bark made none of
  them: of sung repetitions expect fewer. *No voice* is the music alone, where words were asked for;
  its false alarms are voice and music at the same level. Some tracks may hold a voice of their own.
- Exact checks (hash, frames, sample rate, channels, duration, NaN) are not listed: they are right
  by construction, and the tests show it.

## On what models made

{output}

Recordings that others published, whole, as `invoke check --expect` judges them: *vocal* for what is
sung or spoken, else *instrumental* ([where they are from](data-sets.md); of Bark and MusicGen:
`benchmarks/analysis/model_sources.tsv`). All columns but the last are the test set. Thresholds of
*steady tone*, *alarm*, *hiss*, *dropouts*, *voice*, *ending*, *band edge*, *true peak* and *flat
tops* were chosen on the design set and on the tracks for tuning, with which it shares no source.
Checks that never fired are left out. A share is one of files, not of mistakes: nobody listened.

- *voice*: silero-vad was taught speech. Where it warns of what is sung, a voice lies under a loud
  band, or holds long notes.
- *steady tone*, *frozen*: of Bark in the design set they are true. It holds a vowel, a hum or a
  tone until its window is full.
"""


def page(shown: Counts, tuning: Counts, albums: Sequence[Album], output: str) -> str:
    """Markdown, from the counts of the tracks that are shown and of those that were tuned on.

    output: the table of what models made.
    """
    size = max((total for _, total in shown.values()), default=0)
    names = ", ".join(f"{name} ({count})" for name, count in _albums(albums).items())
    sample_note = (
        f"{len(albums)} tracks of {len(_albums(albums))} albums from Debian packages, 12 s of "
        f"each: {names}. Thresholds were chosen on every other track; the first table shows the "
        f"{size} between them, the last column the others.\n\n"
    )
    head = ("check", "fault", "found", "false alarms", "false alarms, tuning")
    faults = markdown_table(head, _rows(shown, tuning))
    return HEAD + sample_note + faults + "\n" + FOOT.format(output=output)


def _albums(albums: Sequence[Album]) -> Mapping[str, int]:
    return Counter(album.name for album in albums)


def _rows(shown: Counts, tuning: Counts) -> list[tuple[str, ...]]:
    """A row a fault, in the order in which they were put in."""
    faults = list(dict.fromkeys((check, what) for check, what, _ in shown))
    order = {fault.check: place for place, fault in enumerate(FAULTS)}
    faults.sort(key=lambda fault: order.get(fault[0], len(order)))
    return [
        (
            f"{check} (hint)" if (check, what) in HINTS else check,
            what,
            _found(shown, check, what),
            *_alarms((shown, tuning), check, what),
        )
        for check, what in faults
    ]


def _found(counts: Counts, check: str, what: str) -> str:
    """Every strength with the share that was found."""
    shares = [
        f"{_number(key[2])}: {_share(found, total)}"
        for key, (found, total) in counts.items()
        if key[:2] == (check, what) and key[2] is not None
    ]
    return " · ".join(shares) or "–"


def _alarms(halves: Sequence[Counts], check: str, what: str) -> list[str]:
    return [_of(*half.get((check, what, None), (0, 0))) for half in halves]


def _of(found: int, total: int) -> str:
    return f"{found} of {total} ({_share(found, total)})" if total else "–"


def _share(found: int, total: int) -> str:
    return f"{100 * found / total:.0f} %"


def _number(value: float | None) -> str:
    return f"{value:g}".replace("-", "−")
