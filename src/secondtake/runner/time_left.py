"""The time left of a run: what is expected of each take, corrected by those that are done.

It reads no clock: whoever asks says what time it is.
"""

from collections.abc import Iterable, Mapping

from secondtake.core.formatting import format_duration


class TimeLeft:
    """Follows the takes of a run: one model after another, or all at once on several workers."""

    def __init__(
        self,
        expected: Mapping[tuple[str, str], float | None],
        judging: Mapping[str, float] | None = None,
        workers: int = 1,
    ) -> None:
        """expected: seconds of work by model and name of a take; None: unknown.

        judging: seconds of the stages that follow a model's takes. workers: at once.
        """
        self._workers = workers
        self._left: dict[str, dict[str, float | None]] = {}  # model -> name -> seconds
        for (model, name), seconds in expected.items():
            self._left.setdefault(model, {})[name] = seconds
        self._takes = {model: len(names) for model, names in self._left.items()}
        # Of those that are left of a model without a pace: no outcome adds up all others.
        self._expected = {model: _total(names.values()) for model, names in self._left.items()}
        self._judging = dict(judging or {})
        self._begun: dict[str, float] = {}  # model -> when its first take was begun
        self._pace: dict[str, float] = {}  # model -> seconds a take, as measured in this run

    def begin(self, model: str, now: float) -> None:
        """A model begins with its takes."""
        self._begun[model] = now

    def finish(self, model: str, names: Iterable[str], now: float) -> None:
        """Takes of a model are done, have failed, or are not to be made."""
        left = self._left.get(model, {})
        for name in names:
            left.pop(name, None)
        done = self._takes.get(model, 0) - len(left)
        if model in self._begun and done:
            self._pace[model] = (now - self._begun[model]) / done
        else:
            self._expected[model] = _total(left.values())

    def judge(self, model: str) -> None:
        """The stages that follow a model's takes are done."""
        self._judging.pop(model, None)

    @property
    def finished(self) -> int:
        return sum(self._takes.values()) - sum(map(len, self._left.values()))

    def seconds(self) -> float | None:
        """Of waiting; None where nothing is known of a take that is left.

        A model's pace is that of all its workers together.
        """
        paced = [self._pace[model] * len(self._left[model]) for model in self._pace]
        expected = _total(self._expected[m] for m in self._left if m not in self._pace)
        if expected is None:
            return None
        judging = sum(self._judging.values())
        if self._workers == 1:
            return sum(paced) + expected + judging
        return max([expected / self._workers, *paced]) + judging

    def __str__(self) -> str:
        text = f"{self.finished} of {sum(self._takes.values())} takes finished"
        seconds = self.seconds()
        return f"{text} · about {format_duration(seconds)} left" if seconds else text


def _total(each: Iterable[float | None]) -> float | None:
    """The sum; None if one of them is not known."""
    total = 0.0
    for seconds in each:
        if seconds is None:
            return None
        total += seconds
    return total
