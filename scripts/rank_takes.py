"""Rank a song's takes without its baseline, link the best. Runs in the runner's Python."""

import argparse
import sys
from pathlib import Path

from secondtake.core.command_line import CommandLine
from secondtake.core.scripts import RUNNER, enter

if __name__ == "__main__":
    enter(RUNNER)

from secondtake.core.errors import Exit, run_program
from secondtake.core.project import Project, find_project
from secondtake.core.ranking_file import RankedGroup, as_json, ranking_path
from secondtake.core.run_lock import locked_song
from secondtake.core.serialization import write_checked
from secondtake.core.song import Song
from secondtake.core.streams import print_json
from secondtake.core.take_facts import count_words, repaint_words, title_of
from secondtake.core.take_store import TakeStore
from secondtake.runner.rank_song import link_best, rank_song

DESCRIPTION = "Put the takes of every segment and model in order, and link the best of each."
EPILOG = """\
The rules know nothing of the baseline; docs/ranking.md explains them. They rest on the takes'
records, verification.json and lyrics/<take>.json; what is not there is said, and decides nothing.
Writes <results>/ranking.json and the links <results>/best/<model>_segment<N>_<kind>.wav.

exit code: 0 done, 1 a file could not be written, 2 bad input

examples:
  python scripts/rank_takes.py
  python scripts/rank_takes.py --song songs/other.toml --json
"""


def main(arguments: list[str] | None = None) -> int:
    """Run the program and return its exit code."""
    parser = CommandLine(DESCRIPTION, EPILOG)
    parser.add_song()
    parser.add_no_wait()
    parser.add_argument("--json", action="store_true", help="print the ranking as JSON instead")
    parser.add_argument("--quiet", action="store_true", help="print nothing but what went wrong")
    options = parser.parse_args(arguments)
    return run_program(lambda: _rank(find_project(Path(__file__)), options), as_json=options.json)


def _rank(project: Project, options: argparse.Namespace) -> int:
    with locked_song(project, options.song) as song:
        return _rank_song(song, project, options)


def _rank_song(song: Song, project: Project, options: argparse.Namespace) -> int:
    groups = rank_song(song)
    value = as_json(song.name, groups)
    path = ranking_path(song.results)
    write_checked(path, value)
    best = {_name(group): group.best for group in groups if group.best}
    for problem in link_best(song.results, best):
        print(f"warning: {problem.replace(f'{project.root}/', '')}", file=sys.stderr)
    if options.json:
        print_json(value)
    elif not options.quiet:
        _print_choices(groups, TakeStore(song.results, song.name))
        print(f"ranking: {project.relative(path)}")
    return Exit.DONE


def _name(group: RankedGroup) -> str:
    """The link's name, which is that of a first take."""
    return f"{group.model}_segment{group.segment}_{group.kind}"


def _print_choices(groups: list[RankedGroup], store: TakeStore) -> None:
    """A line for each segment and model with several takes."""
    made_of = {take.name: repaint_words(take, store.source_take) for take in store.takes.values()}
    several = [group for group in groups if len(group.takes) > 1]
    for group in several:
        first = group.takes[0]
        label = f"segment {group.segment}, {title_of(group.model)}"
        word = "best" if group.best else "none is usable; least bad"
        repaints = sum(bool(made_of[take.take]) for take in group.takes)
        count = count_words(len(group.takes), repaints) + ("," if repaints else "")
        best = f"{first.label}: {made_of[first.take]}" if made_of[first.take] else first.label
        print(f"{label}: {word} of {count} is {best} ({first.reason})")
        for sentence in group.set_aside:
            print(f"    {sentence}")
    if not several:
        print("nothing to choose: no segment has several takes by one model")


if __name__ == "__main__":
    sys.exit(main())
