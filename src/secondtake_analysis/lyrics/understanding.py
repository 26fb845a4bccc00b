"""Every sung take of a song and its original, understood: what was heard of the lyrics.

A recording is listened to again only if its file or the recogniser changed; what was heard is
compared with the lyrics anew every time, which costs nothing and changes no equal file.
"""

import json
from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from secondtake.errors import UserError
from secondtake.files import write_json
from secondtake.shape import shaped
from secondtake.song import Song
from secondtake_analysis.figures import figure, rounded
from secondtake_analysis.lyrics.heard import understanding
from secondtake_analysis.lyrics.recogniser import Stretch, read_samples
from secondtake_analysis.lyrics.sung import Sung, all_sung, understanding_path
from secondtake_analysis.lyrics.words import (
    character_error_rate,
    shuffled_error_rates,
    word_error_rate,
)

FORMAT = 1
Hear = Callable[[Any, Sequence[str]], list[Stretch]]  # (frames,) at 16 kHz, languages
Load = Callable[[], Hear]
Say = Callable[[str], None]


@dataclass(frozen=True)
class Understood:
    """One recording: its figures as they are in its file, or why there are none."""

    name: str
    figures: dict[str, Any] | None
    why: str = ""


def understand(
    song: Song, recogniser: dict[str, str], load: Load, say: Say = lambda name: None
) -> Iterator[Understood]:
    """Write <results>/lyrics/<name>.json for every sung take and its original; yield each.

    The recogniser is loaded only if something has to be heard. `say` hears which one that is.
    UserError for a damaged record, ModelError if the recogniser cannot be loaded.
    """
    loaded: Hear | None = None
    for sung in all_sung(song):
        path = understanding_path(song.results, sung.name)
        if not sung.whole:
            yield Understood(sung.name, None, "its wav is missing or was changed; verify says more")
            continue
        heard = _heard_before(path, sung, recogniser)
        if heard is None:
            say(sung.name)
            loaded = loaded or load()
            try:
                samples = read_samples(sung.file, sung.start, sung.end)
                heard = loaded(samples, sung.languages)
            except UserError as error:
                yield Understood(sung.name, None, str(error))
                continue
        figures = rounded(describe(sung, recogniser, heard))
        write_json(path, figures)
        yield Understood(sung.name, figures)


def describe(sung: Sung, recogniser: dict[str, str], heard: Sequence[Stretch]) -> dict[str, Any]:
    """What was heard of a recording against its lyrics. docs/lyrics.md explains every key."""
    found = understanding(sung.lyrics, sung.languages, heard)
    wrong = found.alignment
    return {
        "format": FORMAT,
        "take": sung.name,
        "wav_sha256": sung.sha256,
        "start": sung.start,
        "end": sung.end,
        "recogniser": recogniser,
        "languages": list(sung.languages),
        "expected": " ".join(found.expected),
        "heard": found.heard,
        "stretches": [asdict(stretch) for stretch in heard],
        "cer": character_error_rate(found.expected, found.understood),
        "wer": word_error_rate(wrong),
        "insertions": list(wrong.insertions),
        "deletions": list(wrong.deletions),
        "substitutions": [list(pair) for pair in wrong.substitutions],
        "floor": shuffled_error_rates(found.expected, found.understood),
        "words_understood": wrong.hits / wrong.expected,
    }


def line(understood: Understood) -> str:
    """What a person reads about one recording on the terminal."""
    figures = understood.figures
    if figures is None:
        return f"{understood.name}: not understood: {understood.why}"
    share = f"{100 * figures['words_understood']:.0f} % of the words"
    rate = f"CER {figure(figures['cer'])} (shuffled lyrics {figure(figures['floor']['cer'])})"
    heard = figures["heard"] or "no voice found"
    return f"{understood.name}: {share}, {rate}\n    {heard}"


def stretches_of(value: Any, sung: Sung) -> list[Stretch] | None:
    """What a file's JSON says was heard of this very recording; None if it is about another.

    TypeError, KeyError or AttributeError where it is damaged.
    """
    about = (value["format"], value["wav_sha256"], value["languages"])
    if about != (FORMAT, sung.sha256, list(sung.languages)):
        return None
    if (value.get("start"), value.get("end")) != (sung.start, sung.end):
        return None  # files of takes that were written before originals were heard have neither
    return [shaped(Stretch, stretch) for stretch in value["stretches"]]


def _heard_before(path: Path, sung: Sung, recogniser: dict[str, str]) -> list[Stretch] | None:
    """What this recogniser heard in these very bytes; None if it has not listened yet."""
    try:
        value = json.loads(path.read_text(encoding="utf-8"))
        return stretches_of(value, sung) if value["recogniser"] == recogniser else None
    except (OSError, ValueError, KeyError, TypeError, AttributeError, RecursionError):
        return None
