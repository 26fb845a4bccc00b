"""The end of a run: what was made, what is blocked and the one next command, what to open."""

import os
import shlex
import sys
from collections import Counter
from collections.abc import Mapping
from dataclasses import replace

from secondtake.core.outcomes import Outcome
from secondtake.core.plan import Request
from secondtake.core.project import DEMO_SONG
from secondtake.core.registry.all_models import MODELS
from secondtake.core.streams import print_json
from secondtake.core.takes import takes_folder
from secondtake.runner.costs import cost_of, total
from secondtake.runner.stages import LISTENING
from secondtake.runner.study_run import StudyRun


def print_summary(study: StudyRun, stages: Mapping[str, int], code: int, *, as_json: bool) -> None:
    """For people, or one JSON object."""
    if as_json:
        value = {
            "song": study.song.name,
            "outcomes": {name: outcome.to_json() for name, outcome in study.outcomes.items()},
            "stages": dict(stages),
            "exit_code": code,
        }
        print_json(value)
        return
    print()
    for line in summary_lines(study, stages):
        print(line)


def summary_lines(study: StudyRun, stages: Mapping[str, int]) -> list[str]:
    """In this order: what to open, the takes, what failed, what is blocked, what to type next.

    stages: the exit code of each stage that ran.
    """
    states = Counter(outcome.status for outcome in study.outcomes.values())
    folder = study.project.relative(takes_folder(study.song.results))
    made, kept = states["done"], states["up_to_date"]
    lines = []
    if (page := study.song.results / LISTENING).is_file():
        lines.append(f"Listen: {study.project.relative(page)}")
    lines.append(f"Takes: {made} made, {kept} up to date, in {folder}/")
    if made and page.is_file() and not study.evaluate:  # whose pages no stage has written since
        what = "the new take is" if made == 1 else "the new takes are"
        to_hear, to_see = study.command("page"), study.command("report")
        lines.append(f"{what} not on the pages yet: {to_hear} to listen, {to_see} for the others")
    if failed := states["failed"]:
        lines.append(f"Failed (✗): {failed}; the reasons are above, and in the logs")
    if troubled := [stage for stage, ended in stages.items() if ended]:
        lines.append(f"Not in order: {', '.join(troubled)}; what is wrong is said above")
    if left := states["waiting"]:
        lines.append(f"Not made: {left}; --fail-fast ended the run, the same command goes on")
    if states["blocked"]:
        models = ", ".join(MODELS[name].title for name in _blocked(study))
        lines.append(f"Blocked (■): {states['blocked']}, of {models}; what helps is said above.")
        lines += ["Then type:", *_activation(), f"    {next_command(study)}"]
    is_demo = study.song.path.resolve() == (study.project.root / DEMO_SONG).resolve()
    if is_demo and not (states["failed"] or states["blocked"]):
        lines += _after_the_demo(study)
    return lines


def _activation() -> list[str]:
    """The command without which ours are not found; none where they are."""
    if "VIRTUAL_ENV" in os.environ or sys.prefix == sys.base_prefix:
        return []
    activate = shlex.quote(f"{sys.prefix}/bin/activate")
    return [f"    source {activate}"]


def _after_the_demo(study: StudyRun) -> list[str]:
    """The whole study, and the demo by each model that took no part, with what each downloads."""
    costs = {
        name: cost_of(study.project, study.settings, model, model.default)
        for name, model in MODELS.items()
    }
    commands = {"invoke generate-all": total(study.project, costs.values(), evaluate=True).download}
    for name in (name for name in MODELS if name not in study.request.models):
        commands[study.command("generate-all", "--models", name)] = costs[name].download
    width = max(map(len, commands))
    return [
        "Next, the study of a song by all models, or the demo by one more. Each says what it costs",
        "before it begins, and asks over 5 GB:",
        *_activation(),
        *(f"    {command:{width}}  # to download: {size}" for command, size in commands.items()),
    ]


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
    words = [word for option, value in chosen.items() if value for word in (option, value)]
    return [*words, *(request.edit.words if request.edit else [])]
