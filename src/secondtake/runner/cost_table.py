"""The table of what a run costs, told before anything is built or fetched."""

from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace

from secondtake.core.formatting import format_bytes, format_duration
from secondtake.core.registry.all_models import MODELS
from secondtake.core.registry.spec import ModelSpec
from secondtake.runner.amounts import UNKNOWN
from secondtake.runner.costs import Costs
from secondtake.runner.display import Display


def show_costs(
    display: Display,
    costs: Costs,
    reasons: Mapping[str, Mapping[str, str]],
    blocked: Collection[str] = (),
) -> None:
    """A table of what is to do, why, and what it costs, in the order of the run; then the sum
    beside what is free.

    reasons: by model and name of a take. What is blocked is marked, and no part of the sum.
    """
    has_graphics = any(cost.graphics.memory for cost in costs.each)
    rows: list[list[str]] = []
    sources: dict[str, list[str]] = {}
    for cost in in_order(costs).each:
        why = Counter(reasons[cost.model].values())
        words = [f"{reason} ({n})" if len(why) > 1 else reason for reason, n in why.items()]
        mark = "■ " if cost.model in blocked else ""
        row = [f"{mark}{cost.title}", str(cost.time.takes), ", ".join(words)]
        row += [str(cost.download), str(cost.disk), format_bytes(cost.memory)]
        row += [cost.graphics.text] if has_graphics else []
        for seconds in (cost.time.seconds_a_take, cost.time.work_seconds):
            row.append(UNKNOWN if seconds is None else format_duration(seconds))
        rows.append(row)
        sources.setdefault(cost.time.source, []).append(cost.title)
    graphics = ["graphics"] if has_graphics else []
    columns = ["to do", "takes", "why", "download", "disk", "memory", *graphics, "a take", "in all"]
    display.table(columns, rows)
    for source, titles in sources.items():
        display.line(f"time of {', '.join(titles)}: {source}")
    for cost in in_order(costs).each:
        for warning in cost.graphics.warnings:
            display.line(f"{cost.title}: {warning}")
    ready = costs.without(blocked)
    if ready.each:
        display.line("without what is blocked (■):" if blocked else "together:")
        for line in ready.lines():
            display.line(f"    {line}")


def in_order(costs: Costs) -> Costs:
    """The same, in the order in which a run comes to the models."""
    checkpoints: dict[str, list[str]] = {}
    for cost in costs.each:
        checkpoints.setdefault(cost.model, []).append(cost.checkpoint)
    each = sorted(costs.each, key=lambda c: bytes_of(MODELS[c.model], checkpoints[c.model]))
    return replace(costs, each=tuple(each))


def bytes_of(model: ModelSpec, checkpoints: Sequence[str]) -> int:
    """Of environment and weights. The lightest model goes first, so that sound comes soon."""
    weights = (weight for name in checkpoints for weight in model.checkpoint(name).weights)
    return model.environment_bytes + sum(weight.bytes or 0 for weight in weights)
