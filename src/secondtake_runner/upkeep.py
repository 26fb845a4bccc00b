"""The verbs around a study: set up and fetch ahead of time, look for what is wrong, make room."""

import json
from collections.abc import Mapping
from contextlib import ExitStack

from secondtake.ending import exit_of
from secondtake.errors import Exit, ModelError, UserError
from secondtake.licences import Terms, terms_of
from secondtake.models import MODELS
from secondtake.names import did_you_mean, shown
from secondtake.project import Project
from secondtake_runner import cleaning, doctor, environments
from secondtake_runner.access import check_access
from secondtake_runner.commands import begin, build_log, worst
from secondtake_runner.display import Display, size
from secondtake_runner.lock import NAME as LOCK_NAME
from secondtake_runner.lock import only_run
from secondtake_runner.study import fetch_weights, prepare_environment


def environment_names(text: str) -> tuple[str, ...]:
    """The environments of "bark,lyrics": of models, analysis, lyrics. () for ""."""
    names = tuple(word.strip().replace("-", "_") for word in text.split(",") if word.strip())
    known = environments.environments()
    for name in names:
        if name not in known:
            raise UserError(f"--models: no environment {shown(name)}; {did_you_mean(name, known)}")
    return names


def setup(named: tuple[str, ...]) -> int:
    """Build environments ahead of time: the named, or all models', and the analysis."""
    project, _ = begin()
    code: int = Exit.DONE
    names = {*(named or MODELS), environments.ANALYSIS}
    with Display() as display:
        for name in sorted(names, key=lambda name: (_weight(name), name)):
            label = project.environment(name).name
            was_built = environments.is_built(project, name)
            try:
                prepare_environment(project, name, build_log(project, name), display)
                display.line(f"✓ {label}: {'up to date' if was_built else 'built'}")
            except ModelError as error:
                display.line(f"■ {label}: {error.message}\n    → {error.hint}")
                code = Exit.BLOCKED
    return code


def fetch(models: tuple[str, ...], checkpoints: Mapping[str, str]) -> int:
    """Fetch weights ahead of time."""
    project, settings = begin()
    code: int = Exit.DONE
    with Display() as display:
        for name in models or tuple(MODELS):
            model = MODELS[name]
            checkpoint = model.checkpoint(checkpoints.get(name, ""))
            try:
                check_access(project, model, checkpoint, settings)
                fetch_weights(project, model, checkpoint.name, settings, display)
                what = "fetched and checked" if checkpoint.weights else "needs no weights"
                display.line(f"✓ {model.title} ({checkpoint.name}): {what}")
            except ModelError as error:
                display.line(f"■ {model.title}: {error.message}\n    → {error.hint}")
                code = worst(code, exit_of(error))
    return code


def examine(models: tuple[str, ...], *, as_json: bool) -> int:
    """Say what would run and what stands in the way; BLOCKED if a default checkpoint cannot."""
    project, settings = begin()
    findings = doctor.examine(project, settings, models)
    if as_json:
        print(json.dumps([finding.to_json() for finding in findings], indent=2))
    else:
        _print_findings(project, findings)
    blocked = any(finding.code and finding.default for finding in findings)
    return Exit.BLOCKED if blocked else Exit.DONE


def clean(*, everything: bool, yes: bool) -> int:
    """Say what can go and how much room that gives back; remove it only with `yes`."""
    project, _ = begin()
    things = cleaning.removable(project, everything=everything)
    for thing in things:
        shared = f" (and {size(thing.shared_bytes)} shared with uv's cache)"
        room = size(thing.bytes) + (shared if thing.shared_bytes else "")
        print(f"{project.relative(thing.path)}: {thing.what}, {room}")
    if not things:
        print("nothing to remove" if everything else "nothing to remove; --all looks at more")
    elif yes:
        with ExitStack() as held:  # no study may be using what goes
            for lock in sorted(project.results.rglob(LOCK_NAME)):
                held.enter_context(only_run(lock.parent))
            cleaning.remove(things)
        print(f"removed; {size(sum(thing.bytes for thing in things))} given back")
    else:
        total = size(sum(thing.bytes for thing in things))
        print(f"would give back {total}; nothing was removed, add --yes to do it")
    return Exit.DONE


def _weight(name: str) -> int:
    return MODELS[name].environment_bytes if name in MODELS else 0


def _known_terms(findings: list[doctor.Finding]) -> list[Terms]:
    """What the licences among these say, each once."""
    return list(dict.fromkeys(t for finding in findings for t in terms_of(finding.licence)))


def _print_findings(project: Project, findings: list[doctor.Finding]) -> None:
    for line in doctor.machine_lines(project):
        print(line)
    for finding in findings:
        mark = "■" if finding.code else "✓"
        print(f"\n{mark} {finding.model} ({finding.checkpoint})")
        print(f"    environment: {finding.environment}; weights: {finding.weights}")
        print(f"    memory while it runs: about {size(finding.memory_bytes)}")
        if finding.licence:
            print(f"    licence of the weights: {finding.licence}")
        if finding.experience:
            print(f"    time: {finding.experience}")
        if finding.code:
            print(f"    blocked: {finding.message}\n    → {finding.hint}")
        if finding.suggestion:
            print(f"    suggestion: {finding.suggestion}")
    for terms in _known_terms(findings):
        print(f"\n{terms.sentence}")
