"""Write down which words of sung takes and their baselines are understood. In venv-analysis."""

import sys

from secondtake.core.scripts import ANALYSIS, enter

if __name__ == "__main__":
    enter(ANALYSIS)

from secondtake.analysis.cli import parser, run
from secondtake.analysis.lyrics.transcribe import summary_line, transcribe_song
from secondtake.analysis.lyrics.transcripts import transcript_path
from secondtake.core.errors import Exit
from secondtake.core.project import Project
from secondtake.core.registry.all_judges import chosen_judges
from secondtake.core.registry.whisper import WHISPER
from secondtake.core.song import Song

DESCRIPTION = "Compare the words that the judge of words heard in takes with the lyrics."
EPILOG = """\
The judge (Whisper, which never sees the lyrics) has written down what it hears in sung takes and
their baselines: invoke judge --judges lyrics. Character and word error rates, and which words went
wrong, go to <results>/lyrics/<take>.json, what it makes of the baseline of a sung segment to
baseline_segment<N>.json beside it; docs/lyrics.md explains them. Nothing is listened to here.

exit code: 0 done, 2 bad input, 3 venv-analysis is not built

examples:
  python scripts/understand_lyrics.py
  python scripts/understand_lyrics.py --song songs/other.toml
"""
NOTHING = "nothing to compare yet: no sung takes"
OFF = "nothing to compare: the judge of words is off, and has heard none of these takes"


def main(arguments: list[str] | None = None) -> int:
    """Run the program and return its exit code."""
    options = parser(DESCRIPTION, EPILOG).parse_args(arguments)
    return run(_understand, options.song)


def _understand(song: Song, project: Project) -> int:
    checkpoint = chosen_judges().get(WHISPER.name)
    recordings = []
    for recording in transcribe_song(song, checkpoint):
        recordings.append(recording)
        print(summary_line(recording), flush=True)
    if any(recording.figures is not None for recording in recordings):
        print(f"figures: {project.relative(transcript_path(song.results, '').parent)}/")
    elif not recordings:
        print(NOTHING if checkpoint else OFF)
    return Exit.DONE


if __name__ == "__main__":
    sys.exit(main())
