"""The end of a run: what was made, what is blocked and the one next command, what to open."""

import os
import shlex
import sys
from collections import Counter
from collections.abc import Mapping
from dataclasses import replace

from secondtake.core.outcomes import Outcome
from secondtake.core.plan import Request
from secondtake.core.registry.all_models import MODELS
from secondtake.core.streams import print_json
from secondtake.core.takes import takes_folder
from secondtake.runner.study import StudyRun

OPEN = "PHASE5_PROGRESS.md"  # the takes to listen to, beside their baselines


def print_summary(study: StudyRun, stages: Mapping[str, int], code: int, *, as_json: bool) -> None:
    """For people, or one JSON object."""
    if as_json:
        value = {
            "song": study.song.name,
            "outcomes": {name: vars(outcome) for name, outcome in study.outcomes.items()},
            "stages": dict(stages),
            "exit_code": code,
        }
        print_json(value)
        return
    print()
    for line in summary_lines(study):
        print(line)


def summary_lines(study: StudyRun) -> list[str]:
    """In this order: the takes, what failed, what is blocked, what to type next and to open."""
    states = Counter(outcome.status for outcome in study.outcomes.values())
    folder = study.project.relative(takes_folder(study.song.results))
    made, kept = states["done"], states["up_to_date"]
    lines = [f"Takes: {made} made, {kept} up to date, in {folder}/"]
    if failed := states["failed"]:
        lines.append(f"Failed (✗): {failed}; the reasons are above, and in the logs")
    if states["blocked"]:
        models = ", ".join(MODELS[name].title for name in _blocked(study))
        lines.append(f"Blocked (■): {states['blocked']}, of {models}; what helps is said above.")
        lines += ["Then type:", f"    {next_command(study)}"]
        if "VIRTUAL_ENV" not in os.environ and sys.prefix != sys.base_prefix:
            activate = shlex.quote(f"{sys.prefix}/bin/activate")
            lines[-1:] = [f"    source {activate}", lines[-1]]
    if (page := study.song.results / OPEN).is_file():
        lines.append(f"Open: {study.project.relative(page)}")
    return lines


def next_command(study: StudyRun) -> str:
    """The command that goes on once a person has done what the first block asks for."""
    blocked = _blocked(study)
    (name, outcome) = next(iter(blocked.items()))
    match outcome.code:
        case "disk":
            return study.command("clean")
        case "environment":
            return study.command("setup", "--models", name)
        case "memory" if smaller := _smaller(study, name):
            chosen = {**(study.request.checkpoints or {}), name: smaller}
            request = replace(study.request, checkpoints=chosen)
            return study.command(study.verb, "--models", name, *_words(request))
        case "declined":
            names = ",".join(model for model, o in blocked.items() if o.code == "declined")
            return study.command(study.verb, "--models", names, *_words(study.request), "--yes")
    return study.command(study.verb, "--models", ",".join(blocked), *_words(study.request))


def _blocked(study: StudyRun) -> dict[str, Outcome]:
    """The blocked models, each with its outcome."""
    names = sorted(MODELS, key=len, reverse=True)  # a take's name begins with its model's
    return {
        next(model for model in names if take.startswith(f"{model}_")): outcome
        for take, outcome in study.outcomes.items()
        if outcome.status == "blocked"
    }


def _smaller(study: StudyRun, name: str) -> str:
    """The first checkpoint that needs less memory than the chosen one; "" if there is none."""
    model, low = MODELS[name], study.settings.low_memory
    chosen = model.checkpoint((study.request.checkpoints or {}).get(name, ""))
    room = chosen.needed_memory(low=low)
    fitting = (c.name for c in model.checkpoints if c.needed_memory(low=low) < room)
    return next(fitting, "")


def _words(request: Request) -> list[str]:
    """The options of a request, but for its models."""
    chosen = {
        "--segments": ",".join(map(str, request.segments)),
        "--takes": str(request.takes) if request.takes > 1 else "",
        "--seed": "" if request.seed is None else str(request.seed),
        "--device": "" if request.device == "auto" else request.device,
        "--checkpoint": ",".join(f"{m}={c}" for m, c in (request.checkpoints or {}).items()),
    }
    return [word for option, value in chosen.items() if value for word in (option, value)]
