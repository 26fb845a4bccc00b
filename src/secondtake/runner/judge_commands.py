"""The verbs about judges: have them hear a song, set them up."""

from collections.abc import Mapping

from secondtake.core.errors import Exit, ModelError, exit_of
from secondtake.core.formatting import join_words
from secondtake.core.licences import terms_of
from secondtake.core.project import Project
from secondtake.core.registry.all_judges import JUDGES, VARIABLE, chosen_judges, parse_judges
from secondtake.core.registry.judge import JudgeSpec
from secondtake.core.registry.spec import Checkpoint
from secondtake.runner.commands import open_song, run_locked_stage, run_stage, worst
from secondtake.runner.consent import declined, declined_error
from secondtake.runner.costs import cost_of, total
from secondtake.runner.display import Display
from secondtake.runner.doctor import CheckpointReport
from secondtake.runner.environments import is_built
from secondtake.runner.judging import JudgeRun, ready_judges
from secondtake.runner.preflight import preflight
from secondtake.runner.programs import prepare_model
from secondtake.runner.settings import Settings, open_project
from secondtake.runner.stages import LYRICS


def judge(song_file: str, judges: str) -> int:
    """Have judges hear what is new of a song: the named ("clap,lyrics"), or all that are set up.

    The words that were heard are then held against the lyrics. ModelError environment if a named
    one is not set up, or none is.
    """
    project, settings = open_project()
    names = tuple(parse_judges(judges, "--judges")) or tuple(JUDGES)
    with open_song(song_file) as (_, song):
        ready = list(ready_judges(project, settings, names))
        heard = {judge.name for judge, _ in ready}
        missing = [name for name in names if name not in heard]
        if missing and (judges or not ready):
            raise _not_set_up(missing)
        with Display() as display:
            runs = (JudgeRun(project, song, *each, display) for each in ready)
            codes = [run.to_the_end() for run in runs]
        if LYRICS in heard:
            codes.append(run_locked_stage(project, song, "understand", []))
    return worst(*codes)


def understand(song_file: str) -> int:
    """Have the judge of words hear what is new, where it is set up; then understand what was heard,
    now or before."""
    project, settings = open_project()
    if any(ready_judges(project, settings, (LYRICS,))):
        return judge(song_file, LYRICS)
    return run_stage(song_file, "understand", [])


def _not_set_up(names: list[str]) -> ModelError:
    left_out = [name for name in names if name not in chosen_judges()]
    if left_out:
        message = f"{join_words(left_out)}: left out by {VARIABLE}"
        return ModelError("environment", message, f"change {VARIABLE} in .env (.env.example)")
    message = f"{join_words(names)}: not set up here"
    return ModelError("environment", message, f"type: invoke setup --judges {','.join(names)}")


def set_up_judges(
    project: Project, settings: Settings, judges: Mapping[str, str], *, yes: bool
) -> int:
    """Build the environments of judges and fetch the weights of their checkpoints; the exit code.

    What each costs, and its licence, are told first; whoever calls has the lock.
    """
    wanted = [(JUDGES[name], JUDGES[name].checkpoint(judges[name])) for name in judges]
    code: int = Exit.DONE
    with Display() as display:
        blocked = _tell_costs(project, settings, wanted, display, yes=yes)
        for judge, checkpoint in wanted:
            title = judge.title_of(checkpoint)
            try:
                if judge.name in blocked:
                    raise blocked[judge.name]
                prepare_model(project, judge, [checkpoint.name], settings, display)
                display.line(f"✓ {title}: set up; it hears the takes of every run")
                if chosen_judges().get(judge.name) != checkpoint.name:
                    setting = f"{VARIABLE}={judge.name}={checkpoint.name}"
                    display.line(f"    → to have it asked, write into .env: {setting}")
            except ModelError as error:
                display.line(f"■ {title}: {error.message}\n    → {error.hint}")
                code = worst(code, exit_of(error))
    return code


def _tell_costs(
    project: Project,
    settings: Settings,
    wanted: list[tuple[JudgeSpec, Checkpoint]],
    display: Display,
    *,
    yes: bool,
) -> dict[str, ModelError]:
    """Say what judges download, under which licence; why each cannot be set up, by its name."""
    costs, blocked = [], dict[str, ModelError]()
    for judge, checkpoint in wanted:
        try:
            built = is_built(project, judge.name)
            access = preflight(project, judge, checkpoint, settings, environment_built=built)
            cost = cost_of(project, settings, judge, checkpoint, access=access)
        except ModelError as error:
            blocked[judge.name] = error
            continue
        costs.append(cost)
        display.line(f"{cost.title}: {judge.asks}")
        for line in cost.lines()[:-1]:  # the last is about takes
            display.line(f"    {line}")
        if checkpoint.note:
            display.line(f"    note: {checkpoint.note}")
        for terms in terms_of(checkpoint.licence):
            display.line(f"    licence of the weights: {terms.sentence}")
    together = total(project, costs)
    for line in together.download_lines() if together.download else ():
        display.line(line)
    titles = {cost.title: cost for cost in costs}
    refused = declined({t: c.download for t, c in titles.items() if c.download}, display, yes=yes)
    for title in refused:
        name = titles[title].model
        command = f"{JUDGES[name].setup_command} --yes"
        blocked[name] = declined_error(titles[title].download, command)
    return blocked


def judge_lines(report: CheckpointReport) -> list[str]:
    """A judge's state for people: set up, to be had, or blocked."""
    judge = JUDGES[report.model]
    head = f"{judge.name} ({report.checkpoint}): {judge.asks}"
    if report.code:
        return [f"■ {head}", f"    blocked: {report.message}", f"    → {report.hint}"]
    if not report.cost.download:
        return [f"✓ {head}: set up"]
    size, licence = report.cost.lines()[0], f"licence of the weights: {report.licence}"
    return [f"– {head}", f"    {size}; {licence}", f"    → {judge.setup_command}"]
