"""The files of takes: put into place, set aside, discarded and restored.

A take is whole under its next name (wav first, record last) before its last name goes: a kill at
any moment loses none, and at worst leaves one under two names. A second name is a hard link, which
costs no room; where the file system has none, a copy.
"""

import hashlib
import os
import shutil
from contextlib import suppress
from dataclasses import replace
from pathlib import Path

from secondtake.core.errors import UserError
from secondtake.core.files import replacing, sha256_of
from secondtake.core.jobs import Job, inputs_hash
from secondtake.core.takes import (
    HASH_DIGITS,
    Take,
    read_record,
    takes_folder,
    wav_path,
    write_record_in,
)


def discarded_folder(results: Path) -> Path:
    """The bin of a song's takes, which `invoke clean` empties."""
    return results / "discarded"


def store_new(results: Path, take: Take, wav: Path) -> Take:
    """Store a new take under its job's name; `wav`, a file in the same folder, becomes its wav.

    A whole take that has the name is set aside, unless it sounds the same; anything else that has
    it goes to the bin.
    """
    folder, place = takes_folder(results), take.job.name
    holder = _whole_take(folder, place)
    same_sound = holder is not None and holder.wav.sha256 == take.wav.sha256
    free = not any(path.exists() for path in _pair(folder, place))
    if free or same_sound:
        stored = take.named(place)
        wav.replace(wav_path(results, place))
        write_record_in(folder, stored)
        return stored
    earlier = take.named(take.earlier_name)
    wav.replace(wav_path(results, earlier.name))
    write_record_in(folder, earlier)
    return put_in_place(results, earlier, take.job)


def put_in_place(results: Path, take: Take, job: Job) -> Take:
    """Give an earlier take of a job's inputs the name of the job; what has it is set aside."""
    folder = takes_folder(results)
    _make_room(results, job)
    if take.job.take != job.take:  # made for another place in the row
        own = replace(take.job, take=job.take)
        digest = inputs_hash(own, take.lock_sha256, take.weights)
        return _move(take, folder, replace(take, job=own, inputs_hash=digest).named(job.name))
    return _move(take, folder, take.named(job.name))


def discard_take(results: Path, take: Take) -> Path:
    """Move a take into the bin; its wav there."""
    folder = discarded_folder(results)
    discarded = take.named(take.earlier_name)
    _move(take, takes_folder(results), discarded, folder)
    return folder / discarded.wav.file


def restore_take(results: Path, take: Take) -> Take:
    """Move a take from the bin back: under its job's name if that is free, else as an earlier."""
    folder, place = takes_folder(results), take.job.name
    holder = _whole_take(folder, place)
    half_done = holder is not None and holder.wav.sha256 == take.wav.sha256
    free = half_done or not any(path.exists() for path in _pair(folder, place))
    restored = take.named(place if free else take.earlier_name)
    return _move(take, discarded_folder(results), restored, folder)


def discard_files(results: Path, name: str) -> list[Path]:
    """Move a name's files into the bin, where no whole take stands behind them; their new paths.

    The name there ends in the hash of the wav, or of the record where there is no wav.
    """
    record, wav = _pair(takes_folder(results), name)
    present = [path for path in (wav, record) if os.path.lexists(path)]
    if not present:
        return []
    folder = discarded_folder(results)
    folder.mkdir(parents=True, exist_ok=True)
    stem = f"{name}_{_digits(present[0])}"
    moved = [folder / f"{stem}{path.suffix}" for path in present]
    for path, target in zip(present, moved, strict=True):
        path.replace(target)
    return moved


def remove_second_name(results: Path, take: Take, holder: str) -> bool:
    """Remove an earlier take whose sound is whole under the name `holder` too; True if it was."""
    folder = takes_folder(results)
    whole = _whole_take(folder, holder)
    if whole is None or holder == take.name or whole.wav.sha256 != take.wav.sha256:
        return False
    for path in _pair(folder, take.name):
        path.unlink(missing_ok=True)
    return True


def _make_room(results: Path, job: Job) -> None:
    """Free a job's name: a whole take is set aside, anything else goes to the bin."""
    folder, name = takes_folder(results), job.name
    holder = _whole_take(folder, name)
    if holder:
        _move(holder, folder, holder.named(holder.earlier_name))
    elif not _is_second_name(folder, name):
        discard_files(results, name)


def _whole_take(folder: Path, name: str) -> Take | None:
    """The take of this name, if its record can be read and its wav is the recorded one."""
    record, wav = _pair(folder, name)
    with suppress(UserError, OSError):
        take = read_record(record)
        if sha256_of(wav) == take.wav.sha256:
            return take
    return None


def _is_second_name(folder: Path, name: str) -> bool:
    """True for a wav without a record whose take is whole under its earlier name: a move ended
    halfway."""
    record, wav = _pair(folder, name)
    if record.exists() or not wav.exists():
        return False
    return _whole_take(folder, f"{name}_{_digits(wav)}") is not None


def _digits(path: Path) -> str:
    """The first digits of a file's hash; of what cannot be read, those of a hash of its own."""
    try:
        digest = sha256_of(path)
    except OSError:  # a folder, a pipe, a link to nowhere
        digest = hashlib.sha256(repr(path.lstat()).encode()).hexdigest()
    return digest[:HASH_DIGITS]


def _pair(folder: Path, name: str) -> tuple[Path, Path]:
    """The record and the wav of this name."""
    return folder / f"{name}.json", folder / f"{name}.wav"


def _move(take: Take, folder: Path, moved: Take, target: Path | None = None) -> Take:
    """Make a take whole as `moved` in `target` (or in its own folder), then remove it here."""
    target = target or folder
    record, wav = _pair(folder, take.name)
    _second_name(wav, target / moved.wav.file)
    write_record_in(target, moved)
    record.unlink()
    wav.unlink()
    return moved


def _second_name(path: Path, name: Path) -> None:
    """Give a file a second name, in place of whatever has it."""
    name.parent.mkdir(parents=True, exist_ok=True)
    aside = name.with_name(f".{name.name}.{os.getpid()}.part")
    aside.unlink(missing_ok=True)
    try:
        aside.hardlink_to(path)
    except (OSError, NotImplementedError):
        with path.open("rb") as source, replacing(name, path.stat().st_size) as copy:
            shutil.copyfileobj(source, copy)
        return
    try:
        aside.replace(name)
    finally:
        aside.unlink(missing_ok=True)  # two names of one file: replacing left both
