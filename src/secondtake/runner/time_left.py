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
        self._left = dict(expected)
        self._judging = dict(judging or {})
        self._all = dict(expected)
        self._begun: dict[str, float] = {}  # model -> when its first take was begun
        self._pace: dict[str, float] = {}  # model -> seconds a take, as measured in this run

    def begin(self, model: str, now: float) -> None:
        """A model begins with its takes."""
        self._begun[model] = now

    def finish(self, model: str, names: Iterable[str], now: float) -> None:
        """Takes of a model are done, have failed, or are not to be made."""
        for name in names:
            self._left.pop((model, name), None)
        total = sum(model == of for of, _ in self._all)
        done = total - sum(model == of for of, _ in self._left)
        if model in self._begun and done:
            self._pace[model] = (now - self._begun[model]) / done

    def judge(self, model: str) -> None:
        """The stages that follow a model's takes are done."""
        self._judging.pop(model, None)

    @property
    def finished(self) -> int:
        return len(self._all) - len(self._left)

    def seconds(self) -> float | None:
        """Of waiting; None where nothing is known of a take that is left.

        A model's pace is that of all its workers together.
        """
        known: dict[str, float] = {}  # by model
        for (model, _), expected in self._left.items():
            seconds = self._pace.get(model, expected)
            if seconds is None:
                return None
            known[model] = known.get(model, 0.0) + seconds
        judging = sum(self._judging.values())
        if self._workers == 1:
            return sum(known.values()) + judging
        begun = [seconds for model, seconds in known.items() if model in self._pace]
        expected = sum(seconds for model, seconds in known.items() if model not in self._pace)
        return max([expected / self._workers, *begun]) + judging

    def __str__(self) -> str:
        text = f"{self.finished} of {len(self._all)} takes finished"
        seconds = self.seconds()
        return f"{text} · about {format_duration(seconds)} left" if seconds else text
