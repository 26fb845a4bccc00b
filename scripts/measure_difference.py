"""Measure by how much a take made again differs from the first. Runs in venv-analysis."""

import argparse
import sys
from dataclasses import asdict
from pathlib import Path

from secondtake.core.command_line import CommandLine
from secondtake.core.scripts import ANALYSIS, enter

if __name__ == "__main__":
    enter(ANALYSIS)

from secondtake.analysis.audio_io import read
from secondtake.analysis.difference import measure_difference
from secondtake.core.errors import Exit, run_program
from secondtake.core.streams import print_json

DESCRIPTION = "By how much does the second file differ from the first, sample by sample?"
EPILOG = """\
max_abs: the largest difference of two samples, where full scale is 1. snr_db: the power of the
first over that of the difference; none where all samples are the same. log_mel_db: the mean
distance of the log-mel spectrograms (64 bands, windows of 2048 frames every 512, 80 dB deep).
Both need one sample rate; nothing is aligned. `invoke compare` asks what is alike in two
recordings; this asks whether two files are the same sound.

exit code: 0 measured, 2 bad input, 3 its environment is not built

example:
  python scripts/measure_difference.py --json first.wav again.wav
"""


def main(arguments: list[str] | None = None) -> int:
    """Run the program and return its exit code."""
    command = CommandLine(DESCRIPTION, EPILOG)
    command.add_argument("first", type=Path, help="the file that was there before")
    command.add_argument("second", type=Path, help="the file that is held against it")
    command.add_argument("--json", action="store_true", help="print the figures as JSON instead")
    options = command.parse_args(arguments)
    return run_program(lambda: _measure(options), as_json=options.json)


def _measure(options: argparse.Namespace) -> int:
    difference = measure_difference(read(options.first), read(options.second))
    if options.json:
        print_json(asdict(difference))
    else:
        snr = "–" if difference.snr_db is None else f"{difference.snr_db:.1f} dB"
        print(f"largest difference {difference.max_abs:.6f} of full scale")
        print(f"signal to difference {snr}")
        print(f"log-mel distance {difference.log_mel_db:.3f} dB")
        print("frames {} and {}".format(*difference.frames))
    return Exit.DONE


if __name__ == "__main__":
    sys.exit(main())
