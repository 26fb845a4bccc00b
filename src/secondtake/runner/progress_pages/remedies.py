"""What a person does about each kind of block, in steps and in commands."""

from collections.abc import Callable
from dataclasses import dataclass

from secondtake.core.environ import LOW_MEMORY
from secondtake.core.registry.spec import Checkpoint, Model
from secondtake.runner.progress_pages import markdown
from secondtake.runner.progress_pages.survey import Survey

GUIDE = ("docs", "HUGGINGFACE_SETUP.md")
JOIN = "https://huggingface.co/join"
TOKENS = "https://huggingface.co/settings/tokens"


@dataclass(frozen=True)
class Remedy:
    """Steps in markdown, then what to type."""

    steps: tuple[str, ...]
    commands: tuple[str, ...]

    def blocks(self) -> list[str]:
        typed = ["Then type:", markdown.fence(self.commands, "bash")] if self.commands else []
        return [markdown.numbered(self.steps), *typed]


def remedy(survey: Survey, model: Model, checkpoint: Checkpoint, code: str, log: str) -> Remedy:
    """What helps against an error code (secondtake.core.errors.Code), for this model."""
    steps, before = STEPS.get(code, _look)(survey, model, checkpoint)
    if log:
        path = survey.project.root / log
        steps = (*steps, f"The whole story is in the log: {survey.link(path)}")
    again = survey.command("generate-all", "--models", model.name)
    return Remedy(steps, (*before, again))


def not_there(survey: Survey, state: str, why: str, file: str, verb: str) -> str:
    """Why a program's file says nothing here, and what to type."""
    reasons = {
        "absent": f"⏳ Not done yet: there is no `{file}`.",
        "unreadable": f"❌ `{file}` cannot be read ({markdown.words(survey.here(why))}).",
        "other song": f"⚠️ `{file}` is about another song ({markdown.words(why)}).",
    }
    command = survey.command(verb if survey.takes else "generate-all")
    return f"{reasons[state]} Type:\n\n{markdown.fence([command], 'bash')}"


Steps = tuple[tuple[str, ...], tuple[str, ...]]


def _token(survey: Survey, model: Model, checkpoint: Checkpoint) -> Steps:
    return (
        (
            f"Create a Hugging Face account, if you have none: <{JOIN}>",
            _accept(checkpoint),
            f"Create a token of type *Read*: <{TOKENS}>",
            "Put it into the file `.env` as `HF_TOKEN=hf_…` (or type `hf auth login` instead)",
            f"Each of these steps explained: {_guide(survey)}",
        ),
        ("test -e .env || cp .env.example .env", "chmod 600 .env"),
    )


def _bad_token(survey: Survey, model: Model, checkpoint: Checkpoint) -> Steps:
    return (
        (
            f"Create a new token of type *Read*: <{TOKENS}>",
            "Put it into `.env` as `HF_TOKEN=hf_…`, in place of the one that was refused",
            f"More in {_guide(survey)}",
        ),
        (),
    )


def _terms(survey: Survey, model: Model, checkpoint: Checkpoint) -> Steps:
    return ((_accept(checkpoint), f"More in {_guide(survey)}"), ())


def _network(survey: Survey, model: Model, checkpoint: Checkpoint) -> Steps:
    return (
        (
            "Check that this machine reaches the network; if `HF_ENDPOINT` is set in `.env`, "
            "check that it is right",
            "What was fetched already is kept",
        ),
        ("invoke doctor",),
    )


def _disk(survey: Survey, model: Model, checkpoint: Checkpoint) -> Steps:
    return (
        (
            "Make room: the first command says what can go and how much each gives back",
            "Or move the cache to a larger disk: `SECONDTAKE_CACHE` in `.env`",
        ),
        ("invoke clean",),
    )


def _memory(survey: Survey, model: Model, checkpoint: Checkpoint) -> Steps:
    smaller = [
        f"Or take a smaller checkpoint: `--checkpoint {model.name}={other.name}` "
        f"(about {markdown.size(other.memory_bytes)})"
        for other in model.checkpoints
        if other.memory_bytes < checkpoint.memory_bytes
    ]
    if (low := checkpoint.needed_memory(low=True)) < checkpoint.memory_bytes:
        smaller.append(f"Or set `{LOW_MEMORY}=1` in `.env`: slower, about {markdown.size(low)}")
    need = (
        f"{markdown.words(checkpoint.title)} needs about {markdown.size(checkpoint.memory_bytes)}"
    )
    return ((f"{need}: close other programs, or use a larger machine", *smaller), ())


def _environment(survey: Survey, model: Model, checkpoint: Checkpoint) -> Steps:
    command = survey.command("setup", "--models", model.name)
    return (("Build the environment by itself; it says what went wrong",), (command,))


def _weights(survey: Survey, model: Model, checkpoint: Checkpoint) -> Steps:
    command = survey.command("fetch", "--models", model.name)
    return (("Fetch the weights again; every file is checked on the way",), (command,))


def _unsupported(survey: Survey, model: Model, checkpoint: Checkpoint) -> Steps:
    return (("Change what is asked of this model in the song file",), ())


def _look(survey: Survey, model: Model, checkpoint: Checkpoint) -> Steps:
    return (("See what the doctor finds on this machine",), ("invoke doctor",))


def _accept(checkpoint: Checkpoint) -> str:
    if not checkpoint.gate:
        return ""
    return (
        f"Accept the licence of {markdown.words(checkpoint.title)} on its page: <{checkpoint.gate}>"
    )


def _guide(survey: Survey) -> str:
    return survey.link(survey.project.root.joinpath(*GUIDE))


STEPS: dict[str, Callable[[Survey, Model, Checkpoint], Steps]] = {
    "no_token": _token,
    "bad_token": _bad_token,
    "terms": _terms,
    "network": _network,
    "disk": _disk,
    "memory": _memory,
    "environment": _environment,
    "bad_weights": _weights,
    "unsupported": _unsupported,
}
