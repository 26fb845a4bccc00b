"""Recordings whose prompts are public, out of clones of the repositories that hold both."""

import re
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

NOTE = "_prompt.txt"  # after a recording's name, in ACE-Step's repositories
# Folders whose notes say what was edited ("change lyrics", "variance=0.1") rather than a prompt.
EDITED = "Controlability-"
AUDIO = (".opus", ".mp3", ".flac", ".wav")
# A row of a table: the file that is played, and its prompt in the last cell.
ROW = re.compile(r'^\|.*src="(?P<file>audio/[^"]+)".*\|\s*(?P<prompt>[^|<]+?)\s*\|\s*$')
NO_MUSIC = "Generated Stereo Sounds"  # the title of the first column, from which on it is effects
CLONES = (
    "git clone https://github.com/ace-step/ace-step.github.io",
    "git clone https://github.com/ace-step/ace-step-v1.5.github.io",
    "git clone https://github.com/Stability-AI/stable-audio-demo",
)


@dataclass(frozen=True)
class PromptedFile:
    """A recording and the words that a model made it from."""

    source: str  # the folder of its repository
    path: Path
    prompt: str


def prompted_files(folder: Path) -> list[PromptedFile]:
    """Those of a clone, in the order of their names; none if it is of another repository."""
    pairs = [*_with_notes(folder), *_in_tables(folder / "README.md")]
    return [PromptedFile(folder.resolve().name, path, prompt) for path, prompt in pairs if prompt]


def commit_of(folder: Path) -> str:
    """The commit that is checked out in a clone; "no commit" in another folder."""
    command = ["git", "-C", str(folder), "rev-parse", "HEAD"]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    return done.stdout.strip() if done.returncode == 0 else "no commit"


def _with_notes(folder: Path) -> Iterator[tuple[Path, str]]:
    """raw/samples/<kind>/<name>_prompt.txt beside <format>/samples/<kind>/<name>.<format>."""
    for note in sorted(folder.glob(f"raw/samples/*/*{NOTE}")):
        name = note.name.removesuffix(NOTE)
        places = [folder / end[1:] / "samples" / note.parent.name / f"{name}{end}" for end in AUDIO]
        path = next(filter(Path.is_file, places), None)
        if path and not note.parent.name.startswith(EDITED):
            yield path, " ".join(note.read_text(encoding="utf-8").split())


def _in_tables(page: Path) -> Iterator[tuple[Path, str]]:
    if not page.is_file():
        return
    music, _, _ = page.read_text(encoding="utf-8").partition(NO_MUSIC)
    for match in filter(None, map(ROW.match, music.splitlines())):
        path = page.parent / match["file"]
        if path.is_file():
            yield path, match["prompt"]
