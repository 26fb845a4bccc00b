"""Openly licensed music to measure with: what Debian packages for its games.

Fetched with apt-get into .cache/benchmarks/music, once; nothing of it is ever committed. A song is
a file of a minute or more; an album is one artist's work in one package. Needs a Debian or a system
that knows its packages (apt-get, dpkg-deb).
"""

import hashlib
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

from secondtake.analysis.audio_io import read_header
from secondtake.core.errors import UserError
from secondtake.core.files import sha256_of

FOLDER = Path(__file__).parents[2] / ".cache" / "benchmarks" / "music"
LEAST_SECONDS = 60.0  # four excerpts of 12 s and pauses of 2 s, without the fades
ENDINGS = frozenset({".ogg", ".opus", ".mp3", ".flac"})


@dataclass(frozen=True)
class Album:
    """One artist's music in one package: the files whose path contains `part`."""

    name: str
    package: str
    licence: str  # as the package's copyright file names it
    part: str = ""
    skipped: tuple[str, ...] = ()  # other versions of songs that are there already
    split: str = "design"  # or calibration, as in sung.py; of a package all or nothing


LONG = ("music000", "music001", "music002", "music003")  # of planetblupi: up to half an hour
ALBUMS = (
    Album("singularity", "singularity-music", "CC BY-SA 3.0"),
    Album("sectoid", "fretsonfire-songs-sectoid", "MIT", "song.ogg"),
    Album("muldjord", "fretsonfire-songs-muldjord", "CC BY-SA 3.0", "song.ogg"),
    Album("wesnoth", "wesnoth-1.16-music", "GPL-2+", "", ("frantic-old", "battle-epic")),
    Album("warzone original", "warzone2100-music", "GPL-2+", "original_soundtrack"),
    Album("warzone aftermath", "warzone2100-music", "GPL-2+", "aftermath_", ("_enhanced",)),
    Album("warzone legacy", "warzone2100-music", "GPL-2+", "legacy_soundtrack"),
    Album("hyperrogue", "hyperrogue-music", "CC BY-SA 3.0", "hr3-"),
    Album("savino", "hyperrogue-music", "CC BY-SA 3.0", "hr-savino-"),
    Album("domina", "hyperrogue-music", "CC BY-SA 3.0", "hr-domina-"),
    Album("asc", "asc-music", "GPL-2+"),
    Album("lincity", "lincity-ng-data", "GPL-2+", "music/default"),
    Album("drascula", "drascula-music", "Drascula License", "drascula/audio", (), "calibration"),
    Album("hedgewars", "hedgewars-data", "GFDL-1.3", "Data/Music", (), "calibration"),
    Album("marsshooter", "marsshooter-data", "CC BY-SA 3.0", "audio/music", (), "calibration"),
    Album("planetblupi", "planetblupi-music-ogg", "GPL-3+", "", LONG, "calibration"),
    Album("btanks", "btanks-data", "Battle Tanks License", "tunes", (), "calibration"),
)


@dataclass(frozen=True)
class Track:
    """A song of an album."""

    path: Path
    album: Album
    version: str  # of the package

    @property
    def title(self) -> str:
        """A name that no other track has."""
        parts = self.path.relative_to(FOLDER / self.album.package).parts
        last = self.path.stem if self.path.stem != "song" else parts[-2]
        return f"{self.album.name}: {last}"

    @property
    def provenance(self) -> dict[str, str]:
        """Source, author and bytes of the file."""
        return {
            "name": self.title,
            "package": self.album.package,
            "version": self.version,
            "licence": self.album.licence,
            "file": str(self.path.relative_to(FOLDER / self.album.package)),
            "sha256": sha256_of(self.path),
        }


def tracks() -> tuple[Track, ...]:
    """All songs, fetched if they are not here yet. UserError where there is no apt-get."""
    versions = {package: fetched(package) for package in sorted({a.package for a in ALBUMS})}
    return tuple(
        Track(path, album, versions[album.package])
        for album in ALBUMS
        for path in sorted((FOLDER / album.package).rglob("*"))
        if _is_song(path, album)
    )


def seeded(text: str) -> int:
    """A seed that belongs to a name, the same on every machine."""
    return int.from_bytes(hashlib.sha256(text.encode()).digest()[:4], "big")


def _is_song(path: Path, album: Album) -> bool:
    inside = str(path.relative_to(FOLDER / album.package))
    return (
        path.suffix.lower() in ENDINGS
        and album.part in inside
        and not any(one in path.name for one in album.skipped)
        and read_header(path).seconds >= LEAST_SECONDS
    )


def fetched(package: str) -> str:
    """Unpack a package into FOLDER unless it is there; its version."""
    target = FOLDER / package
    stamp = target / "VERSION"
    if stamp.is_file():
        return stamp.read_text(encoding="utf-8").strip()
    if not (shutil.which("apt-get") and shutil.which("dpkg-deb")):
        raise UserError("this benchmark's music comes from Debian: it needs apt-get and dpkg-deb")
    print(f"fetching {package} …", file=sys.stderr, flush=True)
    shutil.rmtree(target, ignore_errors=True)
    target.mkdir(parents=True)
    done = subprocess.run(
        ["apt-get", "download", "-qq", package], cwd=target, capture_output=True, text=True
    )
    found = sorted(target.glob("*.deb"))
    if done.returncode or not found:
        raise UserError(f"apt-get download {package} failed: {done.stderr.strip()}")
    subprocess.run(["dpkg-deb", "-x", str(found[0]), str(target)], check=True)
    field = subprocess.run(
        ["dpkg-deb", "-f", str(found[0]), "Version"], check=True, capture_output=True, text=True
    )
    found[0].unlink()
    stamp.write_text(field.stdout, encoding="utf-8")
    return field.stdout.strip()
