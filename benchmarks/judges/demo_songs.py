"""Public recordings whose sung words are known, out of clones of the repositories that hold them.

Each is a row of benchmarks/analysis/sung_sources.tsv, known by its sha256, in a language of Latin
letters: what is written in others depends on the script that a recogniser chooses. Of recordings
of one song the first counts. Repositories of the design set are left out, and yuhui1038/Muse, whose
two English songs sing each other's lyrics: under its own number each has a CER of .68.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from html.parser import HTMLParser
from pathlib import Path

from secondtake.core.files import sha256_of

LANGUAGES = ("en", "es", "fr", "de", "it", "pt")
LEAST_WORDS = 20  # of lyrics; fewer are a refrain or a title


@dataclass(frozen=True)
class DemoSong:
    """A recording with what is sung in it."""

    repository: str
    split: str  # design, calibration or test: docs/lab/data-sets.md
    file: str  # its whole path
    language: str
    lyrics: str
    group: str  # of recordings of one song; "" for a song with one


def ace_step_lyrics(folder: Path, file: str) -> str:
    """Of opus/samples/<kind>/<song>.opus: raw/samples/<kind>/<song>.txt."""
    path = folder / Path("raw", *Path(file).parts[1:]).with_suffix(".txt")
    return path.read_text(encoding="utf-8") if path.is_file() else ""


def jamendo_lyrics(folder: Path, file: str) -> str:
    """Of mp3/<song>.mp3: lyrics/<song>.txt."""
    path = folder / "lyrics" / f"{Path(file).stem}.txt"
    return path.read_text(encoding="utf-8") if path.is_file() else ""


def levo_lyrics(folder: Path, file: str) -> str:
    """The first cell of the row of index.html in which the file is played; "" for a style prompt,
    in which other words are sung."""
    if "audioprompt" in file:
        return ""
    page = _Rows()
    page.feed((folder / "index.html").read_text(encoding="utf-8"))
    return next((lyrics for lyrics, files in page.rows if file in files), "")


class _Rows(HTMLParser):
    """The rows of a page's tables: the text of the first cell, the files that are played."""

    def __init__(self) -> None:
        super().__init__()
        self.rows: list[tuple[str, list[str]]] = []
        self._cells = 0

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag == "tr":
            self.rows.append(("", []))
            self._cells = 0
        self._cells += tag == "td"
        if tag == "source" and self.rows:
            self.rows[-1][1].append(dict(attrs).get("src") or "")

    def handle_data(self, data: str) -> None:
        if self.rows and self._cells == 1:
            lyrics, files = self.rows[-1]
            self.rows[-1] = lyrics + data, files


READERS: dict[str, Callable[[Path, str], str]] = {
    "ace-step/ace-step.github.io": ace_step_lyrics,
    "ace-step/ace-step-v1.5.github.io": ace_step_lyrics,
    "levo-demo/levo-demo.github.io": levo_lyrics,
    "f90/jamendolyrics": jamendo_lyrics,
}


def demo_songs(folders: Sequence[Path], most: int) -> list[DemoSong]:
    """At most so many songs of each repository, of those that are cloned in the folders.

    Runs in venv-analysis.
    """
    songs: list[DemoSong] = []
    for repository in READERS:
        of_repository: dict[str, DemoSong] = {}
        for song in _songs(folders, repository):
            of_repository.setdefault(song.group or song.lyrics, song)
        songs += list(of_repository.values())[:most]
    return songs


def _songs(folders: Sequence[Path], repository: str) -> Iterator[DemoSong]:
    from benchmarks.analysis.sung import sources  # needs what only venv-analysis has

    for source in sources():
        if source.repo != repository or source.language not in LANGUAGES:
            continue
        for path in (folder / source.file for folder in folders):
            if path.is_file() and sha256_of(path) == source.sha256:
                root = path.parents[len(Path(source.file).parts) - 1]
                lyrics = READERS[repository](root, source.file)
                if len(lyrics.split()) >= LEAST_WORDS:
                    facts = (str(path.resolve()), source.language, lyrics, source.group)
                    yield DemoSong(repository, source.split, *facts)
