"""Small public recordings, most of them sung, each at a pinned commit: sung_sources.tsv.

Fetched from GitHub into .cache/benchmarks/sung, once, and checked by sha256; nothing of them is
ever committed. Repositories are split into three sets that share none:

- design: whatever is chosen or learned (weights, thresholds, features) is chosen on these
- calibration: the floors that ship are made of these
- test: figures in docs/ are reported on these, and nothing is chosen on them
"""

import csv
import hashlib
import sys
import urllib.error
import urllib.parse
import urllib.request
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from benchmarks.analysis.corpus import FOLDER as MUSIC_FOLDER

from secondtake.core.errors import UserError
from secondtake.core.files import replacing, sha256_of

FOLDER = MUSIC_FOLDER.parent / "sung"
SOURCES = Path(__file__).with_name("sung_sources.tsv")
RAW = "https://raw.githubusercontent.com"
SPLITS = ("design", "calibration", "test")


@dataclass(frozen=True)
class Source:
    """A file of a repository at a commit. Fields are the columns of sung_sources.tsv."""

    split: str  # one of SPLITS, the same for all of a repository
    repo: str  # owner/name on GitHub
    commit: str
    file: str  # in the repository
    sha256: str
    kind: str  # sung, instrumental, acappella, speech
    language: str
    genre: str
    made_by: str
    licence: str
    group: str  # recordings of one song: second takes, edits, the same words by another model

    @property
    def path(self) -> Path:
        """The place of the fetched file."""
        return FOLDER / self.repo / self.file

    @property
    def name(self) -> str:
        """A name that no other recording has."""
        return f"{self.repo}: {self.file}"

    @property
    def provenance(self) -> dict[str, str]:
        """Source, author and bytes of the file."""
        names = ("repo", "commit", "file", "sha256", "made_by", "licence", "language", "genre")
        return {"name": self.name} | {name: getattr(self, name) for name in names}


@cache
def sources(table: Path = SOURCES) -> tuple[Source, ...]:
    """All sources, in the order of the table."""
    with table.open(encoding="utf-8", newline="") as rows:
        return tuple(Source(**row) for row in csv.DictReader(rows, delimiter="\t"))


def recordings(*splits: str) -> Iterator[Source]:
    """The sources of these splits (default: all), each fetched if it is not here yet.

    UserError if a file cannot be fetched, or is not the one that the table names.
    """
    for source in sources():
        if not splits or source.split in splits:
            fetch(source)
            yield source


def fetch(source: Source) -> None:
    """Put the source's file in its place unless it is there; UserError as of `recordings`."""
    checked = source.path.with_name(f".{source.path.name}.{source.sha256[:16]}")
    if checked.is_file() and source.path.is_file():
        return
    if not source.path.is_file():
        print(f"fetching {source.name} …", file=sys.stderr, flush=True)
        address = f"{RAW}/{source.repo}/{source.commit}/{urllib.parse.quote(source.file)}"
        try:
            with urllib.request.urlopen(address, timeout=60) as response:
                data = response.read()
        except (urllib.error.URLError, TimeoutError) as error:
            message = f"{address} cannot be fetched ({error}); put the file at {source.path}"
            raise UserError(message) from error
        if hashlib.sha256(data).hexdigest() != source.sha256:
            raise UserError(f"{address} holds another file than {SOURCES.name} names")
        with replacing(source.path) as file:
            file.write(data)
    if sha256_of(source.path) != source.sha256:
        raise UserError(f"{source.path} is not the file of {SOURCES.name}; delete it")
    checked.touch()
