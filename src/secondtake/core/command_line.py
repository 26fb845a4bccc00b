"""The command lines of scripts/: options with a nearest name for a misspelt one, --song, --json."""

import argparse
import re
import sys
from collections.abc import Sequence
from typing import Any, NoReturn

from secondtake.core.errors import Exit, UserError, print_error_object
from secondtake.core.project import DEFAULT_SONG
from secondtake.core.redaction import redact
from secondtake.core.run_lock import set_no_wait
from secondtake.core.streams import open_streams, wants_json
from secondtake.core.validation import parse_time, suggest_nearest

UNKNOWN = re.compile(r"unrecognized arguments: (.*)", re.DOTALL)
NO_CHOICE = re.compile(r"argument (\S+): invalid choice: '(.*)' \(choose from")


class CommandLine(argparse.ArgumentParser):
    """An argument parser whose complaint is one line, with the nearest name; exit code 2."""

    def __init__(self, description: str, epilog: str, **options: Any) -> None:
        options.setdefault("formatter_class", argparse.RawTextHelpFormatter)
        super().__init__(description=description, epilog=epilog, **options)
        self._words: Sequence[str] = ()

    def add_song(self) -> None:
        """Add --song."""
        text = "song: its name, file or folder (default: %(default)s)"
        self.add_argument("--song", default=DEFAULT_SONG, help=text)

    def add_no_wait(self) -> None:
        """Add --no-wait, which holds from the moment that it is read."""
        text = "end with exit code 4 where another run holds the lock"
        self.add_argument("--no-wait", action=_NoWait, nargs=0, help=text)

    def parse_known_args(self, args: Any = None, namespace: Any = None) -> Any:
        """Parse the words; from here on stdout and stderr take any text."""
        open_streams()
        self._words = sys.argv[1:] if args is None else list(args)
        return super().parse_known_args(args, namespace)

    def error(self, message: str) -> NoReturn:
        """Say what is wrong with the words, and end with exit code 2."""
        hint = redact(f"{self._nearest(message)}{self.prog} --help explains every option")
        message = redact(message)
        print(f"error: {message}\n  → {hint}", file=sys.stderr)
        if wants_json(self._words):
            print_error_object("bad_input", message, hint, Exit.BAD_INPUT)
        raise SystemExit(Exit.BAD_INPUT)

    def _nearest(self, message: str) -> str:
        """A question with the nearest option, or the nearest choice of one; "" if none is near."""
        if match := UNKNOWN.fullmatch(message):
            word = match[1].split()[0].partition("=")[0]
            return suggest_nearest(word, self._option_string_actions)
        if match := NO_CHOICE.match(message):
            action = self._option_string_actions.get(match[1].split("/")[0])
            return suggest_nearest(match[2], map(str, (action and action.choices) or ()))
        return ""


class _NoWait(argparse.Action):
    def __call__(self, *arguments: Any) -> None:
        set_no_wait()


def time_option(text: str) -> float:
    """A time on a command line, in seconds: 65, 1:05.5, 0:01:05."""
    try:
        return parse_time(text, "a time")
    except UserError as error:
        raise argparse.ArgumentTypeError(str(error)) from None
