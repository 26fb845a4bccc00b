"""listen.html: the page with which a song's study is heard, and with which blind tests are held.

Everything is in the one file: the sounds as base64, pictures, script, style. Where that is more
than `limit`, every sound goes into a small script beside it, in listen/, which the page loads when
it is wanted: from file:// a page may load scripts, but read no file.
"""

import base64
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from secondtake.core.listening_file import (
    ListeningFile,
    clip_path,
    read_listening,
    spectrogram_height,
)
from secondtake.runner.html_pages.html import render_page
from secondtake.runner.html_pages.listening_data import SongClips, inline_clips
from secondtake.runner.html_pages.report_data import read_figures
from secondtake.runner.progress_pages.survey import SongStatus

PAGE, FOLDER = "listen.html", "listen"
LIMIT = 15_000_000  # bytes of the page: what a mail server takes, and a phone opens at once
BESIDE = re.compile(r"[0-9a-f]{12}\.js")
TICKS = [
    (text, round(spectrogram_height(hertz), 4))
    for text, hertz in (("250 Hz", 250), ("1 kHz", 1000), ("4 kHz", 4000), ("12 kHz", 12_000))
]
SCRIPTS = ("listen.js",)
STYLES = (
    "tokens.css",
    "listen_base.css",
    "listen_player.css",
    "listen_lanes.css",
    "listen_pictures.css",
    "listen_words.css",
    "blind.css",
)


def render(status: SongStatus, limit: int = LIMIT) -> dict[Path, str]:
    """The page and, where it would have more than `limit` bytes, the files beside it, by path.

    The page comes last: written in this order, it is never there without its sounds. The same
    records, takes and clips give the same bytes. Nothing is written.
    """
    listening = read_listening(status.folder, status.song.name)
    song = SongClips(status, listening, read_figures(status))
    segments = song.segments()
    sounds = {clip: _base64(status, listening, clip) for clip in inline_clips(segments)}
    study = {
        "study": listening.study if listening.state == "ready" else "",
        "song": status.song.name,
        "title": status.song.title,
        "again": song.prepare_command,
        "folder": None,
        "ticks": TICKS,
        "notice": _notice(listening, song),
        "segments": segments,
    }
    if sum(map(len, sounds.values())) < limit:
        page = _page(study, sounds)
        if len(page.encode(errors="backslashreplace")) <= limit:
            return {status.folder / PAGE: page}
    files = {status.folder / FOLDER / f"{clip}.js": _beside(text) for clip, text in sounds.items()}
    return {**files, status.folder / PAGE: _page({**study, "folder": FOLDER}, {})}


def left_over(results: Path, pages: Mapping[Path, str]) -> list[Path]:
    """The files of listen/ that these pages have no use for."""
    folder = results / FOLDER
    ours = (path for path in sorted(folder.glob("*.js")) if BESIDE.fullmatch(path.name))
    return [path for path in ours if path not in pages]


def _page(study: Mapping[str, Any], inline: Mapping[str, str]) -> str:
    return render_page(
        "listen.html.j2",
        SCRIPTS,
        STYLES,
        files_beside=study["folder"] is not None,
        study=study,
        inline=inline,
    )


def _base64(status: SongStatus, listening: ListeningFile, clip: str) -> str:
    """A clip's file; "" where it is gone, which the page says when it is to be played."""
    path = clip_path(status.folder, clip, listening.encoding)
    return base64.b64encode(path.read_bytes()).decode() if path.is_file() else ""


def _beside(text: str) -> str:
    """A script that hands a clip to whoever loads it; base64 ends no string."""
    clip = f'new CustomEvent("clip", {{ detail: "{text}" }})'
    return f"document.currentScript.dispatchEvent({clip});\n"


def _notice(listening: ListeningFile, song: SongClips) -> dict[str, str] | None:
    """What keeps the whole page silent, and what to type."""
    if listening.state == "ready":
        return None
    whys = {
        "absent": "The sounds of this page are not prepared yet.",
        "unreadable": f"listening.json cannot be read: {listening.why}",
        "other song": f"listening.json is of another song: {listening.why}",
    }
    return {"text": whys[listening.state], "command": song.prepare_command}
