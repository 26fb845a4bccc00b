"""Stamps: a stage that would find nothing new is not started; its last answer is given again.

A stamp holds a hash over all that a stage reads, one over all that it wrote, its printed answer and
its exit code. It is written last, and believed only while both hashes are those of the files as
they are now: a kill at any moment leaves a stamp that is true, or none. <results>/.stamps/ may be
deleted at any time; the stages are then done anew.
"""

import hashlib
import os
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import asdict, dataclass
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Any

from secondtake.core.environ import MARKER, SECRETS
from secondtake.core.errors import Exit
from secondtake.core.file_hashes import MEMORY, FileHashes
from secondtake.core.files import canonical
from secondtake.core.judgments import FOLDER as JUDGED
from secondtake.core.project import Project
from secondtake.core.registry.all_judges import SPECS
from secondtake.core.serialization import JsonFileError, from_dict, read_json, write_checked
from secondtake.core.song import Song
from secondtake.core.weights import read_manifest
from secondtake.runner import silence
from secondtake.runner.environments import ANALYSIS, environments
from secondtake.runner.settings import VARIABLES

FORMAT = 1
FOLDER = ".stamps"
RUNNER = ""  # the environment that we run in ourselves
IRRELEVANT = (*SECRETS, silence.VARIABLE)  # settings that change no result
UNREAD = ("logs", "discarded")  # in a song's results; hidden files are not read either
PAGES = ("PHASE*_PROGRESS.md", "listen.html", "listen", "report.html")
SHOWN = ("listening", "votes", *PAGES)  # what nothing but the pages reads


@dataclass(frozen=True)
class Stage:
    """A program that judges what was generated, by files in the song's results.

    Names there may be patterns, of files and folders. What is neither unread nor written is read.
    """

    environment: str
    script: str
    writes: tuple[str, ...]
    unread: tuple[str, ...] = ()


STAGES: Mapping[str, Stage] = {  # in the order in which each reads what the others wrote
    "understand": Stage(
        ANALYSIS,
        "understand_lyrics",
        ("lyrics",),
        ("outcomes", "verification.json", "ranking.json", "best", "analysis", *SHOWN),
    ),
    "verify": Stage(
        ANALYSIS,
        "verify_results",
        ("verification.json",),
        (JUDGED, "outcomes", "ranking.json", "best", "analysis", *SHOWN),
    ),
    "rank": Stage(
        RUNNER, "rank_takes", ("ranking.json", "best"), (JUDGED, "outcomes", "analysis", *SHOWN)
    ),
    "analyse": Stage(ANALYSIS, "analyse_results", ("analysis",), ("outcomes", *SHOWN)),
    "listen": Stage(
        ANALYSIS,
        "prepare_listening",
        ("listening",),
        (
            JUDGED,
            "outcomes",
            "verification.json",
            "ranking.json",
            "best",
            "analysis",
            "votes",
            *PAGES,
        ),
    ),
    "report": Stage(RUNNER, "write_progress", PAGES, (JUDGED,)),
}


@dataclass(frozen=True)
class Stamp:
    """One end of a stage."""

    reads: str  # a hash over all that it reads
    wrote: str  # and over all that it wrote
    exit_code: int
    answer: str  # what it printed on stdout


@dataclass(frozen=True)
class StageRun:
    """A stage that was run: its exit code, and what it printed."""

    exit_code: int
    out: bytes
    complaints: tuple[str, ...]  # lines on stderr that are no progress, which is indented

    @property
    def is_answer(self) -> bool:
        """True for an end that the same files lead to again.

        A verdict is one, good or bad. An error is none, and what was warned of is said anew.
        """
        if self.exit_code == Exit.DONE:
            return not any(line.startswith("warning:") for line in self.complaints)
        return self.exit_code == Exit.FAILED and not self.complaints


class Stamps:
    """The stamps of a song's stages."""

    def __init__(self, project: Project, song: Song) -> None:
        self.project, self.song = project, song
        self.hashes = FileHashes.load(song.results / MEMORY)
        self._results: dict[str, str] | None = None
        self._outside: list[Any] | None = None

    def answer(self, name: str, arguments: Sequence[str]) -> Stamp | None:
        """The stamp of a stage, if it would find everything as it left it."""
        stamp = _read(self.path(name, arguments))
        if stamp is None or (stamp.reads, stamp.wrote) != self.state(name, arguments):
            return None
        self._remember()
        return stamp

    def state(self, name: str, arguments: Sequence[str]) -> tuple[str, str]:
        """Two hashes: over everything that decides what a stage does, and over what it wrote."""
        stage = STAGES[name]
        reads, wrote = {}, {}
        for top, content in self._contents().items():
            if _fits(top, stage.writes):
                wrote[top] = content
            elif not _fits(top, stage.unread):
                reads[top] = content
        script = self._file(self.project.root / "scripts" / f"{stage.script}.py")
        packages = _runner_packages() if stage.environment == RUNNER else []
        facts = [FORMAT, name, list(arguments), reads, script, packages, self._surroundings()]
        return _hash(facts), _hash(wrote)

    def keep(self, name: str, arguments: Sequence[str], reads: str, run: StageRun) -> None:
        """Stamp a run, unless what it read (`reads`, before it began) has changed since.

        Where the results cannot be written there is no stamp, and the stage is run again.
        """
        self.look_again()
        now, wrote = self.state(name, arguments)
        if run.is_answer and now == reads:
            stamp = Stamp(reads, wrote, run.exit_code, run.out.decode(errors="surrogateescape"))
            with suppress(OSError):
                write_checked(self.path(name, arguments), asdict(stamp), compact=True)
        self._remember()

    def _remember(self) -> None:
        """Keep the hashes for the next reader, if there are results and they can be written."""
        if self.song.results.is_dir():
            with suppress(OSError):
                self.hashes.save()

    def look_again(self) -> None:
        """Read every file's state anew: something has run that may have written files."""
        self._results = self._outside = None

    def path(self, name: str, arguments: Sequence[str]) -> Path:
        return self.song.results / FOLDER / f"{''.join([name, *arguments])}.json"

    def _contents(self) -> dict[str, str]:
        """The state of every file and folder in the song's results, by its name there."""
        if self._results is None:
            entries = (entry for entry in _entries(self.song.results) if entry.name not in UNREAD)
            self._results = {entry.name: self._tree(Path(entry.path)) for entry in entries}
        return self._results

    def _tree(self, path: Path, *, is_inner: bool = False) -> str:
        """The state of a file, or of a folder with all that is below it. A link to a folder is
        followed where the results have it, and no further: it may lead back to where it is."""
        link = str(path.readlink()) if path.is_symlink() else ""
        if not path.is_dir():
            return link + self._file(path)
        if link and is_inner:
            return link
        try:
            inner = {entry.name: Path(entry.path) for entry in _entries(path)}
            return link + _hash({n: self._tree(p, is_inner=True) for n, p in inner.items()})
        except OSError as error:  # a folder that nobody may look into
            return f"{link}{type(error).__name__} {error.errno}"

    def _file(self, path: Path) -> str:
        """A file's hash, or the reason why there is none."""
        try:
            return self.hashes.sha256(path)
        except OSError as error:
            return f"{type(error).__name__} {error.errno}"

    def _surroundings(self) -> list[Any]:
        """All outside of the results: code, song, baselines, environments, weights, settings."""
        if self._outside is None:
            project, song = self.project, self.song
            files = [song.path, *_code(project.root / "src" / "secondtake")]
            files += {segment.baseline.file for segment in song.segments if segment.baseline}
            for name in environments():
                files += [project.lock(name), project.environment(name) / MARKER]
            self._outside = [
                {project.relative(path): self._file(path) for path in files},
                repr(song),  # with what its values stand for, such as the hash of a voice's file
                [project.environment(name).is_symlink() for name in environments()],
                list(_weights(project)),
                {name: os.environ.get(name, "") for name in VARIABLES if name not in IRRELEVANT},
            ]
        return self._outside


def _hash(value: Any) -> str:
    return hashlib.sha256(canonical(value).encode()).hexdigest()


def _fits(name: str, patterns: Sequence[str]) -> bool:
    return any(fnmatchcase(name, pattern) for pattern in patterns)


def _entries(folder: Path) -> "list[os.DirEntry[str]]":
    """What is in a folder, without hidden files: memories, and the rests of interrupted writes."""
    try:
        with os.scandir(folder) as entries:
            return [entry for entry in entries if not entry.name.startswith(".")]
    except FileNotFoundError:
        return []


def _code(folder: Path) -> Iterator[Path]:
    """Every file of our own, with the data beside the code."""
    for parent, folders, files in os.walk(folder):
        folders[:] = [name for name in folders if name != "__pycache__"]
        yield from (Path(parent, name) for name in files)


def _weights(project: Project) -> Iterator[tuple[str, str, str, int]]:
    """Every fetched weight file: its checkpoint, path, hash, and bytes on the disk."""
    for model in SPECS.values():
        for checkpoint in model.checkpoints:
            manifest = read_manifest(project, model.name, checkpoint.name)
            for file in manifest.files.values() if manifest else ():
                path = project.cache / file.path
                size = path.stat().st_size if path.is_file() else -1
                yield f"{model.name} {checkpoint.name}", file.path, file.sha256, size


def _runner_packages() -> list[str]:
    """The packages that we run with: the names of their folders have their versions."""
    folders = [Path(folder) for folder in sys.path if folder.endswith("site-packages")]
    names = sorted(entry.name for folder in folders for entry in _entries(folder))
    return [sys.version, *(name for name in names if name.endswith(".dist-info"))]


def _read(path: Path) -> Stamp | None:
    """The stamp of a file; None if it is absent or damaged, as if it had never been."""
    try:
        return read_json(path, lambda value: from_dict(Stamp, value))
    except JsonFileError:
        return None
