"""The verbs of secondtake: `invoke --list`, and `invoke --help VERB` for its options."""

from collections.abc import Callable

from invoke import Context, Exit, task

from secondtake.core.project import DEFAULT_SONG
from secondtake.runner import commands, maintenance
from secondtake.runner.options import (
    VariadicFilesTask,
    parse_checkpoints,
    parse_models,
    parse_request,
)

SONG = {"song": f"song file (default: {DEFAULT_SONG})"}
MODELS = {"models": "only these, e.g. bark,sketch (default: all)"}
CHECKPOINT = {"checkpoint": "other weights, e.g. bark=small,stable_audio=open-small"}
REQUEST = {
    **SONG,
    **MODELS,
    **CHECKPOINT,
    "segments": "only these numbers, e.g. 7,10 (default: all)",
    "takes": "how many takes of each segment (default: 1)",
    "device": "auto, cpu, cuda or mps (default: auto)",
    "seed": "seed of every first take (default: one of its own for each)",
    "force": "make up-to-date takes again",
    "dry_run": "say what would be made, and stop",
    "json": "print one JSON object on stdout; progress goes to stderr",
}


def _finish(command: Callable[[], int]) -> None:
    code = commands.run(command)
    if code:
        raise Exit(code=code)


@task(default=True, help=REQUEST)
def generate_all(
    c: Context, song=DEFAULT_SONG, models="", segments="", takes="1", device="auto", checkpoint="",
    seed="", force=False, dry_run=False, json=False,
):  # fmt: skip
    """The whole study: set up, fetch, generate, verify, understand, rank, analyse, report."""
    _finish(lambda: commands.study(
        song, parse_request(models, segments, takes, device, checkpoint, seed),
        evaluate=True, force=force, dry_run=dry_run, as_json=json,
    ))  # fmt: skip


@task(help=REQUEST)
def generate(
    c: Context, song=DEFAULT_SONG, models="", segments="", takes="1", device="auto", checkpoint="",
    seed="", force=False, dry_run=False, json=False,
):  # fmt: skip
    """Set up, fetch and generate, without judging the takes."""
    _finish(lambda: commands.study(
        song, parse_request(models, segments, takes, device, checkpoint, seed),
        evaluate=False, force=force, dry_run=dry_run, as_json=json,
    ))  # fmt: skip


@task(help={**MODELS, "json": "print the findings as JSON"})
def doctor(c: Context, models="", json=False):
    """Say what would run here and what stands in the way. Downloads nothing."""
    _finish(lambda: maintenance.examine(parse_models(models), as_json=json))


@task(help={"models": "only these, e.g. bark,lyrics (default: every model's, not lyrics)"})
def setup(c: Context, models=""):
    """Build environments ahead of time."""
    _finish(lambda: maintenance.setup(maintenance.environment_names(models)))


@task(help={**MODELS, **CHECKPOINT})
def fetch(c: Context, models="", checkpoint=""):
    """Fetch weights ahead of time."""
    _finish(lambda: maintenance.fetch(parse_models(models), parse_checkpoints(checkpoint)))


@task(help={**SONG, "json": "print the verdicts as JSON"})
def verify(c: Context, song=DEFAULT_SONG, json=False):
    """Check every take and baseline file, with a figure for every verdict."""
    _finish(lambda: commands.run_stage(song, "verify", ["--json"] if json else []))


@task(help=SONG)
def understand(c: Context, song=DEFAULT_SONG):
    """Listen for the lyrics in sung takes and baselines (after: invoke setup --models lyrics)."""
    _finish(lambda: commands.run_stage(song, "understand", []))


@task(help={**SONG, "json": "print the ranking as JSON"})
def rank(c: Context, song=DEFAULT_SONG, json=False):
    """Choose the best take of each segment without looking at the baseline; link it."""
    _finish(lambda: commands.run_stage(song, "rank", ["--json"] if json else []))


@task(
    help={
        **SONG,
        "naive": "add the first study's table, and what pink noise scores in it",
        "json": "print the comparison as JSON",
    }
)
def analyse(c: Context, song=DEFAULT_SONG, naive=False, json=False):
    """Compare every take with the baseline and with the control; draw the pictures."""
    options = ["--naive"] * naive + ["--json"] * json
    _finish(lambda: commands.run_stage(song, "analyse", options))


@task(help={**SONG, "check": "change nothing; exit 1 if a page is not up to date"})
def report(c: Context, song=DEFAULT_SONG, check=False):
    """Write the PHASE pages from the records."""
    _finish(lambda: commands.run_stage(song, "report", ["--check"] if check else []))


@task(
    positional=["file"],
    help={
        **SONG,
        "file": "a recording: wav, flac, ogg or mp3",
        "segment": "the segment whose baseline it is",
        "start": "where the segment starts in it, in seconds",
        "end": "where it ends, in seconds",
        "force": "replace the baseline file that is there, or import a file that is damaged",
    },
)
def import_baseline(c: Context, file, segment="", song=DEFAULT_SONG, start="", end="", force=False):
    """Cut a recording (your Suno export) into a segment's baseline file."""
    options = [f"--start={start}"] if start else []
    options += [f"--end={end}"] if end else []
    options += ["--force"] if force else []
    _finish(lambda: commands.import_baseline(song, file, segment, options))


@task(
    positional=["reference", "estimate"],
    help={
        "reference": "the baseline: wav, flac, ogg or mp3",
        "estimate": "the file to compare with it",
        "naive": "add the first study's table, and what pink noise scores in it",
        "json": "print the measurements as JSON",
        "picture": "draw both into this file, .png or .svg",
    },
)
def compare(c: Context, reference, estimate, naive=False, json=False, picture=""):
    """Compare two audio files that belong to no song: how close is the second to the first?"""
    _finish(lambda: commands.compare(reference, estimate, naive, json, picture))


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
    _finish(lambda: commands.check(file, json, expect))


@task(help={"all": "environments in use and caches as well", "yes": "really remove"})
def clean(c: Context, all=False, yes=False):
    """Say what can be removed and how much room that gives back; remove it with --yes."""
    _finish(lambda: maintenance.clean(everything=all, yes=yes))
