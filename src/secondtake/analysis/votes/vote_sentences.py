"""What the votes say, in sentences that claim no more than the votes show."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from secondtake.core.formatting import plural
from secondtake.core.votes_file import (
    Listener,
    Mode,
    PairResult,
    QuestionResult,
    Strength,
    VotesFile,
)

WIDE = 0.3  # of an interval of a share: more votes would help
NAMED = 4  # listeners or files that a sentence names
FEW_LINES = 12  # on a terminal
ALPHA = 0.05
MODE_WORDS: Mapping[Mode, str] = {"pairs": "pair", "abx": "ABX trial", "ratings": "rating"}
ORDERS = {"prefer": "Preferred", "closer": "Closer to the baseline"}


@dataclass(frozen=True)
class Sentence:
    """A sentence; a detail is left out where there is little room."""

    text: str
    is_detail: bool = False


def sentences(votes: VotesFile) -> list[Sentence]:
    """All that can be said, the result first."""
    return [
        Sentence(_taking_part(votes)),
        *_questions(votes),
        *_abx(votes),
        *_ratings(votes),
        *_left_out(votes),
    ]


def brief_lines(all_sentences: Sequence[Sentence], most: int = FEW_LINES) -> list[str]:
    """Sentences for a terminal: the last details make room, and are counted."""
    shown = list(all_sentences)
    details = [sentence for sentence in shown if sentence.is_detail]
    while len(shown) > most and details:
        shown.remove(details.pop())
    left_out = len(all_sentences) - len(shown)
    lines = [sentence.text for sentence in shown]
    return [*lines, f"({plural(left_out, 'more sentence')} in the file)"] if left_out else lines


def _taking_part(votes: VotesFile) -> str:
    counts = [
        plural(number, word)
        for mode, word in MODE_WORDS.items()
        if (number := sum(listener.answered.get(mode, 0) for listener in votes.listeners))
    ]
    brackets = " In brackets: 95 % intervals, by all votes together." if votes.questions else ""
    return f"{plural(len(votes.listeners), 'listener')}: {', '.join(counts)}.{brackets}"


def _questions(votes: VotesFile) -> Iterator[Sentence]:
    for question in votes.questions:
        yield Sentence(f"{ORDERS[question.question]}: {_order(votes, question)}.")
        over = question.over
        for pair in question.pairs:
            if over in (pair.first, pair.second):
                text = _pair(votes, question, pair)
                yield Sentence(_begin(text), is_detail=True)
        if question.without_exclusions:
            order = ", ".join(map(votes.title, question.without_exclusions))
            yield Sentence(f"If nobody were left out, the order would be: {order}.")
    if votes.questions and all(question.listeners == 1 for question in votes.questions):
        yield Sentence("One listener's votes on pairs: they say nothing about other listeners.")


def _order(votes: VotesFile, question: QuestionResult) -> str:
    """1st the baseline; 2nd or 3rd Bark; 2nd or 3rd MusicGen; 4th the control."""
    parts = []
    for group in sorted({strength.group for strength in question.systems}):
        members = [strength for strength in question.systems if strength.group == group]
        if all(each.rank == 1 and each.last_rank == len(members) for each in members):
            names = [votes.title(each.system) for each in members]
            parts.append(f"no order is shown of {', '.join(names[:-1])} and {names[-1]}")
        else:
            places = (f"{_place(each)} {votes.title(each.system)}" for each in members)
            parts.append("; ".join(places))
    return "; and apart from these, since no votes connect them, ".join(parts)


def _place(strength: Strength) -> str:
    """4th; 2nd or 3rd; 1st to 4th."""
    first, last = _ordinal(strength.rank), _ordinal(strength.last_rank)
    if first == last:
        return first
    return f"{first} {'or' if strength.last_rank == strength.rank + 1 else 'to'} {last}"


def _begin(text: str) -> str:
    """As a sentence begins; the names of models stay as they are."""
    return f"The {text.removeprefix('the ')}" if text.startswith("the ") else text


def _ordinal(number: int) -> str:
    ending = {1: "st", 2: "nd", 3: "rd"}.get(number % 10, "th")
    return f"{number}{'th' if 10 < number % 100 < 14 else ending}"


def _pair(votes: VotesFile, question: QuestionResult, pair: PairResult) -> str:
    """Bark is preferred to the control in 14 of 20 votes (50 to 85 %): too few to be sure."""
    first, second = votes.title(pair.first), votes.title(pair.second)
    if pair.preferred is None or pair.low is None or pair.high is None:
        return f"{first} and {second}: undecided, for no votes connect them."
    verb = "preferred to" if question.question == "prefer" else "closer than"
    total = pair.for_first + pair.for_second
    share = f"{100 * pair.low:.0f} to {100 * pair.high:.0f} %"
    ties = f", {pair.ties} undecided" if pair.ties else ""
    own = f"{pair.for_first} of {plural(total, 'vote')}{ties}"
    if pair.for_first > pair.for_second:
        says = f"{first} is {verb} {second} in {own} ({share})"
    else:  # the votes on others make it the stronger one
        says = f"{first} is {verb} {second} as far as all votes tell, {own} their own ({share})"
    if pair.decided:
        return f"{says}."
    doubt = "too few to be sure" if pair.high - pair.low > WIDE else "no difference is shown"
    return f"{says}: {doubt}."


def _abx(votes: VotesFile) -> Iterator[Sentence]:
    for result in votes.abx:
        names = f"{votes.title(result.first)} and {votes.title(result.second)}"
        many = f", corrected for {len(votes.abx)} pairs" if len(votes.abx) > 1 else ""
        p = f"p = {result.p_corrected:.3f}" if result.p_corrected >= 0.001 else "p < 0.001"
        verdict = "can be told apart" if result.p_corrected < ALPHA else "not shown to differ"
        score = f"{result.right} of {plural(result.trials, 'ABX trial')} right ({p}{many})"
        text = f"{names}: {score}: {verdict}."
        yield Sentence(_begin(text), is_detail=result is not votes.abx[0])


def _ratings(votes: VotesFile) -> Iterator[Sentence]:
    if votes.ratings:
        medians = [f"{votes.title(result.system)} {result.median:.0f}" for result in votes.ratings]
        yield Sentence(f"Median ratings: {', '.join(medians)}.")


def _left_out(votes: VotesFile) -> Iterator[Sentence]:
    """Listeners, files and votes that do not count, and why."""
    if excluded := [listener for listener in votes.listeners if listener.excluded]:
        yield Sentence(f"Not counted: {_named([_exclusion(each) for each in excluded])}.")
    if votes.refused:
        files = [f"{file.file} ({file.why})" for file in votes.refused]
        count = plural(len(votes.refused), "file")
        yield Sentence(f"{count} refused: {_named(files)}.")
    for note in votes.notes:
        yield Sentence(f"{note[0].upper()}{note[1:]}.", is_detail=True)


def _exclusion(listener: Listener) -> str:
    reasons = [f"{mode} ({reason})" for mode, reason in listener.excluded.items()]
    return f"{listener.nickname or listener.listener[:6]}'s {' and '.join(reasons)}"


def _named(names: Sequence[str]) -> str:
    more = len(names) - NAMED
    return "; ".join(names[:NAMED]) + (f"; and {more} more" if more > 0 else "")
