"""All measurements of a take as JSON values, kept: the same two files are measured once."""

import json
from collections.abc import Sequence
from dataclasses import asdict
from typing import Any

from secondtake_analysis.cache import Cache
from secondtake_analysis.calibration import Calibration
from secondtake_analysis.evaluate import Pair, evaluate
from secondtake_analysis.figures import rounded
from secondtake_analysis.measurement import Measurement
from secondtake_analysis.pool import on_all_cores
from secondtake_analysis.recording import Recording
from secondtake_analysis.study.material import Compared

FEW = 24  # takes that are compared while a second process starts and reads the calibration

Three = tuple[Recording, Recording, Recording | None]  # the original, the take, the sketch


def keep_all(every: Sequence[Compared]) -> None:
    """Compare on all cores what was not compared yet, and keep it."""
    known = [three for one in every if (three := _three(one)) is not None]
    todo = [three for three in known if not _cache(three).holds("measurements", _made_from(three))]
    fresh = [tuple(one and one.fresh() for one in three) for three in todo]
    for _ in on_all_cores(_keep, fresh, FEW):
        pass


def measurements(
    compared: Compared, calibration: Calibration | None = None
) -> list[dict[str, Any]]:
    """Every metric of a take against what it is held against; [] where that is nothing.

    calibration: other music than what is shipped; then nothing is kept.
    """
    three = _three(compared)
    if three is None:
        return []
    return _keep(three) if calibration is None else _measured(three, calibration)


def plainly(one: Measurement) -> dict[str, Any]:
    """A measurement as JSON values."""
    return dict(rounded({**asdict(one), "against_mark": one.against_mark}))


def _keep(three: Three) -> list[dict[str, Any]]:
    """The measurements, from the cache or into it."""
    kept = _cache(three).bytes_of(
        "measurements", _made_from(three), lambda: json.dumps(_measured(three, None)).encode()
    )
    return list(json.loads(kept))


def _measured(three: Three, calibration: Calibration | None) -> list[dict[str, Any]]:
    reference, estimate, mark = three
    pair = Pair(reference.features, estimate.features, mark.features if mark else None)
    return [plainly(one) for one in evaluate(pair, calibration).values()]


def _three(compared: Compared) -> Three | None:
    """The recordings that decide the measurements; None where there is nothing to measure."""
    if compared.reference is None:
        return None
    return compared.reference, compared.recording, compared.mark


def _made_from(three: Three) -> list[Any]:
    return [one.identity if one else None for one in three]


def _cache(three: Three) -> Cache:
    return three[1].cache
