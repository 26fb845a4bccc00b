"""Make the baseline of songs/demo.toml anew: python -m benchmarks.demo_song [FILE]

Run by the tests' environment, which has numpy, soundfile and espeak-ng:

    .nox/tests/bin/python -m benchmarks.demo_song songs/demo.ogg

The same versions make the same samples; another version of the Vorbis encoder may write other bytes
of them. songs/README.md says what the recording is and what made the file that is kept.
"""

import sys
from pathlib import Path

from benchmarks.demo_song.mix import ogg_written, song

from secondtake.core.files import sha256_of


def main(arguments: list[str]) -> int:
    target = Path(arguments[0] if arguments else "songs/demo.ogg")
    ogg_written(target, song())
    print(f"{target}: {target.stat().st_size:,} bytes, sha256 {sha256_of(target)}")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
