"""The take that a person means, looked up for whoever only reads it: its record, wherever it lies.

A record is enough. Where the song file is gone, or cannot be read, the takes are looked for in the
folder that was typed, and in the results folders that a song of this name has.
"""

from collections.abc import Callable, Collection, Iterator
from contextlib import suppress
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Literal

from secondtake.core.errors import UserError
from secondtake.core.project import SONG_SUFFIX, Project
from secondtake.core.song import Song, load_song
from secondtake.core.take_files import discarded_folder
from secondtake.core.take_store import TakeStore, read_folder
from secondtake.core.takes import Take, takes_folder
from secondtake.runner.keeping import named_take

WavState = Literal["whole", "missing", "damaged"]


@dataclass(frozen=True)
class FoundTake:
    """A name among a song's takes, and what is there of it."""

    project: Project
    store: TakeStore
    name: str
    song: Song | None  # None: its file cannot be read
    song_fault: str = ""  # why

    @property
    def is_discarded(self) -> bool:
        """True if it lies in the bin alone."""
        files = self.store.files
        return self.name not in {*files.takes, *files.damaged, *files.wavs} and (
            self.name in {*self.store.discarded.takes, *self.store.discarded.damaged}
        )

    @property
    def folder(self) -> Path:
        return (discarded_folder if self.is_discarded else takes_folder)(self.store.results)

    @property
    def take(self) -> Take | None:
        """Its record; None where there is none that can be read."""
        files = self.store.discarded if self.is_discarded else self.store.files
        return files.takes.get(self.name)

    @property
    def wav(self) -> Path:
        return self.folder / f"{self.name}.wav"

    @property
    def wav_state(self) -> WavState:
        """The state of its wav, held against its record."""
        if not self.wav.is_file():
            return "missing"
        return "whole" if self.take and self.store.matches(self.take, self.folder) else "damaged"

    @property
    def fault(self) -> str:
        """A sentence about a name that has no record to read."""
        files = self.store.discarded if self.is_discarded else self.store.files
        label = self.project.relative(self.wav.with_suffix(".json"))
        return files.damaged.get(self.name) or (
            f"{label}: there is no record, so nothing tells what {self.name} was made of"
        )

    def command(self, *words: str) -> str:
        """A command to type about its song."""
        path = self.song.path if self.song else self.project.root / "songs" / self.store.song
        return self.project.command(*words, song=path)


def find_take(
    project: Project,
    song_file: str,
    typed: str,
    jobs_of: Callable[[TakeStore], Collection[str]] = lambda store: (),
) -> FoundTake:
    """The take that is meant by `typed`, as `invoke keep` understands it.

    jobs_of: names of jobs that will do too. UserError if there is no such take.
    """
    song, fault = None, ""
    try:
        song = load_song(project.song(song_file), project)
        results, name = song.results, song.name
    except UserError as error:
        places = _places_without_song_file(project, song_file, typed)
        place = next(places, None)
        if place is None:
            raise
        (results, name), fault = place, str(error)
    store = TakeStore(results, name)
    name = named_take(project, store, typed, undo=True, more=jobs_of(store))
    found = FoundTake(project, store, name, song, fault)
    if song and found.take and found.take.job.song != song.name:
        fault = f"it is a take of another song, {found.take.job.song!r}"
        return replace(found, song=None, song_fault=fault)
    return found


def _places_without_song_file(
    project: Project, song_file: str, typed: str
) -> Iterator[tuple[Path, str]]:
    """Results folders, and the song of the take there that may be meant."""
    if "\0" in song_file + typed:
        return
    song, target = Path(song_file).name.removesuffix(SONG_SUFFIX), Path(typed).resolve()
    results = [target.parent.parent] if Path(typed).parent != Path() else []
    results += [project.results / song, project.root / song_file, project.results]
    for folder in results:
        for takes in (takes_folder(folder), discarded_folder(folder)):
            with suppress(OSError):  # a name that no folder can have
                for take in read_folder(takes).takes.values():
                    is_meant = take.name == target.stem and takes == target.parent
                    if is_meant or take.job.song == song:
                        yield folder, take.job.song
