"""Write a song's PHASE progress pages from its records and files. Runs in the runner's Python."""

import sys
from pathlib import Path

from secondtake.core.command_line import CommandLine
from secondtake.core.scripts import RUNNER, enter

if __name__ == "__main__":
    enter(RUNNER)

from secondtake.core.errors import Exit, run_program
from secondtake.core.project import Project, find_project
from secondtake.core.song import load_song
from secondtake.runner.progress_pages.pages import out_of_date, render, write

DESCRIPTION = "Write PHASE1_PROGRESS.md to PHASE5_PROGRESS.md beside a song's results."
EPILOG = """\
  1  baseline    the baseline recordings that are there, and how to import the others
  2  set-up      environments and weights on this machine
  3  generation  every take with its facts; what is blocked, why, and what to type
  4  analysis    the verdict on every file, and what the comparison found
  5  listening   the baseline and every take of each segment, to play

The pages follow from the song file, the takes' records, the outcomes of the last run,
verification.json, ranking.json and analysis/comparison_results.json. What is missing is said on the
page. A page that would not change is left untouched.

exit code: 0 done, 1 with --check if a page is out of date, 2 bad input

examples:
  python scripts/write_progress.py
  python scripts/write_progress.py --song songs/other.toml --check
"""


def main(arguments: list[str] | None = None) -> int:
    """Run the program and return its exit code."""
    parser = CommandLine(DESCRIPTION, EPILOG)
    parser.add_song()
    parser.add_argument(
        "--check", action="store_true", help="write nothing; exit 1 if a page is out of date"
    )
    options = parser.parse_args(arguments)
    return run_program(lambda: _progress(find_project(Path(__file__)), options.song, options.check))


def _progress(project: Project, name: str, check: bool) -> int:
    song = load_song(project.song(name), project)
    pages = render(song, project)
    changed = out_of_date(pages) if check else write(pages)
    if not check:
        for page in changed:  # progress, and no answer: from now on it is up to date
            print(f"    {project.relative(page)}: written", file=sys.stderr)
        first, *_, last = pages
        print(f"up to date: {project.relative(first)} to {last.name}")
        return Exit.DONE
    for page in pages:
        state = "out of date" if page in changed else "up to date"
        print(f"{project.relative(page)}: {state}")
    return Exit.FAILED if changed else Exit.DONE


if __name__ == "__main__":
    sys.exit(main())
