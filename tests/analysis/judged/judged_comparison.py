"""All that comparison_results.json holds of a song that judges have heard, with figures made up."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from tests.analysis import made_up
from tests.analysis.judged.made_judgments import ADHERENCE, JudgedSong, judgment

from secondtake.analysis.comparison.adherence import adherence
from secondtake.analysis.comparison.compare import ORDER, to_json
from secondtake.analysis.comparison.material import SegmentMaterial
from secondtake.analysis.comparison.summary import summarize
from secondtake.analysis.findings.all_findings import conclusions
from secondtake.analysis.formatting import JsonObject, round_floats
from secondtake.analysis.judged.distributions import distributions
from secondtake.analysis.judged.judge_scores import song_scores
from secondtake.analysis.judged.judged_summary import judges_across
from secondtake.core.registry.all_judges import JUDGES
from secondtake.core.takes import Take

TIMBRE = {"musicgen": 0.7, "stable_audio": 0.3, "sketch": 0.1}  # scaled
FITS = {"musicgen": 0.22, "stable_audio": 0.38, "sketch": 0.12}  # cosine
LIKED = {"musicgen": 6.4, "stable_audio": 5.2, "sketch": 3.9}  # points
AXES = [scale.name for scale in JUDGES["audiobox"].scales]


def hear(song: JudgedSong, models: Sequence[str], judges: Sequence[str]) -> list[SegmentMaterial]:
    """The takes and baselines of every segment, judged by these."""
    materials = []
    for part in song.song.segments:
        takes = [song.take(model, part.number) for model in models]
        for judge in judges:
            for take in takes:
                _judge_take(song.by(judge), take, part.number)
            _judge_baseline(song.by(judge), takes[0], part.number)
        materials.append(song.material(takes, part.number))
    return materials


def _judge_take(song: JudgedSong, take: Take, number: int) -> None:
    random = np.random.default_rng([number, len(take.job.model)])
    step = 0.02 * random.standard_normal()
    if song.judge.name == "audiobox":
        value = LIKED[take.job.model] + 10 * step
        song.judge_take(take, judgment(value, apart=0.2, scales=AXES))
        return
    shift = 8 * (take.job.model != "stable_audio")
    rows = random.standard_normal(8) + shift / 8**0.5 + 0.4 * random.standard_normal((2, 8))
    song.judge_take(take, judgment(FITS[take.job.model] + step, 0.1, embeddings=rows))


def _judge_baseline(song: JudgedSong, take: Take, number: int) -> None:
    random = np.random.default_rng(number)
    if song.judge.name == "audiobox":
        song.judge_baseline(judgment(7.2, 4.0, apart=0.2, scales=AXES), number)
        return
    rows = random.standard_normal(8) + 0.4 * random.standard_normal((2, 8))
    song.judge_baseline(judgment(0.45, 0.1, embeddings=rows), number, style=take.job.style)


def judged_comparison(song: JudgedSong, materials: Sequence[SegmentMaterial]) -> JsonObject:
    """The comparison: timbre is made up, the rest is what the judges say."""
    judges = song.judges(*materials)
    scores = [song_scores(judge, materials) for judge in judges]
    segments = []
    for material in materials:
        takes = []
        for compared in material.takes:
            name = compared.take.job.model
            measured = [to_json(m) for s in scores for m in s.of_take(material, compared)]
            timbre = made_up.measurement("timbre", TIMBRE[name], 0.1)
            own: Mapping[str, Any] = {"name": compared.take.name, "sha256": "0" * 64}
            takes.append(made_up.take(material.segment.number, name, timbre, *measured, **own))
        segments.append(made_up.segment(material.segment.number, *takes))
    rounded = round_floats(segments)
    across = round_floats(
        {
            **summarize(rounded, ORDER),
            "adherence": adherence(rounded),
            "judges": judges_across(judges, rounded),
            "distributions": [
                entry
                for judge in judges
                for entry in distributions(judge, materials, song.project.root)
            ],
        }
    )
    whole = made_up.comparison(*rounded)
    return {**whole, "across": across, **conclusions(rounded, across)}


def of_scale(compared: JsonObject, scale: str = ADHERENCE) -> JsonObject:
    """What `across` says of a scale."""
    scales = [s for judge in compared["across"]["judges"] for s in judge["scales"]]
    return dict(next(s for s in scales if s["name"] == scale))
