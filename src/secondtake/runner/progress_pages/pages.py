"""The pages of a song and where they go: five of markdown, the listening page, and the report."""

from collections.abc import Callable
from pathlib import Path

from secondtake.core.files import write_text
from secondtake.core.project import Project
from secondtake.core.song import Song
from secondtake.runner.html_pages import listening_page, report_page
from secondtake.runner.progress_pages import (
    phase1_baseline,
    phase2_setup,
    phase3_generation,
    phase4_analysis,
    phase5_listening,
)
from secondtake.runner.progress_pages.survey import SongStatus, survey

PAGES: dict[int, Callable[[SongStatus], str]] = {
    1: phase1_baseline.render,
    2: phase2_setup.render,
    3: phase3_generation.render,
    4: phase4_analysis.render,
    5: phase5_listening.render,
}


def page_path(results: Path, number: int) -> Path:
    return results / f"PHASE{number}_PROGRESS.md"


def render(song: Song, project: Project, *, html: bool = False) -> dict[Path, str]:
    """Every page's text by its path. Nothing is written.

    html: the report too. Once it is there it is a page like the others, and rendered always.
    """
    status = survey(song, project)
    pages = {page_path(song.results, number): page(status) for number, page in PAGES.items()}
    pages |= listening_page.render(status)
    report = report_page.report_path(song.results)
    if html or report.is_file():
        pages[report] = report_page.render(status)
    return pages


def out_of_date(pages: dict[Path, str]) -> list[Path]:
    """The pages whose files are missing or say something else."""
    return [
        path
        for path, text in pages.items()
        if not path.is_file() or path.read_bytes() != text.encode(errors="backslashreplace")
    ]


def write(pages: dict[Path, str]) -> list[Path]:
    """Write the pages; return those that changed. OSError if the folder cannot be written."""
    return [path for path, text in pages.items() if write_text(path, text)]
