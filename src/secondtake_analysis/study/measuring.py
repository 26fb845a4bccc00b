"""Many recordings measured, on all cores; each at most once, because the results are cached."""

from collections.abc import Callable, Sequence

from secondtake.errors import ModelError, UserError
from secondtake_analysis.audio import AudioError
from secondtake_analysis.pool import on_all_cores
from secondtake_analysis.recording import Recording

Say = Callable[[str], None]


def measure_all(recordings: Sequence[Recording], say: Say = lambda label: None) -> tuple[str, ...]:
    """Put features and naive rows of all into their caches; why each cannot be measured, or "".

    `say` hears the label of each that was measured now, in their order. UserError if what
    measures is not there.
    """
    todo = [place for place, one in enumerate(recordings) if not one.is_measured]
    reasons = [""] * len(recordings)
    made = on_all_cores(_reason, [recordings[place].fresh() for place in todo])
    for place, reason in zip(todo, made, strict=True):
        reasons[place] = reason
        say(recordings[place].label)
    return tuple(reasons)


def _reason(recording: Recording) -> str:
    """Measure it; why it cannot be, or ""."""
    try:
        recording.measure()
    except AudioError as error:
        return str(error)
    except ModelError as error:  # does not pickle, and is nothing that this recording did
        raise UserError(f"{error.message}; {error.hint}") from error
    return ""
