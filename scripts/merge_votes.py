"""Merge the votes that listeners saved on the listening page. Runs in venv-analysis."""

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path

from secondtake.core.scripts import ANALYSIS, enter

if __name__ == "__main__":
    enter(ANALYSIS)

from secondtake.analysis.cli import parser, run
from secondtake.analysis.plots.preference_plot import drawn_questions, preference_plot
from secondtake.analysis.votes.vote_sentences import brief_lines, sentences
from secondtake.analysis.votes.vote_study import merged_votes, songs_named
from secondtake.core.errors import Exit, UserError
from secondtake.core.files import write_bytes
from secondtake.core.listening_file import ListeningFile, listening_path, read_listening
from secondtake.core.project import DEFAULT_SONG, SONG_SUFFIX, SONGS, Project
from secondtake.core.serialization import write_checked
from secondtake.core.song import Song
from secondtake.core.streams import print_json
from secondtake.core.take_facts import baseline_mark, maker_name
from secondtake.core.take_store import TakeStore
from secondtake.core.votes_file import VotesFile, as_json, preference_path, votes_path

DESCRIPTION = "Merge vote files of the blind test: who prefers what, and how surely?"
EPILOG = """\
The result is that of the files given, whatever was merged before: give all of them each time. A
vote that is in several files counts once. A file that is damaged, or of another page, is refused
and named, and the others count. docs/listening.md says whose votes are left out, and what the
figures mean. Writes <results>/votes/listening.json and the picture votes/preference.png and .svg.

exit code: 0 all files count, 1 some were refused, 2 none could be used, or bad input

examples:
  python scripts/merge_votes.py anna.json ben.json
  python scripts/merge_votes.py --song songs/other.toml --json votes/*.json
"""


def main(arguments: list[str] | None = None) -> int:
    """Run the program and return its exit code."""
    command = parser(DESCRIPTION, EPILOG)
    command.add_argument("files", nargs="+", type=Path, metavar="FILE", help="a vote file")
    command.add_argument("--json", action="store_true", help="print the result as JSON instead")
    options = command.parse_args(arguments)
    return run(
        lambda song, project: _merge(song, project, options), options.song, as_json=options.json
    )


def _merge(song: Song, project: Project, options: argparse.Namespace) -> int:
    _check_song(options.files, song, project)
    takes = TakeStore(song.results, song.name).takes.values()
    apart = {take.wav.sha256: maker_name(take) for take in takes if baseline_mark(take)}
    votes = merged_votes(options.files, song.name, _listening(song, project), apart)
    problems = [f"{file.file}: {file.why}" for file in votes.refused]
    if not votes.trials:
        why = "\n".join(problems) or "these files hold no votes that count"
        raise UserError(f"no votes to merge; nothing was written\n{why}")
    for problem in problems:
        print(f"refused: {problem}", file=sys.stderr)
    path = votes_path(song.results)
    _draw(votes, song.results)
    write_checked(path, as_json(song.name, votes))
    if options.json:
        print_json(as_json(song.name, votes))
    else:
        print("\n".join(brief_lines(sentences(votes))))
        print(f"votes: {project.relative(path)}")
    return Exit.FAILED if problems else Exit.DONE


def _check_song(files: Sequence[Path], song: Song, project: Project) -> None:
    """UserError if all files are about another song: it says how to name that one."""
    names = songs_named(files)
    if not names or song.name in names:
        return
    if len(names) > 1:
        raise UserError(f"these are votes on {', '.join(names)}: merge each song's by its --song")
    path = project.root / SONGS / f"{names[0]}{SONG_SUFFIX}"
    remedy = "--song and the path of that song's file"
    if path.is_file():
        remedy = f"--song {project.relative(path)}"
    is_default = song.path.resolve() == (project.root / DEFAULT_SONG).resolve()
    verb = "add" if is_default else f"they are not on {song.name}, so give"
    raise UserError(f"these are votes on {names[0]}: {verb} {remedy}")


def _listening(song: Song, project: Project) -> ListeningFile:
    """The page's clips, which votes name."""
    listening = read_listening(song.results, song.name)
    if listening.state != "ready":
        path = project.relative(listening_path(song.results))
        command = project.command("page", song=song.path)
        reason = {"absent": "there is none yet"}.get(listening.state, listening.state)
        raise UserError(f"{path}: {reason}; votes are on the clips of a page, so type: {command}")
    return listening


def _draw(votes: VotesFile, results: Path) -> None:
    """Write the picture, or remove it if there is too little to draw."""
    if not drawn_questions(votes):
        preference_path(results, "png").unlink(missing_ok=True)
        preference_path(results, "svg").unlink(missing_ok=True)
        return
    plot = preference_plot(votes)
    for path, data in (
        (preference_path(results, "png"), plot.png),
        (preference_path(results, "svg"), plot.svg),
    ):
        write_bytes(path, data)


if __name__ == "__main__":
    sys.exit(main())
