"""What the votes say, in sentences that claim no more than the votes show."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from secondtake.core.formatting import plural
from secondtake.core.votes_file import (
    QUESTIONS,
    Listener,
    Mode,
    PairResult,
    QuestionResult,
    Strength,
    VotesFile,
)

WIDE = 0.3  # of an interval of a share: more votes would help
NAMED = 4  # listeners, files or pairs that a sentence names
FEW_LINES = 12  # on a terminal
ALPHA = 0.05
MODE_WORDS: Mapping[Mode, str] = {"pairs": "pair", "abx": "ABX trial", "ratings": "rating"}
ORDERS = {"prefer": "Preferred", "closer": "Closer to the baseline"}
TOO_FEW, TOO_FEW_TO_BE_SURE = "too few to say anything", "too few to be sure"
POOLED = """\
Order and percentages take all votes together: who beats what beats {over} counts as beating \
{over} too. So a percentage may differ from a pair's own votes."""


@dataclass(frozen=True)
class Sentence:
    """A sentence; a detail is left out where there is little room."""

    text: str  # for pages, which others may see: without nicknames and names of files
    is_detail: bool = False
    own_terminal: str | None = None  # instead of it, on the terminal of whoever merges; "": nothing


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
    shown = [sentence for sentence in all_sentences if sentence.own_terminal != ""]
    count = len(shown)
    details = [sentence for sentence in shown if sentence.is_detail]
    while len(shown) > most and details:
        shown.remove(details.pop())
    lines = [sentence.own_terminal or sentence.text for sentence in shown]
    left_out = count - len(shown)
    return [*lines, f"({plural(left_out, 'more sentence')} in the file)"] if left_out else lines


def _taking_part(votes: VotesFile) -> str:
    counts = [
        plural(number, word)
        for mode, word in MODE_WORDS.items()
        if (number := sum(listener.answered.get(mode, 0) for listener in votes.listeners))
    ]
    has_interval = any(pair.low is not None for each in votes.questions for pair in _told(each))
    brackets = " In brackets: 95 % intervals." if has_interval else ""
    return f"{plural(len(votes.listeners), 'listener')}: {', '.join(counts)}.{brackets}"


def _questions(votes: VotesFile) -> Iterator[Sentence]:
    for question in votes.questions:
        yield from _question(votes, question)
    answered = [question for question in votes.questions if question.compared]
    yield from _thin_pairs(votes, answered)
    if pooled := [question for question in answered if len(question.systems) > 2]:
        yield Sentence(POOLED.format(over=votes.title(pooled[0].over)))
    if answered and all(question.listeners == 1 for question in answered):
        yield Sentence("One listener's votes on pairs: they say nothing about other listeners.")


def _question(votes: VotesFile, question: QuestionResult) -> Iterator[Sentence]:
    """The order, and how each system does beside the one that all are held against."""
    if not question.compared:
        yield Sentence(_too_few(votes, question))
        return
    with_figures = [pair for pair in _told(question) if pair.low is not None]
    is_order = any(each.rank > 1 for each in question.systems)
    has_doubts = is_order or len(question.systems) == 2
    if len(question.systems) > 2:
        wide = not is_order and any(_doubt(pair) == TOO_FEW_TO_BE_SURE for pair in with_figures)
        doubt = f": {TOO_FEW_TO_BE_SURE}" if wide else ""
        yield Sentence(f"{ORDERS[question.question]}: {_order(votes, question)}{doubt}.")
    for pair in with_figures:
        text = _pair(votes, question, pair, has_doubts=has_doubts)
        yield Sentence(_begin(text), is_detail=len(question.systems) > 2)
    if question.without_exclusions:
        order = ", ".join(map(votes.title, question.without_exclusions))
        yield Sentence(f"If nobody were left out, the order would be: {order}.")


def _told(question: QuestionResult) -> list[PairResult]:
    """The pairs of the system that all are held against."""
    return [pair for pair in question.pairs if question.over in (pair.first, pair.second)]


def _too_few(votes: VotesFile, question: QuestionResult) -> str:
    """Which would you rather listen to, Bark or the control? Too few to say anything: 1 vote."""
    asked = QUESTIONS[question.question].rstrip("?")
    names = [votes.title(each.system) for each in question.systems]
    between = f", {' or '.join(names)}" if len(names) == 2 else ""
    own = _vote_count(question.votes - question.ties, question.ties)
    return f"{asked[0].upper()}{asked[1:]}{between}? {TOO_FEW[0].upper()}{TOO_FEW[1:]}: {own}."


def _vote_count(number: int, ties: int) -> str:
    return plural(number, "vote") + (f", {ties} undecided" if ties else "")


def _thin_pairs(votes: VotesFile, questions: Sequence[QuestionResult]) -> Iterator[Sentence]:
    """Pairs with few votes of their own, each once, in one sentence. Of those that no votes
    connect, the order speaks."""
    thin: dict[frozenset[str], str] = {}
    for question in questions:
        group = {each.system: each.group for each in question.systems}
        for pair in _told(question):
            if pair.low is None and group[pair.first] == group[pair.second]:
                count = _vote_count(pair.for_first + pair.for_second, pair.ties)
                text = f"{votes.title(pair.first)} and {votes.title(pair.second)} ({count})"
                thin.setdefault(frozenset((pair.first, pair.second)), text)
    if thin:
        named = _named(list(thin.values()))
        yield Sentence(f"By votes on the pair alone, {TOO_FEW}: {named}.", is_detail=True)


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


def _pair(votes: VotesFile, question: QuestionResult, pair: PairResult, *, has_doubts: bool) -> str:
    """Bark is preferred to the control in 14 of 20 votes (50 to 85 %): too few to be sure."""
    first, second = votes.title(pair.first), votes.title(pair.second)
    verb = "preferred to" if question.question == "prefer" else "closer to the baseline than"
    total = pair.for_first + pair.for_second
    ties = f", {pair.ties} undecided" if pair.ties else ""
    own = f"{pair.for_first} of {plural(total, 'vote')}{ties}"
    share = f"{100 * (pair.low or 0.0):.0f} to {100 * (pair.high or 0.0):.0f} %"
    if pair.for_first > pair.for_second:
        says = f"{first} is {verb} {second} in {own} ({share})"
    elif len(question.systems) == 2:
        says = f"{first} and {second}: {own} for each ({share})"
    else:  # the votes on others make it the stronger one
        says = f"{first} is {verb} {second} as far as all votes tell, {own} their own ({share})"
    doubt = _doubt(pair) if has_doubts else ""
    return f"{says}: {doubt}." if doubt else f"{says}."


def _doubt(pair: PairResult) -> str:
    """Why it may be the other way round; "" if that is sure enough."""
    if pair.decided or pair.low is None or pair.high is None:
        return ""
    return TOO_FEW_TO_BE_SURE if pair.high - pair.low > WIDE else "no difference is shown"


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
        public = _named([_exclusion(each, _number(each)) for each in excluded])
        own = _named([_exclusion(each, each.nickname or _number(each)) for each in excluded])
        yield Sentence(f"Not counted: {public}.", own_terminal=f"Not counted: {own}.")
    if votes.refused:  # the terminal has each with its reason
        yield Sentence(f"{plural(len(votes.refused), 'file')} refused.", own_terminal="")
    for note in votes.notes:
        yield Sentence(f"{note[0].upper()}{note[1:]}.", is_detail=True)


def _number(listener: Listener) -> str:
    return f"listener {listener.listener[:6]}"


def _exclusion(listener: Listener, name: str) -> str:
    reasons = [f"{mode} ({reason})" for mode, reason in listener.excluded.items()]
    return f"{name}'s {' and '.join(reasons)}"


def _named(names: Sequence[str]) -> str:
    more = len(names) - NAMED
    return "; ".join(names[:NAMED]) + (f"; and {more} more" if more > 0 else "")
