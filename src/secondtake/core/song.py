"""Songs and their segments: a TOML file (docs/song-format.md), checked once, by `load_song`."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from secondtake.core.errors import UserError
from secondtake.core.letters import compose
from secondtake.core.project import Project
from secondtake.core.prompts.source_audio import Baseline as Baseline  # a part of a segment
from secondtake.core.registry.all_models import MODELS, find_model
from secondtake.core.registry.spec import ModelSpec
from secondtake.core.song_file import read_song_file
from secondtake.core.validation import Table, check_name, did_you_mean, resolve_inside, shorten_repr

VOCAL_KINDS = frozenset({"verse", "chorus", "pre-chorus", "bridge", "hook", "rap", "refrain"})
OPEN_KINDS = frozenset({"intro", "outro", "interlude", "break", "drop", "solo", "coda"})
WHOLE = "song"  # all of it: sections with their lyrics, beside the recording of the whole song
KINDS = VOCAL_KINDS | OPEN_KINDS | {"instrumental", WHOLE}

MAX_SEGMENTS = 1000
SECONDS_RANGE = (0.5, 600.0)
LATEST = 1e5  # seconds into a recording
BPM_RANGE = (20.0, 400.0)
MAX_SEED = 2**31 - 1  # what every library's generator takes

SHARED_KEYS = frozenset("title style languages bpm meter key baseline models".split())
SONG_KEYS = SHARED_KEYS | {"results", "segment"}
SEGMENT_KEYS = SHARED_KEYS | {"number", "kind", "seconds", "lyrics", "start", "end"}
MODEL_KEYS = frozenset({"prompt", "seconds", "checkpoint", "seed"})
SONG_MODEL_KEYS = MODEL_KEYS - {"prompt"}  # words belong to a segment

Share = Mapping[str, Any]  # the keys of a model's table that are there, checked


@dataclass(frozen=True)
class SegmentModel:
    """One model's share in a segment: the inputs of its takes."""

    model: str
    checkpoint: str
    prompt: str
    seconds: float
    seed: int | None
    settings: Mapping[str, Any]
    own_prompt: bool = False  # the song file's; else the default prompt of its checkpoint


@dataclass(frozen=True)
class Segment:
    """One segment of the song and the models that play it."""

    number: int
    kind: str
    title: str
    seconds: float
    style: str
    lyrics: str
    languages: tuple[str, ...]
    bpm: float  # beats of the meter a minute: quarters, in 6/8 dotted quarters
    key: str
    baseline: Baseline | None
    models: tuple[SegmentModel, ...]
    meter: str = ""  # one of METERS; "": the model decides


@dataclass(frozen=True)
class Song:
    """A song file, loaded."""

    name: str
    path: Path
    title: str
    style: str
    results: Path
    segments: tuple[Segment, ...]
    baseline: Baseline | None = None  # a recording of the whole song

    def segment(self, number: int) -> Segment:
        """The segment of that number; UserError listing those there are."""
        by_number = {segment.number: segment for segment in self.segments}
        if number not in by_number:
            numbers = ", ".join(map(str, by_number))
            raise UserError(f"{self.path}: no segment {number}; the song has {numbers}")
        return by_number[number]


def load_song(path: Path, project: Project) -> Song:
    """Read and check a song file. UserError names the file, the segment, the key, the remedy."""
    table = Table(read_song_file(path), str(path))
    table.allow_keys(SONG_KEYS)
    name = check_name(path.stem, f"{path}: the file's name")
    segments = table.value.get("segment")
    if not isinstance(segments, list) or not segments:
        raise table.error("segment", "the song has no segments; add at least one [[segment]]")
    if len(segments) > MAX_SEGMENTS:
        raise table.error("segment", f"more than {MAX_SEGMENTS} segments")
    shares = _song_shares(table, project)
    tables = [
        Table(value, f"{path}: segment {_describe_segment(value, place)}")
        for place, value in enumerate(segments, 1)
    ]
    loaded = tuple(_segment(segment, table, shares, project) for segment in tables)
    _check_unique_numbers(loaded, path)
    _check_shares_play(shares, loaded, table)
    return Song(
        name=name,
        path=path,
        title=table.string("title", required=True),
        style=compose(table.string("style")),
        results=_results(table, name, project),
        segments=loaded,
        baseline=_recording(table, None, None, project),
    )


def _results(song: Table, name: str, project: Project) -> Path:
    folder = song.string("results") or f"results/{name}"
    where = f"{song.where}: results"
    parts = folder.split("/")
    if parts[0] != "results":
        hint = f'is not below results/; write "results/{name}"'
        raise UserError(f"{where}: {shorten_repr(folder)} {hint}")
    for part in parts:
        check_name(part, where)
    return project.root / folder  # below results/ by its names; a link there is its owner's


def _check_unique_numbers(segments: tuple[Segment, ...], path: Path) -> None:
    seen: dict[int, Segment] = {}
    for segment in segments:
        twin = seen.setdefault(segment.number, segment)
        if twin is not segment:
            titles = f"{twin.title!r} and {segment.title!r}"
            message = f"two segments have number {segment.number} ({titles}); give each its own"
            raise UserError(f"{path}: {message}")


def _describe_segment(value: Any, place: int) -> str:
    number = value.get("number") if isinstance(value, dict) else None
    is_whole = isinstance(number, int) and not isinstance(number, bool)
    return shorten_repr(number) if is_whole else f"in place {place}"


def _segment(table: Table, song: Table, shares: Mapping[str, Share], project: Project) -> Segment:
    table.allow_keys(SEGMENT_KEYS | frozenset(MODELS))
    kind = table.string("kind", required=True)
    if kind not in KINDS:
        raise table.error("kind", f"no kind {shorten_repr(kind)}; {did_you_mean(kind, KINDS)}")
    lyrics = _lyrics(table)
    if kind in VOCAL_KINDS and not lyrics:
        raise table.error("lyrics", f'a {kind} is sung; add lyrics = "…" or kind = "instrumental"')
    if kind == "instrumental" and lyrics:
        raise table.error("lyrics", 'an instrumental has none; remove them or use kind = "verse"')
    style = compose(table.string("style") or song.string("style"))
    bpm = table.number("bpm", song.number("bpm", 120.0, *BPM_RANGE), *BPM_RANGE)
    seconds = table.number("seconds", None, *SECONDS_RANGE)
    draft = Segment(
        number=table.integer("number", 0, 9999),
        kind=kind,
        title=table.string("title", required=True),
        seconds=seconds,
        style=style,
        lyrics=lyrics,
        languages=table.string_list(
            "languages", song.string_list("languages", ("en",), "en"), "en"
        ),
        bpm=bpm,
        key=table.key(song.key("A minor")),
        baseline=_baseline(table, song, kind, project),
        models=(),
        meter=table.meter(song.meter("")),
    )
    models = tuple(
        _segment_model(table, draft, name, shares.get(name, {}), project)
        for name in _models_of(table, draft)
    )
    return replace(draft, models=models)


def _lyrics(table: Table) -> str:
    """The lyrics, composed; invisible characters, which come along when one pastes, are gone."""
    value = table.value.get("lyrics")
    if isinstance(value, str):
        table = Table({**table.value, "lyrics": compose(value)}, table.where)
    return table.string("lyrics", lines=True)


def _models_of(table: Table, segment: Segment) -> tuple[str, ...]:
    roles = {"vocal" if segment.lyrics else "instrumental"}
    roles |= {WHOLE} if segment.kind == WHOLE else set()
    suited = tuple(model.name for model in MODELS.values() if roles <= set(model.roles))
    typed = table.string_list("models", suited, suited[0])
    models = [find_model(name, f"{table.where}: models") for name in typed]
    names = tuple(dict.fromkeys(model.name for model in models))
    for name in names:
        if not segment.lyrics and "instrumental" not in MODELS[name].roles:
            raise table.error("models", f"{name} only sings and there are no lyrics; remove it")
    for name in sorted(set(table.value) & set(MODELS)):
        if name not in names:
            players = ", ".join(f'"{player}"' for player in (*names, name))
            hint = f"add it: models = [{players}]"
            raise table.error(name, f"settings of a model that does not play; {hint}")
    return names


def _song_shares(song: Table, project: Project) -> dict[str, Share]:
    """Settings of models for the whole song: the tables [models.<name>]."""
    value = song.value.get("models", {})
    if isinstance(value, list):
        hint = "settings for the whole song are a table: [models.bark]"
        raise song.error("models", f"which models play is said in a segment; {hint}")
    shares: dict[str, Share] = {}
    for key, settings in Table(value, f"{song.where}: models").value.items():
        name = find_model(key, f"{song.where}: models").name
        if name in shares:
            raise song.error("models", f"{name} has two tables; write one, [models.{name}]")
        table = Table(settings, f"{song.where}: models.{name}")
        if "prompt" in table.value:
            raise table.error("prompt", f"belongs to a segment; write it in [segment.{name}]")
        shares[name] = _share(table, MODELS[name], SONG_MODEL_KEYS, project)
    return shares


def _check_shares_play(
    shares: Mapping[str, Share], segments: tuple[Segment, ...], song: Table
) -> None:
    players = {model.model for segment in segments for model in segment.models}
    for name in shares:
        if name not in players:
            hint = f'add it to a segment, models = [… "{name}"], or remove them'
            raise song.error(f"models.{name}", f"settings of a model that plays nowhere; {hint}")


def _share(table: Table, model: ModelSpec, keys: frozenset[str], project: Project) -> Share:
    """What a model's table says, checked."""
    parameters = {parameter.name: parameter for parameter in model.parameters}
    table.allow_keys(keys | frozenset(parameters))
    for key in table.value:
        if key in parameters and (option := parameters[key].option):
            raise table.error(key, f"is for a command line alone: {option}; remove it here")
    share: dict[str, Any] = {
        key: parameters[key].job_value(value, project, f"{table.where}: {key}")
        for key, value in table.value.items()
        if key in parameters
    }
    if "checkpoint" in table.value:
        where = f"{table.where}: checkpoint"
        share["checkpoint"] = model.checkpoint(table.string("checkpoint"), where).name
    if "seconds" in table.value:
        share["seconds"] = table.number("seconds", None, *SECONDS_RANGE)
    if "seed" in table.value:
        share["seed"] = table.integer("seed", 0, MAX_SEED)
    return share


def _segment_model(
    table: Table, segment: Segment, name: str, for_song: Share, project: Project
) -> SegmentModel:
    """for_song: what holds for the whole song, where the segment says nothing of its own."""
    model = MODELS[name]
    own = Table(table.value.get(name, {}), f"{table.where}: {name}")
    share = {**for_song, **_share(own, model, MODEL_KEYS, project)}
    prompt = compose(own.string("prompt", lines=True))
    checkpoint = share.pop("checkpoint", "")
    return SegmentModel(
        model=name,
        checkpoint=checkpoint,
        prompt=prompt or _default_prompt(model, checkpoint, segment, table),
        seconds=share.pop("seconds", segment.seconds),
        seed=share.pop("seed", None),
        settings=share,
        own_prompt=bool(prompt),
    )


def _default_prompt(model: ModelSpec, checkpoint: str, segment: Segment, table: Table) -> str:
    """The prompt where the song file gives the model none of its own."""
    if prompt := model.default_prompt(model.checkpoint(checkpoint), segment):
        return prompt
    lyrics = shorten_repr(segment.lyrics)
    raise table.error("lyrics", f"nothing in them is sung, {lyrics}; add the words")


def _baseline(table: Table, song: Table, kind: str, project: Project) -> Baseline | None:
    own = "baseline" in table.value  # an empty one says that there is none, whatever the song says
    file = (table if own else song).string("baseline")
    start, end = table.time("start", LATEST), table.time("end", LATEST)
    if end is not None and (start or 0) >= end:
        raise table.error("end", f"{end:g} s is not after the start, {start or 0:g} s")
    is_whole = start is None and end is None
    if not file:
        if is_whole:
            return None
        key = "end" if start is None else "start"
        raise table.error(key, 'a stretch of which file? add baseline = "data/…"')
    if not own and is_whole and kind != WHOLE:
        raise table.error(
            "start",
            f"missing; say where in the song's baseline, {shorten_repr(file)}, this segment starts "
            'and ends, or add baseline = "" if it is not there',
        )
    return _recording(table if own else song, start, end, project)


def whole_baseline(song: Song, project: Project) -> Baseline:
    """The recording of the whole song: the file that the song names, else where one belongs."""
    name = f"data/baseline/{song.name}.wav"
    return song.baseline or Baseline(name, resolve_inside(project.root, name, str(song.path)))


def import_words(song: Song, segment: Segment) -> tuple[str, ...]:
    """The command that brings in a segment's baseline, or the whole song that it is a part of."""
    whole = song.baseline and segment.baseline and song.baseline.file == segment.baseline.file
    return "import-baseline", "FILE", *(() if whole else ("--segment", str(segment.number)))


def _recording(
    table: Table, start: float | None, end: float | None, project: Project
) -> Baseline | None:
    """The recording that a table names, or a stretch of it; None if it names none."""
    file, where = table.string("baseline"), f"{table.where}: baseline"
    if not file:
        return None
    path = resolve_inside(project.root, file, where)
    if path.is_dir():
        raise UserError(f"{where}: {shorten_repr(file)} is a folder; give the recording in it")
    return Baseline(file, path, start, end)
