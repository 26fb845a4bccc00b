"""Every sung take of a song and its original, understood: what was heard of the lyrics.

A recording is listened to again only if its file or the recogniser changed; what was heard is
compared with the lyrics anew every time, which costs nothing and changes no equal file.

What is known of a take's words, and of its original's, from the files that `understand` wrote.

Nothing is listened to here. What was heard is held against the lyrics of the record (for a take)
or of the song file as it is now (for an original), so a corrected word needs no new listening.
"""

import json
from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from secondtake.analysis.formatting import figure, rounded
from secondtake.analysis.lyrics.asr import Stretch, read_samples
from secondtake.analysis.lyrics.text import (
    character_error_rate,
    normalise,
    shuffled_error_rates,
    word_error_rate,
)
from secondtake.analysis.lyrics.transcripts import (
    Sung,
    Understanding,
    Words,
    all_sung,
    is_sung,
    of_baseline,
    of_take,
    understanding,
    understanding_path,
)
from secondtake.core.errors import UserError
from secondtake.core.files import canonical, write_json
from secondtake.core.serialization import shaped
from secondtake.core.song import Segment, Song
from secondtake.core.takes import Take

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


NOT_HERE = "no ceiling: the original is not here"
INSTRUMENTAL = "no ceiling: the song file has no words for this segment any more"


def words_of(
    song: Song,
    segment: Segment,
    take: Take,
    command: str,
    baseline_sha256: str | None = None,
    sketch: Take | None = None,
) -> Words | None:
    """The words of a take beside its original's; None where none were to be sung.

    command: what makes the files, with the song if it needs one ("invoke understand").
    baseline_sha256: of the original's file; None if it is not here.
    """
    if not is_sung(take):
        return None
    type_this = f"type: invoke setup --models lyrics (once), then: {command}"
    of_sketch = _read(song, of_take(song, sketch), "its", type_this) if sketch else ""
    return Words(
        _original(song, segment, baseline_sha256, type_this),
        _read(song, of_take(song, take), "its", type_this),
        None if isinstance(of_sketch, str) else of_sketch,
    )


def _original(
    song: Song, segment: Segment, sha256: str | None, type_this: str
) -> Understanding | str:
    if sha256 is None or segment.baseline is None:
        return NOT_HERE
    if not normalise(segment.lyrics):
        return INSTRUMENTAL
    return _read(song, of_baseline(segment, sha256), "the original's", type_this)


def _read(song: Song, sung: Sung, whose: str, type_this: str) -> Understanding | str:
    """What was understood of a recording, or why that is not known and what to type.

    A reason that holds for many takes says whose words it is about without naming one.
    """
    path = understanding_path(song.results, sung.name)
    name = f"lyrics/{path.name}"
    try:
        value: Any = json.loads(path.read_text(encoding="utf-8"))
        stretches = stretches_of(value, sung)
        if stretches is None:
            return f"{name} is about an earlier file; {type_this}"
        recogniser = canonical(value["recogniser"])
        return understanding(sung.lyrics, sung.languages, stretches, recogniser)
    except FileNotFoundError:
        return f"nobody listened for {whose} words; {type_this}"
    except (OSError, ValueError, KeyError, TypeError, AttributeError, RecursionError):
        return f"{name} cannot be read; {type_this}"
