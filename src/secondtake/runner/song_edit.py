"""Options of one call, written into the song file for good: --save.

Comments, order and layout of the file stay. The new text is loaded before it takes the file's
place: the jobs that were asked for must be the plan's own then, and all others what they were.
"""

import os
import sys
import tempfile
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import tomlkit
from tomlkit.exceptions import TOMLKitError
from tomlkit.items import AoT, Comment, InlineTable
from tomlkit.items import Table as TomlTable

from secondtake.core.errors import UserError
from secondtake.core.files import write_bytes
from secondtake.core.jobs import Job
from secondtake.core.plan import Request, list_jobs
from secondtake.core.project import Project
from secondtake.core.registry.all_models import MODELS
from secondtake.core.song import Song, load_song

BOM = b"\xef\xbb\xbf"  # Windows editors write it


@dataclass(frozen=True)
class Setting:
    """One key of the song file. segment: None for the whole song; model: "" for the song's own."""

    segment: int | None
    model: str
    key: str
    value: str | int | float

    def __str__(self) -> str:
        value = _toml(self.value)
        if not self.model:
            place = "" if self.segment is None else f"segment {self.segment}: "
            return f"{place}{self.key} = {value}"
        if self.segment is None:
            return f"[models.{self.model}] {self.key} = {value}"
        return f"segment {self.segment}: [segment.{self.model}] {self.key} = {value}"


def settings_to_save(
    song: Song, request: Request, typed: Mapping[str, Any] | None = None
) -> list[Setting]:
    """What a request says beyond the song file, and where it belongs; UserError if nothing.

    With segments, in their tables; else in the song's, and in every segment that has a value of its
    own. typed: parameters of the one model asked for, as they were given.
    """
    segments: dict[str, list[int]] = {}
    for job in list_jobs(song, replace(request, takes=1)):
        segments.setdefault(job.model, []).append(job.segment)
    options: dict[str, dict[str, Any]] = {model: {} for model in segments}
    for model, checkpoint in (request.checkpoints or {}).items():
        if checkpoint and model not in options:
            raise UserError(f"--save: {model} plays in none of the segments that were asked for")
        if checkpoint:
            options[model]["checkpoint"] = MODELS[model].checkpoint(checkpoint).name
    for values in options.values():
        values.update({} if request.seed is None else {"seed": request.seed})
        values.update(typed or {})
    settings = [
        Setting(number, model, key, value)
        for model, values in options.items()
        for key, value in values.items()
        for number in (segments[model] if request.segments else (None,))
    ]
    if not settings:
        raise UserError(
            "--save: nothing to save; give --checkpoint, --seed, or a model's parameter"
        )
    return settings


def save_request(
    song: Song,
    request: Request,
    settings: Sequence[Setting],
    project: Project,
    *,
    write: bool = True,
) -> Song:
    """Write a request's settings into its song file; the song as it is then.

    UserError, and nothing is written, if the file would not mean what was asked.
    """
    plain = replace(request, checkpoints=None, seed=None, settings=None)
    everything = Request(takes=request.takes)
    asked = {_identity(job): job for job in list_jobs(song, request)}
    wanted = {_identity(job): job for job in list_jobs(song, everything)} | asked

    def check(edited: Song) -> bool:
        jobs = {_identity(job): job for job in list_jobs(edited, everything)}
        own = {_identity(job): job for job in list_jobs(edited, plain)}
        return jobs == wanted and own == asked

    return _edit(song, settings, project, check, write=write)


def save_options(
    song: Song,
    request: Request,
    project: Project,
    typed: Mapping[str, Any] | None = None,
    *,
    write: bool = True,
) -> Song:
    """Write a request's options into its song file, and say so; the song as it is then.

    write: False only says what would be written. typed: parameters of the one model asked for.
    """
    settings = settings_to_save(song, request, typed)
    edited = save_request(song, request, settings, project, write=write)
    verb = "saved in" if write else "would be saved in"
    for setting in settings:
        print(f"{verb} {song.path}: {setting}", file=sys.stderr, flush=True)
    return edited


def save_baseline(song: Song, file: str, project: Project, *, write: bool = True) -> Song:
    """Name the recording of the whole song in its file; the song as it is then.

    Segments that had none have none still, baseline = "", until start and end say where they are.
    write: False only finds out if it can be done.
    """
    without = [segment.number for segment in song.segments if segment.baseline is None]
    settings = [Setting(None, "", "baseline", file)]
    settings += [Setting(number, "", "baseline", "") for number in without]
    if write:
        for setting in settings:
            print(f"saved in {song.path}: {setting}", file=sys.stderr, flush=True)

    def check(edited: Song) -> bool:
        named = edited.baseline is not None and edited.baseline.name == file
        return named and edited.segments == song.segments

    return _edit(song, settings, project, check, write=write)


def _identity(job: Job) -> tuple[str, int, int]:
    return job.model, job.segment, job.take


def _edit(
    song: Song,
    settings: Sequence[Setting],
    project: Project,
    check: Callable[[Song], bool],
    *,
    write: bool = True,
) -> Song:
    path = (project.root / song.path).resolve()  # a link stays one
    before = path.read_bytes()
    by_hand = f"write it yourself: {'; '.join(map(str, settings))}"
    try:
        data = _edited(before, settings)
        edited = _loaded(data, song, project)
    except (TOMLKitError, ValueError, TypeError, LookupError, AttributeError) as error:
        raise UserError(f"{song.path}: cannot be edited ({error}); {by_hand}") from None
    if not check(edited):
        raise UserError(f"{song.path}: would not mean what was asked; {by_hand}")
    if not write:
        return edited
    if path.read_bytes() != before:
        raise UserError(f"{song.path}: changed while it was edited; nothing was saved, try again")
    if not os.access(path, os.W_OK):
        raise UserError(f"{song.path}: is write-protected; {by_hand}")
    try:
        write_bytes(path, data)
    except OSError as error:
        raise UserError(f"{song.path}: cannot be written: {error.strerror}; {by_hand}") from None
    return load_song(song.path, project)


def _loaded(data: bytes, song: Song, project: Project) -> Song:
    """The song of an edited text, under its own name. UserError in the file's own words."""
    with tempfile.TemporaryDirectory() as folder:
        copy = Path(folder) / song.path.name
        copy.write_bytes(data)
        try:
            return load_song(copy, project)
        except UserError as error:
            message = str(error).replace(str(copy), str(song.path))
            raise UserError(f"--save: {message}") from None


def _edited(data: bytes, settings: Sequence[Setting]) -> bytes:
    """The file's bytes with the settings in their places; its mark and its line ends stay."""
    mark = BOM if data.startswith(BOM) else b""
    text = data.removeprefix(BOM).decode()
    is_windows = "\r\n" in text and text.count("\r\n") == text.count("\n")
    text = text.replace("\r\n", "\n") if is_windows else text
    for setting in settings:
        text = _with_setting(text, setting)
    return mark + (text.replace("\n", "\r\n") if is_windows else text).encode()


def _with_setting(text: str, setting: Setting) -> str:
    document = tomlkit.parse(text)
    if not setting.model and setting.segment is None:
        if setting.key not in document:
            return _with_song_key(text, f"{setting.key} = {_toml(setting.value)}\n")
        document[setting.key] = setting.value
        return document.as_string()
    if setting.segment is None and not _has_table(document, setting.model):
        text = _with_song_table(text, f"[models.{setting.model}]\n")
        document = tomlkit.parse(text)
    for table in _tables(document, setting):
        _put(table, setting.key, setting.value)
    return document.as_string()


def _toml(value: str | int | float) -> str:
    return tomlkit.item(value).as_string()


def _has_table(document: tomlkit.TOMLDocument, model: str) -> bool:
    models = document.get("models", {})
    return model in models or isinstance(models, InlineTable)


def _with_song_key(text: str, line: str) -> str:
    """The text with a line behind the song's own keys."""
    body = tomlkit.parse(text).body
    places = [place for place, (key, item) in enumerate(body) if key and not _is_table(item)]
    head = _head(text, places[-1] + 1 if places else 0)
    gap = "" if not head or head.endswith("\n") else "\n"
    return head + gap + line + text[len(head) :]


def _with_song_table(text: str, header: str) -> str:
    """The text with an empty table before the segments, and before the comment that is theirs."""
    body = tomlkit.parse(text).body
    tables = [place for place, (key, _) in enumerate(body) if key and key.key == "segment"]
    if not tables or not _is_table(body[tables[0]][1]):
        return f"{text.rstrip()}\n\n{header}"
    place = tables[0]
    while place and isinstance(body[place - 1][1], Comment):
        place -= 1
    head = _head(text, place)
    gap = "" if not head or head.endswith("\n\n") else "\n"
    return f"{head}{gap}{header}\n{text[len(head) :]}"


def _head(text: str, count: int) -> str:
    """The beginning of a text, up to so many items of its document."""
    document = tomlkit.parse(text)
    del document.body[count:]
    head = document.as_string()
    if not text.startswith(head):
        raise ValueError("its beginning is out of the ordinary")
    return head


def _is_table(item: Any) -> bool:
    return isinstance(item, (TomlTable, AoT)) and not getattr(item, "is_dotted", lambda: False)()


def _tables(document: tomlkit.TOMLDocument, setting: Setting) -> list[Any]:
    """The tables that a setting belongs into: made where it has none, and is to have one."""
    segments = list(document["segment"])
    if setting.segment is None:
        own = [segment[setting.model] for segment in segments if setting.model in segment]
        song = _sub_table(document["models"], setting.model)
        return [song, *(table for table in own if setting.key in table)]
    numbered = [segment for segment in segments if segment["number"] == setting.segment]
    if not setting.model:
        return numbered
    return [_sub_table(segment, setting.model) for segment in numbered]


def _sub_table(table: Any, name: str) -> Any:
    if name not in table:
        if isinstance(table, InlineTable):
            table[name] = tomlkit.inline_table()
        else:
            trailing = _cut_trailing(_body(table))[1]
            table.add(tomlkit.nl())
            table[name] = tomlkit.table()
            _body(table[name]).extend(trailing)
    return table[name]


def _put(table: Any, key: str, value: Any) -> None:
    """Set a key; a new one comes before the empty lines and comments at the table's end."""
    if key in table or isinstance(table, InlineTable):
        table[key] = value
        return
    body, trailing = _cut_trailing(_body(table))
    table[key] = value
    body.extend(trailing)


def _body(table: Any) -> list[Any]:
    return getattr(table.value, "body", [])  # a table of dotted keys has none


def _cut_trailing(body: list[Any]) -> tuple[list[Any], list[Any]]:
    """Take the empty lines and comments off a table's end, for they belong to what follows.

    They, and the body that they were at the end of.
    """
    if body and isinstance(body[-1][1], TomlTable) and _body(body[-1][1]):
        return _cut_trailing(_body(body[-1][1]))
    cut: list[Any] = []
    while body and body[-1][0] is None:
        cut.insert(0, body.pop())
    return body, cut
