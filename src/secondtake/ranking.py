"""Several takes of one segment by one model, put in order without looking at the baseline.

Pure: findings in, places and reasons out. The rules stand in the order of their weight, and the
first that tells two takes apart decides between them; `secondtake.merits` says what each rule
finds, docs/ranking.md explains both. A rule decides only where its finding is known of every
take, so that no take wins or loses by what nobody measured.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

# In order of weight, with what each one asks.
RULES: Mapping[str, str] = {
    "checks": "did every check of the file pass?",
    "song": "was it made from what the song file asks for now?",
    "words": "how many of the sung words are understood?",
    "mistakes": "was a loop, a repeat or a made-up tail noticed while it was made?",
    "voice": "is there a voice, where words were to be sung?",
    "seams": "can the joints between its windows be heard?",
    "warnings": "how many checks of the file warn?",
    "level": "how far is it from the usual loudness?",
}


@dataclass(frozen=True)
class Finding:
    """What a rule found. A lower key is better; None: not known, and `says` tells why."""

    key: tuple[int, ...] | None
    says: str


@dataclass(frozen=True)
class Contender:
    """One take and the findings on it, by rule. A rule that does not apply has none."""

    name: str
    number: int  # of the take: 1, 2, …
    findings: Mapping[str, Finding]

    @property
    def failed(self) -> int:
        """How many of its checks failed, as far as that is known."""
        finding = self.findings.get("checks")
        return finding.key[0] if finding and finding.key else 0

    def key(self, rule: str) -> tuple[int, ...] | None:
        finding = self.findings.get(rule)
        return finding.key if finding else None


@dataclass(frozen=True)
class Place:
    """A take, its place (1 is the best) and why it stands there, in a sentence."""

    place: int
    contender: Contender
    reason: str


@dataclass(frozen=True)
class Order:
    """All takes, best first, and which rules could not decide, in sentences."""

    places: tuple[Place, ...]
    set_aside: tuple[str, ...]


def rank(contenders: Sequence[Contender]) -> Order:
    """Put the takes in order. The same findings give the same order, however they come."""
    rules = _deciding(contenders)
    ordered = sorted(contenders, key=lambda one: _sort_key(one, rules))
    places = tuple(
        Place(place, one, _reason(place, one, ordered, rules))
        for place, one in enumerate(ordered, 1)
    )
    return Order(places, _set_aside(contenders))


def _sound(contenders: Sequence[Contender]) -> list[Contender]:
    """Takes without a failed check; the others come after them, whatever else is known."""
    return [one for one in contenders if not one.failed]


def _deciding(contenders: Sequence[Contender]) -> list[str]:
    """The rules whose finding is known of every sound take."""
    sound = _sound(contenders)
    return [rule for rule in RULES if sound and all(one.key(rule) is not None for one in sound)]


def _sort_key(one: Contender, rules: Sequence[str]) -> tuple[tuple[int, ...], ...]:
    if one.failed:
        return ((one.failed,), (one.number,))
    return ((0,), *(one.key(rule) or () for rule in rules), (one.number,))


def _set_aside(contenders: Sequence[Contender]) -> tuple[str, ...]:
    """Which rules could have decided and did not, because something is not known."""
    alike: dict[str, list[str]] = {}  # what is the matter -> the rules that it stops
    sound = sorted(_sound(contenders), key=lambda one: one.number)
    for rule in RULES:
        unknown = [one for one in sound if one.key(rule) is None]
        why = next((one.findings[rule].says for one in unknown if rule in one.findings), "")
        if why:
            alike.setdefault(f"{why} ({_takes(unknown)})", []).append(rule)
    return tuple(f"{', '.join(rules)} not judged: {why}" for why, rules in alike.items())


def _takes(some: Sequence[Contender]) -> str:
    numbers = ", ".join(str(one.number) for one in some)
    return f"take{'s' if len(some) > 1 else ''} {numbers}"


def _reason(place: int, one: Contender, ordered: Sequence[Contender], rules: Sequence[str]) -> str:
    """The best is held against the next, every other against the one before it."""
    if len(ordered) == 1:
        return f"the only take; {one.findings['checks'].says}" if one.failed else "the only take"
    other = ordered[1] if place == 1 else ordered[place - 2]
    rule = _decider(one, other, rules)
    if not rule:
        lower = "the lower number goes first" if place == 1 else "which has the lower number"
        return f"equal to take {other.number} by every rule that could decide; {lower}"
    mine, theirs = one.findings[rule].says, other.findings[rule].says
    if place == 1:
        every = "every take failed a check; " if one.failed else ""
        return f"{every}{rule}: {mine}; take {other.number}: {theirs}"
    return f"behind take {other.number} by {rule}: {mine}"


def _decider(one: Contender, other: Contender, rules: Sequence[str]) -> str:
    """The first rule that tells them apart; "" if none does."""
    if one.failed != other.failed:
        return "checks"
    if one.failed:
        return ""
    return next((rule for rule in rules if one.key(rule) != other.key(rule)), "")
