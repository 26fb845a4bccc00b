"""The options of the verbs, parsed. Every mistake names the option and the remedy.

Invoke's positional arguments take one value each, and all must be there. So a verb for any number
of files declares as many as were typed: one for every word behind its name that is no option.
"""

import os
import sys
from collections.abc import Iterable
from itertools import pairwise
from typing import Any

from invoke.parser.argument import Argument
from invoke.tasks import Task

from secondtake.core.edits import editing_model, parse_edit
from secondtake.core.errors import UserError
from secondtake.core.plan import Request
from secondtake.core.registry.all_models import find_model
from secondtake.core.registry.spec import DEVICES
from secondtake.core.song import MAX_SEED
from secondtake.core.validation import did_you_mean, parse_time, shorten_repr

DIGITS = 10  # of the largest number; Python refuses to read one of thousands


def parse_request(
    models: str,
    takes: str,
    device: str,
    checkpoint: str,
    seed: str,
    repaint: str = "",
    of: str = "",
    from_baseline: bool = False,
) -> Request:
    """The request of --models a,b --takes 2 --checkpoint bark=small …, of all segments.

    One for an edit names the one model that makes it.
    """
    if device.lower() not in DEVICES:
        hint = did_you_mean(device, DEVICES)
        raise UserError(f"--device: no device {shorten_repr(device)}; {hint}")
    edit, names = parse_edit(repaint, of, from_baseline), parse_models(models)
    return Request(
        models=(editing_model(edit, names),) if edit else names,
        takes=parse_whole_number(takes, "--takes"),
        device=device.lower(),
        seed=parse_whole_number(seed, "--seed") if seed else None,
        checkpoints=parse_checkpoints(checkpoint),
        edit=edit,
    )


def parse_models(text: str) -> tuple[str, ...]:
    """The models of "bark,stable-audio"; all that exist for ""."""
    return tuple(find_model(name, "--models").name for name in _words(text))


def parse_checkpoints(text: str) -> dict[str, str]:
    """{"bark": "small"} of "bark=small"."""
    chosen = {}
    for word in _words(text):
        name, _, value = word.partition("=")
        if not value:
            wrong = shorten_repr(word)
            raise UserError(f"--checkpoint: {wrong} is not of the form model=checkpoint")
        model = find_model(name, "--checkpoint")
        chosen[model.name] = model.checkpoint(value, f"--checkpoint {model.name}").name
    return chosen


def time_arguments(**times: str) -> list[str]:
    """["--start=65.5"] of start="1:05.5", for a program of ours; nothing for ""."""
    return [f"--{name}={parse_time(text, f'--{name}')}" for name, text in times.items() if text]


def _words(text: str) -> list[str]:
    return [word for word in text.replace(",", " ").split() if word]


def parse_whole_number(word: str, option: str) -> int:
    """The number of "10"; UserError naming the option if it is none."""
    if not word.isascii() or not word.isdigit() or len(word) > DIGITS or int(word) > MAX_SEED:
        limits = f"from 0 to {MAX_SEED}"
        raise UserError(f"{option}: {shorten_repr(word)} is not a whole number {limits}")
    return int(word)


NO_WAIT = "SECONDTAKE_NO_WAIT"  # read by secondtake.core.run_lock, here and in programs of ours
FILE = "file"  # the argument of the task's body, which gets a tuple of names
NAMED = (f"--{FILE}=", f"-{FILE[0]}=")  # begin a file and its option in one word: --file=-a.wav
END = "--"  # behind it everything is a file, also what begins with a dash


class LockingTask(Task[Any]):
    """A task that may have to wait for another run (secondtake.core.run_lock): --no-wait."""

    def get_arguments(self, ignore_unknown_help: bool | None = None) -> list[Argument]:
        """The declared arguments, and --no-wait."""
        text = "end with exit code 4 where another run holds the lock"
        no_wait = Argument(
            names=("no-wait",), attr_name="no_wait", kind=bool, default=False, help=text
        )
        return [*super().get_arguments(ignore_unknown_help), no_wait]

    def __call__(self, *arguments: Any, **named: Any) -> Any:
        """Run the body; whatever it comes to lock knows whether it may wait."""
        if named.pop("no_wait", False):
            os.environ[NO_WAIT] = "1"
        return super().__call__(*arguments, **named)


class LetteredTask(LockingTask):
    """A task whose short options are letters.

    Invoke takes the first character of a name that is free, and where no letter before it is, the
    dash of --from-baseline: its short option would be --, behind which nothing is an option.
    """

    def get_arguments(self, ignore_unknown_help: bool | None = None) -> list[Argument]:
        """The arguments, without a short option that is a dash."""
        declared = super().get_arguments(ignore_unknown_help)
        for argument in declared:
            argument.names = tuple(name for name in argument.names if name != "-")
        return declared


class VariadicFilesTask(LockingTask):
    """A task whose body has the argument `file`: any number of names, among its other options."""

    def get_arguments(self, ignore_unknown_help: bool | None = None) -> list[Argument]:
        """As many positional arguments as there are files; `--file` where there are none."""
        declared = super().get_arguments(ignore_unknown_help)
        options = [argument for argument in declared if argument.name != FILE]
        before, _ = _typed(self.name, options)
        if not before:
            return declared
        others = ((f"{FILE}-{number}",) for number in range(2, len(before) + 1))
        names = ((FILE, FILE[0]), *others)
        return [*(Argument(names=name, positional=True) for name in names), *options]

    def __call__(self, *arguments: Any, **named: Any) -> Any:
        """Run the body with the names of all files, as they were typed."""
        before = [named.pop(name) for name in list(named) if name.partition("-")[0] == FILE]
        files = (*filter(None, before), *_typed(self.name, ())[1])
        return super().__call__(*arguments, **named, **{FILE: files})


def _typed(verb: str, options: Iterable[Argument]) -> tuple[list[str], list[str]]:
    """The files behind the verb on the command line: before a lone --, and after it.

    A word behind an option that takes a value is no file.
    """
    words = sys.argv[sys.argv.index(verb) + 1 :] if verb in sys.argv else []
    end = words.index(END) if END in words else len(words)
    names = [name for option in options if option.takes_value for name in option.names]
    valued = {f"-{name}" if len(name) == 1 else f"--{name}" for name in names}
    before = [
        word
        for last, word in pairwise(("", *words[:end]))
        if last not in valued and (not word.startswith("-") or word.startswith(NAMED))
    ]
    return before, words[end + 1 :]
