"""What the records teach. Every sentence rests on figures that they hold."""

from collections.abc import Iterator

from secondtake.models import MODELS
from secondtake.takes import Take, work_seconds
from secondtake_runner.phases import choice, layout
from secondtake_runner.phases.survey import Standing, Survey


def blocks(survey: Survey) -> list[str]:
    """The section, or nothing where there is nothing to learn yet."""
    lines = [
        line
        for name in MODELS
        if (takes := [s for s in survey.takes if s.job.model == name])
        for line in _of_model(name, takes)
    ]
    lines += _gates(survey)
    return ["## What the records show", layout.bullets(lines)] if lines else []


def _of_model(name: str, takes: list[Standing]) -> Iterator[str]:
    title = layout.words(MODELS[name].title)
    made = [standing.take for standing in takes if standing.take]
    for device in sorted({take.made.device for take in made}):
        here = [take for take in made if take.made.device == device]
        sound = sum(take.wav.seconds for take in here)
        spent = work_seconds(here)
        if sound:
            yield (
                f"{title} on {layout.words(device)}: {spent / sound:.2g} s of work for a second of "
                f"sound ({layout.many(len(here), 'take')}), after loading for "
                f"{max(take.made.load_seconds for take in here):.1f} s"
            )
    ignored = sorted({fact for take in made for fact in take.job.ignored})
    if ignored:
        prompted = ", beyond what its prompt says" if "prompt" in MODELS[name].honours else ""
        yield f"{title} does not know of{prompted}: {layout.words(', '.join(ignored))}"
    off = [take for take in made if abs(take.wav.seconds - take.job.seconds) > 0.5]
    if off and not MODELS[name].exact_length:
        yield f"{title} ends by itself: it made {', '.join(_lengths(off))}"


def _lengths(takes: list[Take]) -> Iterator[str]:
    """How long takes became for what was asked: those of one segment together."""
    for number in dict.fromkeys(take.job.segment for take in takes):
        alike = [take for take in takes if take.job.segment == number]
        made = [take.wav.seconds for take in alike]
        long = f"{made[0]:.1f}" if len(made) == 1 else choice.spread(made, 1)
        yield f"{long} s for {alike[0].job.seconds:g} s"


def _gates(survey: Survey) -> Iterator[str]:
    """A licence or a token is a person's to give, as outcomes say."""
    codes = ("no_token", "bad_token", "terms")
    stuck = {s.job.model for s in survey.of("blocked") if s.outcome and s.outcome.code in codes}
    for name in sorted(stuck):
        title = layout.words(MODELS[name].title)
        yield f"{title} is gated: no program can accept its licence for you"
