"""Remedies: the steps and commands against each kind of block."""

from dataclasses import dataclass

from secondtake.core.registry.spec import Checkpoint, ModelSpec
from secondtake.runner.estimates import MemoryOption, memory_advice
from secondtake.runner.progress_pages.markdown import Markdown, address, code, size
from secondtake.runner.progress_pages.survey import SongStatus

JOIN = address("https://huggingface.co/join")
TOKENS = address("https://huggingface.co/settings/tokens")
LICENCE = Markdown("Accept the licence of {} on its page: {}")
MEMORY = Markdown("{} needs about {}: close other programs, or use a larger machine")
SMALLER = Markdown("Or take a smaller checkpoint: {} (about {})")
SLOWER = Markdown("Or set {} in `.env`: slower, about {}")
DOCTOR = "invoke doctor"


@dataclass(frozen=True)
class Remedy:
    """Steps, then commands to type."""

    steps: list[Markdown]
    commands: list[str]


def remedy(
    status: SongStatus,
    model: ModelSpec,
    checkpoint: Checkpoint,
    error: str,
    log: str,
    edit_command: str = "",
) -> Remedy:
    """The remedy against an error code (secondtake.core.errors.Code), for this model.

    edit_command: the command that makes what was stopped, if that is an edit.
    """
    steps, commands = _by_code(status, model, checkpoint, error)
    if log:
        link = status.link(status.project.root / log)
        steps = [*steps, Markdown("The whole story is in the log: {}").format(link)]
    consent = ["--yes"] if error == "declined" else []
    again = status.command("generate-all", "--models", model.name, *consent)
    if edit_command:
        again = " ".join([edit_command, *consent])
    return Remedy(steps, [*commands, again])


def _by_code(
    status: SongStatus, model: ModelSpec, checkpoint: Checkpoint, error: str
) -> tuple[list[Markdown], list[str]]:
    guide = status.link(status.project.root / "docs" / "HUGGINGFACE_SETUP.md")
    more = Markdown("More in {}").format(guide)
    gated = LICENCE.format(checkpoint.title, address(checkpoint.gate))
    licence = [gated] if checkpoint.gate else []
    match error:
        case "no_token":
            put = "Put it into the file `.env` as `HF_TOKEN=hf_…` (or type `hf auth login` instead)"
            steps = [
                Markdown("Create a Hugging Face account, if you have none: {}").format(JOIN),
                *licence,
                Markdown("Create a token of type *Read*: {}").format(TOKENS),
                Markdown(put),
                Markdown("Each of these steps explained: {}").format(guide),
            ]
            return steps, ["test -e .env || cp .env.example .env", "chmod 600 .env"]
        case "bad_token":
            new = Markdown("Create a new token of type *Read*: {}").format(TOKENS)
            put = "Put it into `.env` as `HF_TOKEN=hf_…`, in place of the one that was refused"
            return [new, Markdown(put), more], []
        case "terms":
            return [*licence, more], []
        case "network":
            check = (
                "Check that this machine reaches the network; if `HF_ENDPOINT` is set in `.env`, "
                "check that it is right"
            )
            return [Markdown(check), Markdown("What was fetched already is kept")], [DOCTOR]
        case "disk":
            room = "Make room: the first command says what can go and how much each gives back"
            move = "Or move the cache to a larger disk: `SECONDTAKE_CACHE` in `.env`"
            return [Markdown(room), Markdown(move)], ["invoke clean"]
        case "memory":
            needs = MEMORY.format(checkpoint.title, size(checkpoint.memory_bytes))
            options = [_option(option) for option in memory_advice(model, checkpoint)]
            return [needs, *options], []
        case "declined":
            step = "A large download was answered with no; the command goes ahead all the same"
            return [Markdown(step)], []
        case "environment":
            step = "Build the environment by itself; it says what went wrong"
            return [Markdown(step)], [status.command("setup", "--models", model.name)]
        case "bad_weights":
            step = "Fetch the weights again; every file is checked on the way"
            return [Markdown(step)], [status.command("fetch", "--models", model.name)]
        case "timeout":
            step = "If it only needs longer: `SECONDTAKE_TIMEOUT` in `.env` (seconds; 0: for ever)"
            return [Markdown(step)], []
        case "unsupported":
            return [Markdown("Change what is asked of this model in the song file")], []
    return [Markdown("See what the doctor finds on this machine")], [DOCTOR]


def _option(option: MemoryOption) -> Markdown:
    step = SLOWER if option.slower else SMALLER
    return step.format(code(option.setting), size(option.bytes))
