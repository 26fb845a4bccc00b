"""Songs and their segments: what one TOML file says, checked at the door and frozen.

The format is described in docs/song-format.md. Past `load_song` nothing checks again.
"""

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from secondtake.core.errors import UserError
from secondtake.core.project import Project
from secondtake.core.registry.all_models import MODELS, find_model
from secondtake.core.registry.spec import Model
from secondtake.core.validation import Table, check_name, did_you_mean, inside, shown

VOCAL_KINDS = frozenset({"verse", "chorus", "pre-chorus", "bridge", "hook", "rap", "refrain"})
OPEN_KINDS = frozenset({"intro", "outro", "interlude", "break", "drop", "solo", "coda"})
KINDS = VOCAL_KINDS | OPEN_KINDS | {"instrumental"}

MAX_FILE_BYTES = 1 << 20
MAX_SEGMENTS = 1000
LONGEST_SECONDS = 600.0
SLOWEST_BPM, FASTEST_BPM = 20.0, 400.0
MAX_SEED = 2**31 - 1  # what every library's generator takes

SONG_KEYS = frozenset(
    {"title", "style", "languages", "bpm", "key", "results", "baseline", "segment"}
)
SEGMENT_KEYS = frozenset(
    "number kind title seconds style lyrics languages bpm key models baseline start end".split()
)
PART_KEYS = frozenset({"prompt", "seconds", "checkpoint", "seed"})


@dataclass(frozen=True)
class Baseline:
    """The reference recording of a segment: a file, or a stretch of one (seconds)."""

    name: str  # the file as the song calls it, below the project's root
    file: Path
    start: float | None = None
    end: float | None = None


@dataclass(frozen=True)
class Part:
    """One model's share in a segment: what it is asked to make."""

    model: str
    checkpoint: str
    prompt: str
    seconds: float
    seed: int | None
    settings: Mapping[str, Any]


@dataclass(frozen=True)
class Segment:
    """One segment of the song and who plays it."""

    number: int
    kind: str
    title: str
    seconds: float
    style: str
    lyrics: str
    languages: tuple[str, ...]
    bpm: float
    key: str
    baseline: Baseline | None
    parts: tuple[Part, ...]


@dataclass(frozen=True)
class Song:
    """A song file, loaded."""

    name: str
    path: Path
    title: str
    style: str
    results: Path
    segments: tuple[Segment, ...]

    def segment(self, number: int) -> Segment:
        """The segment of that number; UserError listing those there are."""
        for segment in self.segments:
            if segment.number == number:
                return segment
        numbers = ", ".join(str(segment.number) for segment in self.segments)
        raise UserError(f"{self.path}: no segment {number}; the song has {numbers}")


def load_song(path: Path, project: Project) -> Song:
    """Read and check a song file. UserError names the file, the segment, the key, the remedy."""
    table = Table(_read_toml(path), str(path))
    table.only(SONG_KEYS)
    name = check_name(path.stem, f"{path}: the file's name")
    segments = table.value.get("segment")
    if not isinstance(segments, list) or not segments:
        raise table.wrong("segment", "the song has no segments; add at least one [[segment]]")
    if len(segments) > MAX_SEGMENTS:
        raise table.wrong("segment", f"more than {MAX_SEGMENTS} segments")
    loaded = tuple(
        _segment(Table(value, f"{path}: segment {_label(value, place)}"), table, project)
        for place, value in enumerate(segments, 1)
    )
    _refuse_twins(loaded, path)
    return Song(
        name=name,
        path=path,
        title=table.text("title", required=True),
        style=table.text("style"),
        results=_results(table, name, project),
        segments=loaded,
    )


def _read_toml(path: Path) -> dict[str, Any]:
    try:
        if not path.is_file() and path.exists():  # a pipe or a device may never end
            raise UserError(f"{path}: not a file; give a song file, songs/<name>.toml")
        if path.stat().st_size > MAX_FILE_BYTES:
            raise UserError(f"{path}: larger than {MAX_FILE_BYTES} bytes; is it a song file?")
        return tomllib.loads(path.read_text(encoding="utf-8-sig"))  # Windows editors sign UTF-8
    except FileNotFoundError:
        there = sorted(p.name for p in path.parent.glob("*.toml")) if path.parent.is_dir() else []
        hint = f"; {did_you_mean(path.name, there)}" if there else ""
        raise UserError(f"{path}: no such song file{hint}") from None
    except OSError as error:
        raise UserError(f"{path}: cannot be read: {error.strerror}") from None
    except UnicodeDecodeError as error:
        raise UserError(f"{path}: not UTF-8 text (byte {error.start}); save it as UTF-8") from None
    except RecursionError:
        raise UserError(f"{path}: tables or lists nested too deeply") from None
    except ValueError as error:  # TOMLDecodeError, or a number of thousands of digits
        raise UserError(f"{path}: not valid TOML: {error}") from None


def _results(song: "Table", name: str, project: Project) -> Path:
    chosen = song.text("results") or f"results/{name}"
    where = f"{song.where}: results"
    parts = chosen.split("/")
    if parts[0] != "results":
        raise UserError(f'{where}: {shown(chosen)} is not below results/; write "results/{name}"')
    for part in parts:
        check_name(part, where)
    return inside(project.root, chosen, where)


def _refuse_twins(segments: tuple[Segment, ...], path: Path) -> None:
    seen: dict[int, Segment] = {}
    for segment in segments:
        twin = seen.setdefault(segment.number, segment)
        if twin is not segment:
            raise UserError(
                f"{path}: two segments have number {segment.number} "
                f"({twin.title!r} and {segment.title!r}); give each its own"
            )


def _label(value: Any, place: int) -> str:
    number = value.get("number") if isinstance(value, dict) else None
    whole = isinstance(number, int) and not isinstance(number, bool)
    return shown(number) if whole else f"in place {place}"


def _segment(table: "Table", song: "Table", project: Project) -> Segment:
    table.only(SEGMENT_KEYS | frozenset(MODELS))
    kind = table.text("kind", required=True)
    if kind not in KINDS:
        raise table.wrong("kind", f"no kind {shown(kind)}; {did_you_mean(kind, KINDS)}")
    lyrics = table.text("lyrics", lines=True)
    if kind in VOCAL_KINDS and not lyrics:
        raise table.wrong("lyrics", f'a {kind} is sung; add lyrics = "…" or kind = "instrumental"')
    if kind == "instrumental" and lyrics:
        raise table.wrong("lyrics", 'an instrumental has none; remove them or use kind = "verse"')
    style = table.text("style") or song.text("style")
    bpm = table.number(
        "bpm", song.number("bpm", 120.0, SLOWEST_BPM, FASTEST_BPM), SLOWEST_BPM, FASTEST_BPM
    )
    seconds = table.number("seconds", None, 0.5, LONGEST_SECONDS)
    draft = Segment(
        number=table.integer("number", 0, 9999),
        kind=kind,
        title=table.text("title", required=True),
        seconds=seconds,
        style=style,
        lyrics=lyrics,
        languages=table.names("languages", song.names("languages", ("en",), "en"), "en"),
        bpm=bpm,
        key=table.key(song.key("A minor")),
        baseline=_baseline(table, song, project),
        parts=(),
    )
    parts = tuple(_part(table, draft, name, project) for name in _players(table, draft))
    return Segment(**{**vars(draft), "parts": parts})


def _players(table: "Table", segment: Segment) -> tuple[str, ...]:
    role = "instrumental" if not segment.lyrics else "vocal"
    suited = tuple(model.name for model in MODELS.values() if role in model.roles)
    players = table.names("models", suited, suited[0])
    for name in players:
        model = find_model(name, f"{table.where}: models")
        if not segment.lyrics and "instrumental" not in model.roles:
            raise table.wrong("models", f"{name} only sings and there are no lyrics; remove it")
    for name in sorted(set(table.value) & set(MODELS)):
        if name not in players:
            playing = ", ".join(f'"{player}"' for player in (*players, name))
            raise table.wrong(
                name, f"settings of a model that does not play; add it: models = [{playing}]"
            )
    return players


def _part(table: "Table", segment: Segment, name: str, project: Project) -> Part:
    model = MODELS[name]
    part = Table(table.value.get(name, {}), f"{table.where}: {name}")
    settings = {parameter.name: parameter for parameter in model.parameters}
    part.only(PART_KEYS | frozenset(settings))
    checkpoint = model.checkpoint(part.text("checkpoint"), f"{part.where}: checkpoint")
    chosen = {
        key: settings[key].settle(value, project, f"{part.where}: {key}")
        for key, value in part.value.items()
        if key in settings
    }
    return Part(
        model=name,
        checkpoint=checkpoint.name if "checkpoint" in part.value else "",
        prompt=part.text("prompt", lines=True) or _default_prompt(model, segment, table),
        seconds=part.number("seconds", segment.seconds, 0.5, LONGEST_SECONDS),
        seed=part.integer("seed", 0, MAX_SEED) if "seed" in part.value else None,
        settings=chosen,
    )


def _default_prompt(model: Model, segment: Segment, table: "Table") -> str:
    """What a model reads where the song file gives it no prompt of its own."""
    if model.prompt:
        prompt = model.prompt(segment)
        if not prompt:
            raise table.wrong(
                "lyrics", f"nothing in them is sung, {shown(segment.lyrics)}; add the words"
            )
        return prompt
    if "instrumental" not in model.roles:
        return segment.lyrics
    return f"{segment.style}, {segment.bpm:g} BPM" if segment.style else f"{segment.bpm:g} BPM"


def _baseline(table: "Table", song: "Table", project: Project) -> Baseline | None:
    own = "baseline" in table.value  # an empty one says that there is none, whatever the song says
    file = (table if own else song).text("baseline")
    start = table.number("start", None, 0, 1e5) if "start" in table.value else None
    end = table.number("end", None, 0, 1e5) if "end" in table.value else None
    if end is not None and (start or 0) >= end:
        raise table.wrong("end", f"{end:g} s is not after the start, {start or 0:g} s")
    if not file:
        if start is not None or end is not None:
            key = "end" if start is None else "start"
            raise table.wrong(key, 'a stretch of which file? add baseline = "data/…"')
        return None
    if not own and start is None and end is None:
        raise table.wrong(
            "start",
            f"missing; say where in the song's baseline, {shown(file)}, this segment starts and "
            'ends, or add baseline = "" if it is not there',
        )
    where = f"{table.where if own else song.where}: baseline"
    path = inside(project.root, file, where)
    if path.is_dir():
        raise UserError(f"{where}: {shown(file)} is a folder; give the recording in it")
    return Baseline(file, path, start, end)
