"""Words for a verdict, by what a metric's floor is made of.

Most metrics hold a take against other music. Lyrics are held against the same words in another
order. A judge holds it against what its scale names: the same take under other prompts, or damaged
copies of the baseline.
"""

from collections.abc import Mapping
from dataclasses import dataclass

from secondtake.analysis.metrics.metric import VERDICTS
from secondtake.core.registry.all_judges import JUDGES
from secondtake.core.registry.judge import JudgeScale, JudgeSpec

LYRICS = "lyrics"  # the question


@dataclass(frozen=True)
class Wording:
    """The words of one kind of floor."""

    says: Mapping[str, str]  # by verdict, after "it is"; one that decides nothing says nothing
    start: str  # of a claim
    claims: Mapping[str, str]  # by verdict, after `start` and before where it holds
    over: str  # what one maker does, before another's name
    no_scale: str  # where floor and ceiling are too near
    is_likeness: bool = True  # false where a take is not held against the baseline's music

    def claim(self, about: str, title: str, verdict: str) -> str:
        """The claim that a verdict allows about a maker. about: "In timbre"."""
        return f"{self.start.format(about=about, title=title)} {self.claims[verdict]}"


MUSIC = Wording(
    says={
        "as itself": "as close to {reference} as its own other parts are",
        "closer": "closer to {reference} than most other music",
        "between": "closer to {reference} than most other music, though not beyond doubt",
        "as other music": "not to be told from other music",
        "further": "further from {reference} than other music is",
    },
    start="{about}, {title}",
    claims={
        "as itself": "cannot be told from the baseline itself",
        "closer": "comes closer to the baseline than most other music",
        "as other music": "cannot be told from other music",
        "further": "is further from the baseline than other music is,",
    },
    over="comes closer than",
    no_scale=VERDICTS["no scale"],
)
UNDERSTOOD = {
    "closer": "more words are understood than chance gives",
    "between": "more words are understood than chance gives, though not beyond doubt",
    "as other music": "no more is understood than chance gives",
    "further": "less is understood than chance gives",
}
WORDS_SUNG = Wording(
    says=UNDERSTOOD,
    start="Of {title}'s lyrics,",
    claims=UNDERSTOOD,
    over=MUSIC.over,
    no_scale=VERDICTS["no scale"],
)


def _judged(judge: JudgeSpec, scale: JudgeScale) -> Wording:
    """What a scale's `others` are, in sentences. A judge that reads a style is asked of the same
    recording under other ones."""
    under = "under " if judge.reads_style else ""
    most, every = f"{under}most {scale.others}", f"{under}{scale.others}"
    says = {
        "closer": f"better than {most}",
        "between": f"better than {most}, though not beyond doubt",
        "as other music": f"no better than {every}",
        "further": f"worse than {every}",
    }
    return Wording(
        says=says,
        start="{about}, {title} does",
        claims={**says, "further": f"{says['further']},"},
        over="does better than",
        no_scale=f"the baseline itself is hardly better than {every}: no scale here",
        is_likeness=False,
    )


JUDGED = {scale.name: _judged(judge, scale) for judge in JUDGES.values() for scale in judge.scales}


def wording(question: str, metric: str) -> Wording:
    """The words for a metric of a question."""
    return JUDGED.get(metric, WORDS_SUNG if question == LYRICS else MUSIC)
