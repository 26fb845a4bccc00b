"""What is decided about downloads before the first byte: too little room is refused, and consent to
a large one is asked for once, on a terminal.
"""

import sys
from collections.abc import Mapping
from dataclasses import replace
from functools import reduce

from secondtake.core.errors import ModelError
from secondtake.core.formatting import format_bytes
from secondtake.runner.amounts import Amount
from secondtake.runner.costs import Costs
from secondtake.runner.display import Display
from secondtake.runner.preflight import MARGIN_BYTES, ROOM_HINT

LARGE_BYTES = 5_000_000_000  # together; less is fetched without a question
ASKED_FROM_BYTES = 500_000_000  # what needs less is not asked about, nor declined with the rest


def without_room(costs: Costs) -> dict[str, ModelError]:
    """By model, in the order of `costs`: the error of each for which the models before it leave no
    room. What several of them share is counted once."""
    errors: dict[str, ModelError] = {}
    for place, cost in enumerate(costs.each, 1):
        so_far = replace(costs, each=costs.each[:place]).without(errors)
        for disk, amount, free in so_far.disks:
            needed = amount.bytes + MARGIN_BYTES
            if cost.disk and needed > free:
                message = f"with {cost.title}, {format_bytes(needed)} are needed in all, "
                message += f"{format_bytes(free)} are free ({disk})"
                errors[cost.model] = ModelError("disk", message, ROOM_HINT)
    return errors


def declined(downloads: Mapping[str, Amount], display: Display, *, yes: bool) -> frozenset[str]:
    """The names of those whose download a person does not want; none where nobody was asked.

    downloads: by the names in the question.
    """
    together = reduce(Amount.__add__, downloads.values(), Amount())
    if yes or together.bytes <= LARGE_BYTES:
        return frozenset()
    asked = {name: each for name, each in downloads.items() if each.bytes >= ASKED_FROM_BYTES}
    names = ", ".join(f"{name} {format_bytes(each.bytes)}" for name, each in asked.items())
    if not (sys.stdin.isatty() and sys.stderr.isatty()):
        display.line(f"downloading {together} without asking, since there is no terminal: {names}")
        return frozenset()
    question = f"Download {together} ({names})? The others run without."
    if len(asked) == len(downloads):
        question = f"Download {together} ({names})?"
    return frozenset() if display.confirm(question) else frozenset(asked)


def declined_error(download: Amount, command: str) -> ModelError:
    """The error of whatever is not downloaded; `command` goes ahead all the same."""
    message = f"you answered no to a download of {download}"
    return ModelError("declined", message, f"if you want it after all: {command}")
