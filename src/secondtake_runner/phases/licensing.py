"""What may be done with the sound: the licences of the weights that takes were made with."""

from collections.abc import Iterable, Iterator

from secondtake.licences import terms_of
from secondtake.models import MODELS
from secondtake.takes import Take
from secondtake_runner.phases import layout

NO_ADVICE = "What the licences themselves say, in short and without legal advice:"


def fact(take: Take) -> str:
    """One take's licences in a line of markdown."""
    weights, code = weights_licence(take), take.licence.code or MODELS[take.job.model].code_licence
    if not weights and not take.weights:
        return f"Licence: {layout.words(code)} (the code; there are no weights)"
    if not weights:
        return f"Licence of the weights: not noted. Of the code: {layout.words(code)}"
    return f"Licence of the weights: {told(weights)}. Of the code: {layout.words(code)}"


def section(takes: Iterable[Take]) -> Iterator[str]:
    """Blocks: every model and checkpoint among these takes, and what its licence says."""
    by_licence: dict[str, dict[str, None]] = {}
    for take in takes:
        if licence := weights_licence(take):
            by_licence.setdefault(licence, {})[_made_with(take)] = None
    if by_licence:
        yield "## What may be done with the sound"
        yield NO_ADVICE
        yield layout.bullets(
            f"**{', '.join(makers)}**: {told(licence)}" for licence, makers in by_licence.items()
        )


def weights_licence(take: Take) -> str:
    """As the record says; for one from before records said it, as the registry does."""
    if take.licence.code:
        return take.licence.weights
    names = {one.name: one.licence for one in MODELS[take.job.model].checkpoints}
    return names.get(take.job.checkpoint, "")


def _made_with(take: Take) -> str:
    checkpoints = MODELS[take.job.model].checkpoints
    titles = [one.title for one in checkpoints if one.name == take.job.checkpoint]
    return layout.words(titles[0] if titles else f"{take.job.model} {take.job.checkpoint}")


def told(licence: str) -> str:
    """A licence of weights with what is known of it. Markdown."""
    known = terms_of(licence)
    if not known:
        return layout.words(licence)
    return "; ".join(f"{layout.words(t.name)}: {layout.words(t.says)} (<{t.page}>)" for t in known)
