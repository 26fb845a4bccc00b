"""What is known of a take's words, and of its original's, from the files that `understand` wrote.

Nothing is listened to here. What was heard is held against the lyrics of the record (for a take)
or of the song file as it is now (for an original), so a corrected word needs no new listening.
"""

import json
from typing import Any

from secondtake.files import canonical
from secondtake.song import Segment, Song
from secondtake.takes import Take
from secondtake_analysis.lyrics.heard import Understanding, Words, understanding
from secondtake_analysis.lyrics.sung import Sung, is_sung, of_baseline, of_take, understanding_path
from secondtake_analysis.lyrics.understanding import stretches_of
from secondtake_analysis.lyrics.words import normalise

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
