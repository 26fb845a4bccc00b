"""The verbs of secondtake: `invoke --list`, and `invoke --help VERB` for its options."""

import sys
from collections.abc import Callable
from functools import partial

from invoke import Collection, Context, Exit, task

from secondtake.core.project import DEFAULT_SONG
from secondtake.core.registry.all_judges import parse_judges
from secondtake.runner import commands, judge_commands, keeping, maintenance
from secondtake.runner import reproduce as reproduction
from secondtake.runner import why as story
from secondtake.runner.engines import parse_engine
from secondtake.runner.invoke_calls import refuse_wrong_call
from secondtake.runner.options import (
    LetteredTask,
    LockingTask,
    VariadicFilesTask,
    parse_checkpoints,
    parse_models,
    parse_request,
    time_arguments,
)
from secondtake.runner.program import print_version

SONG = {"song": f"song: its name, file or folder (default: {DEFAULT_SONG})"}
MODELS = {"models": "only these, e.g. bark,sketch (default: all)"}
CHECKPOINT = {"checkpoint": "another checkpoint, e.g. bark=small,stable_audio=open-small"}
YES = {"yes": "do not ask about a download of over 5 GB"}
FAILURES = {
    "fail_fast": "stop at the first take that fails",
    "retry_failed": "only takes that failed or were blocked in the last run",
}
ENGINE = {
    "workers": "models or takes at once: a number, or auto (default: 1; with ray: auto)",
    "engine": "local, or ray: the machines of a cluster (default: local)",
    "address": "with --engine ray: its address, or local (default: the cluster here)",
}
REQUEST = {
    **SONG,
    **MODELS,
    **CHECKPOINT,
    "segments": "only these, e.g. 7-10,12 or chorus (default: all)",
    "takes": "how many takes of each segment (default: 1)",
    "device": "auto, cpu, cuda or mps (default: auto)",
    "seed": "seed of every first take (default: one of its own for each)",
    **YES,
    "force": "make up-to-date takes again",
    "save": "write --checkpoint and --seed into the song file, for the segments asked for",
    "dry_run": "say what would be made, and stop",
    "json": "print one JSON object on stdout; progress goes to stderr",
    **FAILURES,
    **ENGINE,
    "repaint": "make a stretch of a take anew, as a take of its own: 6:9 or 1:05-1:10",
    "of": "with --repaint: of this take (default: the best)",
    "from_baseline": "a cover of the baseline, as a take of its own: not independent of it",
}
locking = partial(task, klass=LockingTask)
OPEN = {"open": "open the page in the browser when it is written"}


def _finish(command: Callable[[], int], json: bool = False) -> None:
    code = commands.run(command, as_json=json)
    if code:
        raise Exit(code=code)


@task(default=True, klass=LetteredTask, help={**REQUEST, **OPEN})
def generate_all(
    c: Context, song=DEFAULT_SONG, models="", segments="", takes="1", device="auto", checkpoint="",
    seed="", force=False, save=False, dry_run=False, json=False, yes=False, open=False,
    repaint="", of="", from_baseline=False, fail_fast=False, retry_failed=False, workers="",
    engine="local", address="",
):  # fmt: skip
    """The whole study: set up, fetch, generate, judge, and write the pages."""
    wanted = models, takes, device, checkpoint, seed, repaint, of, from_baseline
    _finish(lambda: commands.study(
        song, parse_request(*wanted), segments, evaluate=True, force=force, dry_run=dry_run,
        as_json=json, yes=yes, save=save, show=open, fail_fast=fail_fast, retry_failed=retry_failed,
        engine=parse_engine(engine, address, workers),
    ), json)  # fmt: skip


@task(klass=LetteredTask, help=REQUEST)
def generate(
    c: Context, song=DEFAULT_SONG, models="", segments="", takes="1", device="auto", checkpoint="",
    seed="", force=False, save=False, dry_run=False, json=False, yes=False,
    repaint="", of="", from_baseline=False, fail_fast=False, retry_failed=False, workers="",
    engine="local", address="",
):  # fmt: skip
    """Set up, fetch and generate, without judging the takes."""
    wanted = models, takes, device, checkpoint, seed, repaint, of, from_baseline
    _finish(lambda: commands.study(
        song, parse_request(*wanted), segments, evaluate=False, force=force, dry_run=dry_run,
        as_json=json, yes=yes, save=save, fail_fast=fail_fast, retry_failed=retry_failed,
        engine=parse_engine(engine, address, workers),
    ), json)  # fmt: skip


@locking(help={**{name: REQUEST[name] for name in ("force", "dry_run", "json")}, **OPEN})
def demo(c: Context, force=False, dry_run=False, json=False, open=False):
    """The whole study of a short song that ships with its baseline, by what is set up here."""
    _finish(lambda: commands.demo(force=force, dry_run=dry_run, as_json=json, show=open), json)


@task(
    help={
        **MODELS,
        "song": "a song file whose segments are looked at too (default: none)",
        "json": "print the findings as JSON",
    }
)
def doctor(c: Context, models="", song="", json=False):
    """Say what would run here and what stands in the way. Downloads nothing."""
    _finish(lambda: maintenance.examine(parse_models(models), as_json=json, song=song), json)


@locking(help={
    "models": "only these, e.g. bark,sketch (default: every model's)",
    "judges": "these as well, with their weights, e.g. clap,lyrics=large-v3-turbo",
    **YES,
})  # fmt: skip
def setup(c: Context, models="", judges="", yes=False):
    """Build environments ahead of time; set up judges, which are optional."""
    _finish(lambda: maintenance.setup(
        maintenance.environment_names(models), parse_judges(judges, "--judges"), yes=yes
    ))  # fmt: skip


@locking(help={**MODELS, **CHECKPOINT, **YES})
def fetch(c: Context, models="", checkpoint="", yes=False):
    """Fetch weights ahead of time."""
    _finish(lambda: maintenance.fetch(
        parse_models(models), parse_checkpoints(checkpoint), yes=yes
    ))  # fmt: skip


@locking(help={**SONG, "json": "print the verdicts as JSON"})
def verify(c: Context, song=DEFAULT_SONG, json=False):
    """Check every take and baseline file, with a figure for every verdict."""
    _finish(lambda: commands.run_stage(song, "verify", ["--json"] if json else []), json)


@locking(help={**SONG, "judges": "only these, e.g. clap,lyrics (default: all that are set up)"})
def judge(c: Context, song=DEFAULT_SONG, judges=""):
    """Have judges hear takes and baselines (after: invoke setup --judges NAME)."""
    _finish(lambda: judge_commands.judge(song, judges))


@locking(help=SONG)
def understand(c: Context, song=DEFAULT_SONG):
    """Listen for the lyrics in sung takes and baselines (after: invoke setup --judges lyrics)."""
    _finish(lambda: judge_commands.understand(song))


@locking(help={**SONG, "json": "print the ranking as JSON"})
def rank(c: Context, song=DEFAULT_SONG, json=False):
    """Choose the best take of each segment without looking at the baseline; link it."""
    _finish(lambda: commands.run_stage(song, "rank", ["--json"] if json else []), json)


@task(
    klass=VariadicFilesTask,
    help={
        **SONG,
        "file": "or just type the takes: invoke keep TAKE TAKE",
        "json": "print what was kept as JSON",
    },
)
def keep(c: Context, file="", song=DEFAULT_SONG, json=False):
    """Keep takes: ranked and compared whatever the plan asks for, never cleaned; undo a discard."""
    _finish(lambda: keeping.keep(song, file, json), json)


@task(
    klass=VariadicFilesTask,
    help={
        **SONG,
        "file": "or just type the takes: invoke discard TAKE TAKE",
        "json": "print what was discarded as JSON",
    },
)
def discard(c: Context, file="", song=DEFAULT_SONG, json=False):
    """Move takes into the bin, results/discarded, which invoke clean --yes empties."""
    _finish(lambda: keeping.discard(song, file, json), json)


@task(
    klass=LetteredTask,
    positional=["take"],
    help={
        **SONG,
        "take": "its name, its file, a link to it, or the eight digits of its name",
        "json": "print the result as JSON",
        "device": "cpu, cuda or mps (default: that of its record, if there is one here)",
        "keep": "a folder for what was made (default: it is removed again)",
    },
)
def reproduce(c: Context, take, song=DEFAULT_SONG, json=False, device="", keep=""):
    """Make a take again from its record alone; say how much it differs, and what changed since."""
    _finish(lambda: reproduction.reproduce(
        song, take, as_json=json, device=device, keep=keep
    ), json)  # fmt: skip


@task(
    positional=["take"],
    help={
        **SONG,
        "take": "its name, its file, its eight digits, or the name of a take that failed",
        "json": "print it as JSON",
    },
)
def why(c: Context, take, song=DEFAULT_SONG, json=False):
    """Tell everything that led to a take, in words."""
    _finish(lambda: story.why(song, take, as_json=json), json)


@locking(
    help={
        **SONG,
        "naive": "add the first study's table, and what pink noise scores in it",
        "json": "print the comparison as JSON",
    }
)
def analyse(c: Context, song=DEFAULT_SONG, naive=False, json=False):
    """Compare every take with the baseline and with the control; draw the pictures."""
    options = ["--naive"] * naive + ["--json"] * json
    _finish(lambda: commands.run_stage(song, "analyse", options), json)


@locking(
    help={
        **SONG,
        "lossless": "16-bit WAV, not MP3 of 160 kbit/s; eight times the size; later runs keep it",
        **OPEN,
    }
)
def page(c: Context, song=DEFAULT_SONG, lossless=False, open=False):
    """Write the listening page, results/listen.html: all versions, and blind tests."""
    _finish(lambda: commands.page(song, lossless=lossless, show=open))


@task(
    klass=VariadicFilesTask,
    help={
        **SONG,
        "file": "or just type the files: invoke votes anna.json ben.json",
        "json": "print the result as JSON",
    },
)
def votes(c: Context, file="", song=DEFAULT_SONG, json=False):
    """Merge the votes that listeners saved: who prefers what, and how surely."""
    _finish(lambda: commands.votes(file, song, json), json)


@locking(
    help={
        **SONG,
        "html": "write results/report.html too: one page for a talk, or to print",
        "check": "change nothing; exit 1 if a page is not up to date",
        **OPEN,
    }
)
def report(c: Context, song=DEFAULT_SONG, html=False, check=False, open=False):
    """Write the pages from the records."""
    _finish(lambda: commands.report(song, html=html, check=check, show=open))


@locking(
    positional=["file"],
    help={
        **SONG,
        "file": "a recording: wav, flac, ogg or mp3",
        "segment": "the segment whose baseline it is (default: it is the whole song's)",
        "start": "where the segment starts in it: 65.5 or 1:05.5",
        "end": "where it ends: 77 or 1:17",
        "force": "replace the baseline file that is there, or import a file that is damaged",
        "save": "name the whole song's baseline in the song file",
    },
)
def import_baseline(
    c: Context, file, segment="", song=DEFAULT_SONG, start="", end="", force=False, save=False
):  # fmt: skip
    """Make a recording (your Suno export) the song's baseline, or a cut of it a segment's."""
    switches = ["--force"] if force else []
    _finish(lambda: commands.import_baseline(
        song, file, segment, [*time_arguments(start=start, end=end), *switches], save
    ))  # fmt: skip


@locking(
    positional=["baseline", "take"],
    help={
        "baseline": "the file to compare with: wav, flac, ogg or mp3",
        "take": "the file whose closeness is asked for",
        "naive": "add the first study's table, and what pink noise scores in it",
        "json": "print the measurements as JSON",
        "picture": "draw both into this file, .png or .svg",
    },
)
def compare(c: Context, baseline, take, naive=False, json=False, picture=""):
    """Compare two audio files that belong to no song: how close is the second to the first?"""
    _finish(lambda: commands.compare(baseline, take, naive, json, picture), json)


@task(
    klass=VariadicFilesTask,
    help={
        "file": "or just type the files: invoke check a.wav b.flac",
        "expect": "vocal or instrumental: check that there is a voice, or that there is none",
        "json": "print the figures as JSON",
    },
)
def check(c: Context, file="", expect="", json=False):
    """Check any audio files for faults that can be measured: invoke check a.wav b.flac."""
    _finish(lambda: commands.check(file, json, expect), json)


@locking(
    help={
        "all": "environments in use and caches as well",
        "takes": "takes of segments and models that no song asks for: move them into the bin",
        "yes": "really remove",
    }
)
def clean(c: Context, all=False, takes=False, yes=False):
    """Say what can be removed and how much room that gives back; remove it with --yes."""
    _finish(lambda: maintenance.clean(everything=all, takes=takes, yes=yes))


@task
def version(c: Context):
    """Print the version of secondtake, of Python and the folder of this checkout."""
    _finish(print_version)


refuse_wrong_call(Collection.from_module(sys.modules[__name__]))
