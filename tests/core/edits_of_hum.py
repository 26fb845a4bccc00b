"""The humming model, taught to repaint and to cover: in this process, not in its script."""

from dataclasses import replace

import pytest

from secondtake.core.prompts.source_audio import BASELINE, NONE, check_baseline, format_baseline
from secondtake.core.registry.all_models import MODELS
from secondtake.core.registry.spec import Parameter

PARAMETERS = (
    Parameter("repaint", "", "a stretch", option="--repaint"),
    Parameter(
        "cover",
        NONE,
        "a cover",
        choices=(NONE, BASELINE),
        resolve_for_segment=format_baseline,
        check_for_segment=check_baseline,
        from_baseline=True,
        option="--from-baseline",
    ),
)


def teach_edits(monkeypatch: pytest.MonkeyPatch) -> None:
    spec = MODELS["hum"]
    monkeypatch.setitem(MODELS, "hum", replace(spec, parameters=(*spec.parameters, *PARAMETERS)))
