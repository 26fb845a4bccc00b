"""Every sung take of a song, understood: what was heard, and how much of the lyrics that is.

A take is listened to again only if its wav or the recogniser changed; what was heard is compared
with the lyrics anew every time, which costs nothing and changes no equal file.
"""

import json
from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from secondtake.errors import UserError
from secondtake.files import write_json
from secondtake.models import MODELS
from secondtake.shape import shaped
from secondtake.song import Song
from secondtake.takes import Take, all_takes, wav_is_whole, wav_path
from secondtake_analysis.figures import figure, rounded
from secondtake_analysis.lyrics.numerals import written_out
from secondtake_analysis.lyrics.recogniser import Stretch, read_samples
from secondtake_analysis.lyrics.words import (
    align,
    character_error_rate,
    normalise,
    shuffled_error_rate,
    word_error_rate,
)

FORMAT = 1
Hear = Callable[[Any, Sequence[str]], list[Stretch]]  # (frames,) at 16 kHz, languages
Load = Callable[[], Hear]
Say = Callable[[str], None]


@dataclass(frozen=True)
class Understood:
    """One take: its figures as they are in its file, or why there are none."""

    take: str
    figures: dict[str, Any] | None
    why: str = ""


def understanding_path(results: Path, take: str) -> Path:
    return results / "lyrics" / f"{take}.json"


def understand(
    song: Song, recogniser: dict[str, str], load: Load, say: Say = lambda name: None
) -> Iterator[Understood]:
    """Write <results>/lyrics/<take>.json for every sung take; yield each as it is known.

    The recogniser is loaded only if something has to be heard. `say` hears which take that is.
    UserError for a damaged record, ModelError if the recogniser cannot be loaded.
    """
    loaded: Hear | None = None
    for take in (take for take in all_takes(song.results) if _is_sung(take, song)):
        name = take.job.name
        path = understanding_path(song.results, name)
        if not wav_is_whole(song.results, take):
            yield Understood(name, None, "its wav is missing or was changed; verify says more")
            continue
        heard = _heard_before(path, take, recogniser)
        if heard is None:
            say(name)
            loaded = loaded or load()
            try:
                heard = loaded(read_samples(wav_path(song.results, name)), take.job.languages)
            except UserError as error:
                yield Understood(name, None, str(error))
                continue
        figures = rounded(describe(take, recogniser, heard))
        write_json(path, figures)
        yield Understood(name, figures)


def describe(take: Take, recogniser: dict[str, str], heard: Sequence[Stretch]) -> dict[str, Any]:
    """What was heard of a take against its lyrics. docs/lyrics.md explains every key."""
    text = " ".join(stretch.text for stretch in heard if stretch.text)
    sung, found = normalise(take.job.lyrics), normalise(text)
    # Numbers in the language of whoever sings first, unless the other side spells them.
    expected = written_out(sung, found, take.job.languages)
    understood = written_out(found, expected, [stretch.language for stretch in heard])
    alignment = align(expected, understood)
    return {
        "format": FORMAT,
        "take": take.job.name,
        "wav_sha256": take.wav.sha256,
        "recogniser": recogniser,
        "languages": list(take.job.languages),
        "expected": " ".join(expected),
        "heard": text,
        "stretches": [asdict(stretch) for stretch in heard],
        "cer": character_error_rate(expected, understood),
        "wer": word_error_rate(alignment),
        "insertions": list(alignment.insertions),
        "deletions": list(alignment.deletions),
        "substitutions": [list(pair) for pair in alignment.substitutions],
        "floor": {"cer": shuffled_error_rate(expected, understood)},
        "words_understood": alignment.hits / alignment.expected,
    }


def line(understood: Understood) -> str:
    """What a person reads about one take on the terminal."""
    figures = understood.figures
    if figures is None:
        return f"{understood.take}: not understood: {understood.why}"
    share = f"{100 * figures['words_understood']:.0f} % of the words"
    rate = f"CER {figure(figures['cer'])} (shuffled lyrics {figure(figures['floor']['cer'])})"
    heard = figures["heard"] or "no voice found"
    return f"{understood.take}: {share}, {rate}\n    {heard}"


def _is_sung(take: Take, song: Song) -> bool:
    """Whether there are words in this take that someone was to sing."""
    model = MODELS.get(take.job.model)
    vocal = model is not None and "vocal" in model.roles
    return take.job.song == song.name and vocal and bool(normalise(take.job.lyrics))


def _heard_before(path: Path, take: Take, recogniser: dict[str, str]) -> list[Stretch] | None:
    """What this recogniser heard in these very bytes; None if it has not listened yet."""
    try:
        value = json.loads(path.read_text(encoding="utf-8"))
        facts = (value["format"], value["wav_sha256"], value["recogniser"], value["languages"])
        if facts != (FORMAT, take.wav.sha256, recogniser, list(take.job.languages)):
            return None
        return [shaped(Stretch, stretch) for stretch in value["stretches"]]
    except (OSError, ValueError, KeyError, TypeError, AttributeError, RecursionError):
        return None
