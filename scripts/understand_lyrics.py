"""Write down which words of sung takes and their baselines are understood. In venv-lyrics."""

import sys

from secondtake.core.scripts import LYRICS, enter

if __name__ == "__main__":
    enter(LYRICS)

from secondtake.analysis.cli import parser, run
from secondtake.analysis.lyrics.asr import Transcriber, identity
from secondtake.analysis.lyrics.transcribe import summary_line, transcribe_song
from secondtake.analysis.lyrics.transcripts import transcript_path
from secondtake.core.errors import Exit, ModelError, exit_of
from secondtake.core.project import Project
from secondtake.core.song import Song

DESCRIPTION = "Listen to sung takes and their baselines, and compare the words with the lyrics."
EPILOG = """\
A recogniser (Whisper base) that never sees the lyrics writes down what it hears. Character and word
error rates, and which words went wrong, go to <results>/lyrics/<take>.json, what it makes of the
baseline of a sung segment to baseline_segment<N>.json beside it; docs/lyrics.md explains them. What
did not change is not heard again.

exit code: 0 done, 1 the recogniser cannot listen, 2 bad input, 3 its environment is not whole

examples:
  python scripts/understand_lyrics.py
  python scripts/understand_lyrics.py --song songs/other.toml
"""


def main(arguments: list[str] | None = None) -> int:
    """Run the program and return its exit code."""
    options = parser(DESCRIPTION, EPILOG).parse_args(arguments)
    return run(_understand, options.song)


def _understand(song: Song, project: Project) -> int:
    any_heard = False
    try:
        for understood in transcribe_song(
            song,
            identity(),
            lambda: Transcriber(project).transcribe,
            lambda name: print(f"    listening to {name}", file=sys.stderr, flush=True),
        ):
            any_heard = True
            print(summary_line(understood), flush=True)
    except ModelError as error:
        print(f"lyrics: {error.message}\n  → {error.hint}", file=sys.stderr)
        return exit_of(error)
    folder = project.relative(transcript_path(song.results, "").parent)
    print(f"figures: {folder}/" if any_heard else "nothing to listen to yet: no sung takes")
    return Exit.DONE


if __name__ == "__main__":
    sys.exit(main())
