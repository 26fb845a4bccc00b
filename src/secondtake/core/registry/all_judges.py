"""The registry of judges, one entry each (docs/adding-a-judge.md), and which of them are asked.

A judge is an entry here, a script, scripts/judge_<name>.py, and a list of its packages,
requirements/<name>.txt. Whatever of them is set up judges every run; SECONDTAKE_JUDGES says
otherwise.
"""

import os
from collections import ChainMap
from collections.abc import Mapping
from typing import cast

from secondtake.core.errors import UserError
from secondtake.core.registry.all_models import MODELS
from secondtake.core.registry.audiobox import AUDIOBOX
from secondtake.core.registry.clap import CLAP
from secondtake.core.registry.judge import JudgeSpec
from secondtake.core.registry.spec import BaseSpec
from secondtake.core.registry.whisper import WHISPER
from secondtake.core.validation import did_you_mean, match_name, shorten_repr

JUDGES = {judge.name: judge for judge in (CLAP, AUDIOBOX, WHISPER)}
# Whatever has an environment and weights: the models, then the judges.
SPECS = ChainMap(cast(dict[str, BaseSpec], JUDGES), cast(dict[str, BaseSpec], MODELS))
VARIABLE = "SECONDTAKE_JUDGES"
NONE = "none"


def find_judge(name: str, where: str = "judge") -> JudgeSpec:
    """The judge of that name in any spelling; UserError naming `where` and the nearest name."""
    known = match_name(name, JUDGES)
    if known is None:
        raise UserError(f"{where}: no judge {shorten_repr(name)}; {did_you_mean(name, JUDGES)}")
    return JUDGES[known]


def setup_command(environment: str) -> str:
    """The command that builds an environment: a model's, a judge's, or that of the analysis."""
    spec = SPECS.get(environment)
    return spec.setup_command if spec else f"invoke setup --models {environment}"


def parse_judges(text: str, where: str) -> dict[str, str]:
    """ "clap, lyrics=large-v3-turbo" -> the checkpoint of each that is named; UserError."""
    chosen: dict[str, str] = {}
    for word in text.replace(",", " ").split():
        name, _, checkpoint = word.partition("=")
        judge = find_judge(name, where)
        chosen[judge.name] = judge.checkpoint(checkpoint, where).name
    return chosen


def chosen_judges(environ: Mapping[str, str] = os.environ) -> dict[str, str]:
    """The judges that may be asked, with the checkpoint of each: those of SECONDTAKE_JUDGES; all,
    each by its default, where that is not set. UserError."""
    text = environ.get(VARIABLE, "").strip()
    if text.lower() == NONE:
        return {}
    every = {name: judge.default.name for name, judge in JUDGES.items()}
    return parse_judges(text, VARIABLE) if text else every
