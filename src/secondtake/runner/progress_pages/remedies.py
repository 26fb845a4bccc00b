"""Remedies: the steps and commands against each kind of block."""

from collections.abc import Callable
from dataclasses import dataclass

from secondtake.core.registry.spec import Checkpoint, ModelSpec
from secondtake.runner.estimates import memory_advice
from secondtake.runner.progress_pages.markdown import Markdown, address, code, size
from secondtake.runner.progress_pages.survey import SongStatus

GUIDE = ("docs", "HUGGINGFACE_SETUP.md")
JOIN = address("https://huggingface.co/join")
TOKENS = address("https://huggingface.co/settings/tokens")
SMALLER = Markdown("Or take a smaller checkpoint: {} (about {})")
SLOWER = Markdown("Or set {} in `.env`: slower, about {}")


@dataclass(frozen=True)
class Remedy:
    """Steps, then commands to type."""

    steps: tuple[Markdown, ...]
    commands: tuple[str, ...]


def remedy(
    status: SongStatus, model: ModelSpec, checkpoint: Checkpoint, error: str, log: str
) -> Remedy:
    """The remedy against an error code (secondtake.core.errors.Code), for this model."""
    general = REMEDIES.get(error, _unknown)(status, model, checkpoint)
    steps = general.steps
    if log:
        link = status.link(status.project.root / log)
        steps = (*steps, Markdown("The whole story is in the log: {}").format(link))
    again = status.command("generate-all", "--models", model.name)
    return Remedy(steps, (*general.commands, again))


def _no_token(status: SongStatus, model: ModelSpec, checkpoint: Checkpoint) -> Remedy:
    steps = (
        Markdown("Create a Hugging Face account, if you have none: {}").format(JOIN),
        *_accept_licence(checkpoint),
        Markdown("Create a token of type *Read*: {}").format(TOKENS),
        Markdown(
            "Put it into the file `.env` as `HF_TOKEN=hf_…` (or type `hf auth login` instead)"
        ),
        Markdown("Each of these steps explained: {}").format(_guide(status)),
    )
    return Remedy(steps, ("test -e .env || cp .env.example .env", "chmod 600 .env"))


def _bad_token(status: SongStatus, model: ModelSpec, checkpoint: Checkpoint) -> Remedy:
    steps = (
        Markdown("Create a new token of type *Read*: {}").format(TOKENS),
        Markdown("Put it into `.env` as `HF_TOKEN=hf_…`, in place of the one that was refused"),
        Markdown("More in {}").format(_guide(status)),
    )
    return Remedy(steps, ())


def _terms(status: SongStatus, model: ModelSpec, checkpoint: Checkpoint) -> Remedy:
    more = Markdown("More in {}").format(_guide(status))
    return Remedy((*_accept_licence(checkpoint), more), ())


def _network(status: SongStatus, model: ModelSpec, checkpoint: Checkpoint) -> Remedy:
    steps = (
        Markdown(
            "Check that this machine reaches the network; if `HF_ENDPOINT` is set in `.env`, "
            "check that it is right"
        ),
        Markdown("What was fetched already is kept"),
    )
    return Remedy(steps, ("invoke doctor",))


def _disk(status: SongStatus, model: ModelSpec, checkpoint: Checkpoint) -> Remedy:
    steps = (
        Markdown("Make room: the first command says what can go and how much each gives back"),
        Markdown("Or move the cache to a larger disk: `SECONDTAKE_CACHE` in `.env`"),
    )
    return Remedy(steps, ("invoke clean",))


def _memory(status: SongStatus, model: ModelSpec, checkpoint: Checkpoint) -> Remedy:
    steps = [
        Markdown("{} needs about {}: close other programs, or use a larger machine").format(
            checkpoint.title, size(checkpoint.memory_bytes)
        )
    ]
    for option in memory_advice(model, checkpoint):
        step = SLOWER if option.slower else SMALLER
        steps.append(step.format(code(option.setting), size(option.bytes)))
    return Remedy(tuple(steps), ())


def _environment(status: SongStatus, model: ModelSpec, checkpoint: Checkpoint) -> Remedy:
    step = Markdown("Build the environment by itself; it says what went wrong")
    return Remedy((step,), (status.command("setup", "--models", model.name),))


def _bad_weights(status: SongStatus, model: ModelSpec, checkpoint: Checkpoint) -> Remedy:
    step = Markdown("Fetch the weights again; every file is checked on the way")
    return Remedy((step,), (status.command("fetch", "--models", model.name),))


def _unsupported(status: SongStatus, model: ModelSpec, checkpoint: Checkpoint) -> Remedy:
    return Remedy((Markdown("Change what is asked of this model in the song file"),), ())


def _unknown(status: SongStatus, model: ModelSpec, checkpoint: Checkpoint) -> Remedy:
    return Remedy((Markdown("See what the doctor finds on this machine"),), ("invoke doctor",))


def _accept_licence(checkpoint: Checkpoint) -> tuple[Markdown, ...]:
    if not checkpoint.gate:
        return ()
    step = Markdown("Accept the licence of {} on its page: {}")
    return (step.format(checkpoint.title, address(checkpoint.gate)),)


def _guide(status: SongStatus) -> Markdown:
    return status.link(status.project.root.joinpath(*GUIDE))


REMEDIES: dict[str, Callable[[SongStatus, ModelSpec, Checkpoint], Remedy]] = {
    "no_token": _no_token,
    "bad_token": _bad_token,
    "terms": _terms,
    "network": _network,
    "disk": _disk,
    "memory": _memory,
    "environment": _environment,
    "bad_weights": _bad_weights,
    "unsupported": _unsupported,
}
