"""The paths of a checkout, below the folder that holds noxfile.py."""

import os
import shlex
from dataclasses import dataclass
from pathlib import Path

from secondtake.core.checkout import MARKER, ROOT_VARIABLE, SONGS, cache_folder, checkout_above
from secondtake.core.errors import UserError
from secondtake.core.lock_names import lock_name
from secondtake.core.song_file import parse_toml
from secondtake.core.validation import MAX_REPR, did_you_mean, fold, shorten_repr

SONG_SUFFIX = ".toml"
DEFAULT_SONG = "songs/whispers_del_futuro.toml"
DEMO_SONG = "songs/demo.toml"  # `invoke demo`: its baseline lies beside it
ABOUT_MODELS = ("setup", "fetch", "doctor", "clean")  # verbs that take no song


@dataclass(frozen=True)
class Project:
    """Paths of one checkout. Nothing here writes a file."""

    root: Path

    @property
    def cache(self) -> Path:
        """Weights, converted checkpoints, features: all that can be fetched or made again."""
        return cache_folder(self.root)

    @property
    def results(self) -> Path:
        return self.root / "results"

    @property
    def hub_cache(self) -> Path:
        return self.cache / "huggingface"

    def song(self, typed: str) -> Path:
        """The song file that is meant: its path, its name, its folder or its results folder.

        Paths start where people stand, else at the project. UserError names the nearest song.
        """
        folders = (Path(typed).absolute(), self.root / typed)
        for path in folders:
            if _exists(path) and not path.is_dir():
                return path
        folded, known = fold(Path(typed).name.removesuffix(SONG_SUFFIX)), self._songs()
        if Path(typed).parent.name in ("", SONGS):
            alike = [path for path in known if fold(path.stem) == folded]
            if len(alike) == 1:
                return alike[0]
        for folder in filter(lambda path: "\0" not in str(path), folders):
            inside = sorted(folder.glob(f"*{SONG_SUFFIX}")) if _exists(folder) else []
            songs = [song for song in known if self._results(song) == folder.resolve()] or inside
            if len(songs) > 1:
                names = ", ".join(path.name for path in songs)
                raise UserError(f"{typed}: several songs belong to this folder; name one: {names}")
            if songs and folder != self.root:
                return songs[0]
        is_folder = any(map(_exists, folders))
        what = "no song belongs to this folder" if is_folder else "no such song file"
        suffix = SONG_SUFFIX if typed.endswith(SONG_SUFFIX) else ""
        hint = did_you_mean(Path(typed).name, [path.stem + suffix for path in known])
        is_short = typed.isprintable() and len(typed) <= MAX_REPR
        raise UserError(f"{typed if is_short else shorten_repr(typed)}: {what}; {hint}")

    def _songs(self) -> list[Path]:
        return sorted((self.root / SONGS).glob(f"*{SONG_SUFFIX}"))

    def _results(self, song: Path) -> Path | None:
        """The results folder of a song file; None where the file cannot be read."""
        try:
            written = parse_toml(song.read_text(encoding="utf-8-sig")).get("results")
        except (OSError, ValueError, RecursionError):
            return None
        folder = written if isinstance(written, str) else f"results/{song.stem}"
        return (self.root / folder).resolve()

    def script(self, model: str) -> Path:
        return self.root / "scripts" / f"generate_{model}.py"

    def judge_script(self, judge: str) -> Path:
        return self.root / "scripts" / f"judge_{judge}.py"

    def requirements(self, environment: str) -> Path:
        return self.root / "requirements" / f"{environment}.txt"

    def lock(self, environment: str) -> Path:
        """The lock that an environment is built from: the one that its variable chooses, if any."""
        return self.lock_file(lock_name(environment))

    def lock_file(self, name: str) -> Path:
        """A lock by its own name."""
        return self.root / "requirements" / f"{name}.lock"

    def environment(self, environment: str) -> Path:
        """The link that people type: venv-bark, venv-stable-audio, …"""
        return self.root / f"venv-{environment.replace('_', '-')}"

    def python(self, environment: str) -> Path:
        return self.environment(environment) / "bin" / "python"

    def weights_manifest(self, model: str, checkpoint: str) -> Path:
        """The list of a checkpoint's fetched files, with hashes (secondtake.core.weights)."""
        return self.cache / "weights" / f"{model}-{checkpoint}.json"

    def relative(self, path: Path) -> str:
        """`path` as people see it: relative to the project where it lies inside."""
        return str(path.relative_to(self.root)) if path.is_relative_to(self.root) else str(path)

    def command(self, *words: str, song: Path) -> str:
        """The command to type, quoted for a shell; it names the song where the verb needs it."""
        path, default = song.resolve(), (self.root / DEFAULT_SONG).resolve()
        named = words[0] not in ABOUT_MODELS and path != default
        return shlex.join(["invoke", *words, *(["--song", self.relative(path)] if named else [])])


def find_project(start: Path | None = None) -> Project:
    """The project of SECONDTAKE_ROOT, of `start`, or of the folder we stand in."""
    root = os.environ.get(ROOT_VARIABLE)
    inside = Path(root) if root else (start or Path.cwd())
    if folder := checkout_above(inside):
        return Project(folder)
    ours = checkout_above(Path(__file__))
    where = f"cd {shlex.quote(str(ours))}" if ours else "change into the project"
    raise UserError(
        f"{inside} is not inside a secondtake project (no folder above it holds {MARKER} and "
        f"{SONGS}/); {where}, or set {ROOT_VARIABLE} to it"
    )


def _exists(path: Path) -> bool:
    try:
        return path.exists()
    except (OSError, ValueError):  # a name that no file can have
        return False
