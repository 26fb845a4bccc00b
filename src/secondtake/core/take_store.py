"""The takes of a song's results, read once: current, earlier, kept, damaged, and what is not ours.

A file is ours by its name (secondtake.core.takes.NAME). What a synchronised folder, a person or
the system put beside our files is listed, and ignored by everything that reads takes.
"""

from collections.abc import Iterable
from contextlib import suppress
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any

from secondtake.core.errors import UserError
from secondtake.core.file_hashes import MEMORY, FileHashes
from secondtake.core.formatting import natural_order
from secondtake.core.prompts.source_audio import SourceAudio
from secondtake.core.serialization import JsonFileError, read_checked, write_checked
from secondtake.core.take_files import discarded_folder, remove_second_name
from secondtake.core.takes import NAME, SHA256, Take, read_record, takes_folder

FORMAT = 2  # of kept.json; 1 had no checksum


@dataclass(frozen=True)
class FolderOfTakes:
    """The files of one folder, by the name of their take."""

    takes: dict[str, Take] = field(default_factory=dict)  # with a record that can be read
    damaged: dict[str, str] = field(default_factory=dict)  # why the record cannot be
    wavs: frozenset[str] = frozenset()
    foreign: tuple[str, ...] = ()  # whole file names

    def has(self, name: str) -> bool:
        """True if a record or a wav has this name, whatever it is worth."""
        return name in self.takes or name in self.damaged or name in self.wavs

    @property
    def records_without_wav(self) -> list[str]:
        return sorted({*self.takes, *self.damaged} - self.wavs, key=natural_order)

    @property
    def wavs_without_record(self) -> list[str]:
        return sorted(self.wavs - self.takes.keys() - self.damaged.keys(), key=natural_order)


def read_folder(folder: Path) -> FolderOfTakes:
    """Every record of a folder; empty if there is none. OSError if it cannot be listed."""
    takes: dict[str, Take] = {}
    damaged: dict[str, str] = {}
    wavs, foreign = set(), []
    for path in sorted(folder.iterdir()) if folder.is_dir() else []:
        ours = NAME.fullmatch(path.stem) is not None
        if ours and path.suffix == ".wav" and path.is_file():
            wavs.add(path.stem)
        elif ours and path.suffix == ".json":
            try:
                takes[path.stem] = read_record(path)
            except UserError as error:
                damaged[path.stem] = str(error)
        elif not (path.name.startswith(".") and path.suffix == ".part"):  # else one being written
            foreign.append(path.name)
    return FolderOfTakes(takes, damaged, frozenset(wavs), tuple(foreign))


class TakeStore:
    """The takes of a song's results, as they were when they were first asked for."""

    def __init__(self, results: Path, song: str, hashes: FileHashes | None = None) -> None:
        self.results, self.song = results, song
        self.hashes = hashes or FileHashes.load(results / MEMORY)
        self._whole: dict[str, bool] = {}

    @cached_property
    def files(self) -> FolderOfTakes:
        return read_folder(takes_folder(self.results))

    @cached_property
    def discarded(self) -> FolderOfTakes:
        """The bin."""
        return read_folder(discarded_folder(self.results))

    @cached_property
    def takes(self) -> dict[str, Take]:
        """The takes of this song by name, in the order of segment, model, number and name."""
        own = [take for take in self.files.takes.values() if take.job.song == self.song]
        own.sort(key=lambda t: (t.job.segment, t.job.model, t.job.take, t.is_earlier, t.name))
        return {take.name: take for take in own if not self._is_second_name(take)}

    @cached_property
    def by_job(self) -> dict[tuple[int, str], list[Take]]:
        """The takes by segment and model."""
        groups: dict[tuple[int, str], list[Take]] = {}
        for take in self.takes.values():
            groups.setdefault((take.job.segment, take.job.model), []).append(take)
        return groups

    @property
    def second_names(self) -> list[str]:
        """Names of takes that have another name as well: a move of theirs was interrupted."""
        return sorted(t.name for t in self.files.takes.values() if self._is_second_name(t))

    @property
    def other_songs(self) -> list[str]:
        """The names of takes that belong to another song."""
        return sorted(name for name, t in self.files.takes.items() if t.job.song != self.song)

    @cached_property
    def _kept_file(self) -> tuple[frozenset[str], str]:
        try:
            return read_kept(self.results, self.song), ""
        except UserError as error:
            return frozenset(), str(error)

    @property
    def kept(self) -> frozenset[str]:
        """The sha256 of the wavs that the user marked with `invoke keep`."""
        return self._kept_file[0]

    @property
    def troubles(self) -> list[str]:
        """Files that could not be read, with the remedy."""
        return [*self.files.damaged.values(), *filter(None, [self._kept_file[1]])]

    def is_kept(self, take: Take) -> bool:
        """True if the user keeps a take; an edit, which no plan asks for, is kept by itself."""
        by_itself = take.job.is_edit and not take.is_earlier
        return by_itself or take.wav.sha256 in self.kept

    def source_take(self, source: SourceAudio) -> Take | None:
        """The take whose sound an edit was made of, by its bytes: it may have another name now."""
        takes = [take for take in self.takes.values() if take.wav.sha256 == source.sha256]
        takes.sort(key=lambda take: (take.name != source.name, take.is_earlier))
        return next(iter(takes), None)

    def source_name(self, source: SourceAudio) -> str:
        """The name that an edit's source has now, or the one that it had, marked as gone."""
        take = self.source_take(source)
        return take.name if take else f"{source.label}, no longer here,"

    def is_whole(self, take: Take) -> bool:
        """True if the wav is there and is, byte for byte, the recorded one; each is read once."""
        if take.name not in self._whole:
            self._whole[take.name] = self.matches(take, takes_folder(self.results))
        return self._whole[take.name]

    @property
    def compared(self) -> list[Take]:
        """The takes that are judged against each other: all but the earlier ones not kept."""
        return [take for take in self.takes.values() if not take.is_earlier or self.is_kept(take)]

    def save_hashes(self) -> None:
        """Remember the hashes of files for the next reader, where the folder can be written."""
        if self.results.is_dir():
            with suppress(OSError):
                self.hashes.save()

    def remove_second_names(self) -> bool:
        """Remove the second names that interrupted moves left; True if there were any."""
        takes = [self.files.takes[name] for name in self.second_names]
        removed = [
            remove_second_name(self.results, take, self._holders[_sound(take)].name)
            for take in takes
        ]
        return any(removed)

    def matches(self, take: Take, folder: Path) -> bool:
        """True if the wav of a take in this folder is, byte for byte, the recorded one."""
        path = folder / take.wav.file
        try:
            has_size = path.stat().st_size == take.wav.bytes
            return has_size and self.hashes.sha256(path) == take.wav.sha256
        except OSError:
            return False

    @cached_property
    def _holders(self) -> dict[tuple[object, ...], Take]:
        """The takes under the names of jobs, by their sound."""
        takes = self.files.takes.items()
        return {
            _sound(take): take
            for name, take in takes
            if not take.is_earlier and name in self.files.wavs
        }

    def _is_second_name(self, take: Take) -> bool:
        """True for an earlier take that has the name of a job too."""
        return take.is_earlier and _sound(take) in self._holders


def _sound(take: Take) -> tuple[object, ...]:
    job = take.job
    return job.song, job.segment, job.model, job.kind, take.wav.sha256


def kept_path(results: Path) -> Path:
    return results / "kept.json"


def read_kept(results: Path, song: str) -> frozenset[str]:
    """The sha256 of the wavs of kept takes; empty without a file. UserError if it is damaged."""

    def parse(value: Any) -> frozenset[str]:
        if value["song"] != song:
            raise ValueError(f"it is about {value['song']}")
        if not all(map(SHA256.fullmatch, value["takes"])):
            raise ValueError("it names what is no sha256")
        return frozenset(value["takes"])

    path = kept_path(results)
    try:
        return read_checked(path, FORMAT, parse)
    except JsonFileError as error:
        if error.is_absent:
            return frozenset()
        remedy = "delete it, then mark the takes again: invoke keep TAKE"
        raise UserError(error.sentence(path, "a list of kept takes", remedy)) from None


def write_kept(results: Path, song: str, sha256s: Iterable[str]) -> bool:
    """Write which takes are kept; True if that changed the file."""
    value = {"format": FORMAT, "song": song, "takes": sorted(sha256s)}
    return write_checked(kept_path(results), value)
