"""Write a song's pages from its records and files. Runs in the runner's Python."""

import argparse
import sys
from pathlib import Path

from secondtake.core.command_line import CommandLine
from secondtake.core.scripts import RUNNER, enter

if __name__ == "__main__":
    enter(RUNNER)

from secondtake.core.errors import Exit, run_program
from secondtake.core.project import Project, find_project
from secondtake.core.run_lock import locked_song
from secondtake.core.song import Song
from secondtake.runner.html_pages.listening_page import left_over
from secondtake.runner.progress_pages.pages import out_of_date, render, write

DESCRIPTION = (
    "Write PHASE1_PROGRESS.md to PHASE5_PROGRESS.md and listen.html beside a song's results."
)
EPILOG = """\
  1  baseline    the baseline recordings that are there, and how to import the others
  2  set-up      environments and weights on this machine
  3  generation  every take with its facts; what is blocked, why, and what to type
  4  analysis    the verdict on every file, and what the comparison found
  5  listening   the baseline and every take of each segment, as links

listen.html plays them side by side and holds blind tests; report.html (--html) is one page for a
talk, and written by every call once it is there.

The pages follow from the song file, the takes' records, the outcomes of the last run,
verification.json, ranking.json, analysis/comparison_results.json, listening/ and votes/. What is
missing is said on the page. A page that would not change is left untouched.

exit code: 0 done, 1 with --check if a page is out of date, 2 bad input

examples:
  python scripts/write_progress.py
  python scripts/write_progress.py --song songs/other.toml --check
"""


def main(arguments: list[str] | None = None) -> int:
    """Run the program and return its exit code."""
    parser = CommandLine(DESCRIPTION, EPILOG)
    parser.add_song()
    parser.add_no_wait()
    parser.add_argument(
        "--check", action="store_true", help="write nothing; exit 1 if a page is out of date"
    )
    parser.add_argument("--html", action="store_true", help="write report.html too")
    options = parser.parse_args(arguments)
    return run_program(lambda: _run(find_project(Path(__file__)), options))


def _run(project: Project, options: argparse.Namespace) -> int:
    with locked_song(project, options.song, writes=not options.check) as song:
        return _check(project, song) if options.check else _write(project, song, options.html)


def _write(project: Project, song: Song, html: bool) -> int:
    pages = render(song, project, html=html)
    for page in write(pages):  # progress, and no answer: from now on it is up to date
        print(f"    {project.relative(page)}: written", file=sys.stderr)
    for path in left_over(song.results, pages):
        path.unlink(missing_ok=True)
    first, *others = (path for path in pages if path.parent == song.results)
    print(f"up to date: {project.relative(first)}, {', '.join(path.name for path in others)}")
    return Exit.DONE


def _check(project: Project, song: Song) -> int:
    pages = render(song, project)
    changed = out_of_date(pages)
    for page in pages:
        state = "out of date" if page in changed else "up to date"
        print(f"{project.relative(page)}: {state}")
    return Exit.FAILED if changed or left_over(song.results, pages) else Exit.DONE


if __name__ == "__main__":
    sys.exit(main())
