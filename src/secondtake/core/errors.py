"""The errors that the project expects, each with what a person can do about it."""

from typing import Literal, get_args

Code = Literal[
    "no_token",  # a gated model, and no token to show
    "bad_token",  # the hub refuses the token
    "terms",  # the account has not accepted the model's licence
    "network",  # the hub cannot be reached, or answers with a fault of its own
    "disk",  # not enough room
    "memory",  # not enough memory
    "unsupported",  # the model cannot do what was asked
    "bad_weights",  # a weight file is missing, damaged, or not the one it should be
    "environment",  # the model's environment cannot be built
    "bug",  # anything that nobody expected
]
CODES: frozenset[str] = frozenset(get_args(Code))

# What a person or the machine's surroundings must change before the model can run at all.
BLOCKING: frozenset[str] = frozenset(
    {"no_token", "bad_token", "terms", "network", "disk", "memory", "environment"}
)


class UserError(Exception):
    """Bad input: the message names the file, the place and the remedy. Exit code 2."""


class ModelError(Exception):
    """A model cannot do a job. The code says which kind of reason, the hint what to do next."""

    def __init__(self, code: Code, message: str, hint: str = "") -> None:
        super().__init__(message)
        self.code: Code = code
        self.message = message
        self.hint = hint


class Exit:
    """Exit codes of every command (docs/commands.md)."""

    DONE = 0
    FAILED = 1
    BAD_INPUT = 2
    BLOCKED = 3
    LOCKED = 4
    INTERRUPTED = 130
    TERMINATED = 143
