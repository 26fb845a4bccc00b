"""Segments of a comparison as study makes them, with figures that were made up here."""

from typing import Any

from secondtake.analysis.comparison.adherence import adherence
from secondtake.analysis.comparison.compare import FORMAT, ORDER
from secondtake.analysis.comparison.summary import summarize, unusable_groups
from secondtake.analysis.findings.all_findings import conclusions
from secondtake.core.ranking_file import RankingFile

TITLES = {
    "bark": "Bark",
    "musicgen": "MusicGen",
    "stable_audio": "Stable Audio",
    "ace_step": "ACE-Step 1.5",
    "sketch": "Sketch",
    "musicgen_from_baseline": "MusicGen (melody of the baseline)",
}


NEAR = 0.2  # scaled: what 90 of 100 pieces of other music do not reach
USUALLY = -0.2  # scaled: what 90 of 100 pieces of other music reach


def measurement(
    question: str, scaled: float | None, half: float | None = 0.2, **more: Any
) -> dict[str, Any]:
    """A metric of the question's name. half: of its interval's width; None: it has no interval."""
    spread = None if scaled is None or half is None else [scaled - half, scaled + half]
    return {
        "name": question,
        "question": question,
        "unit": "cosine",
        "value": None if scaled is None else scaled * 0.5,
        "floor": 0.0,
        "near": NEAR * 0.5,
        "ceiling": 0.5,
        "interval": None if spread is None else [end * 0.5 for end in spread],
        "percentile": None if scaled is None else 95.0,
        "scaled": scaled,
        "scaled_interval": spread,
        "near_scaled": NEAR,
        "verdict": verdict(scaled, spread),
        "closer_is": "higher",
        "mark": None,
        "mark_scaled": None,
        "against_mark": "",
        "note": "too short" if scaled is None else "",
        **more,
    }


def verdict(scaled: float | None, spread: list[float] | None) -> str:
    """As secondtake.analysis.metrics.scoring says it of other music between USUALLY and NEAR."""
    if scaled is None:
        return "unknown"
    if spread is None or (spread[0] <= 0 and spread[1] >= 1):
        return "undecided"
    low, high = spread
    if low > NEAR:
        return "as itself" if high >= 1 and scaled > 0.5 else "closer"
    if high < USUALLY:
        return "further"
    return "between" if scaled > NEAR and low > 0 else "as other music"


def take(segment: int, model: str, *measurements: dict[str, Any], **more: Any) -> dict[str, Any]:
    name = f"{model}_segment{segment}_verse"
    return {
        "name": name,
        "file": f"results/local_models/{name}.wav",
        "sha256": "0" * 64,
        "model": model,
        "model_title": TITLES[model],
        "from_baseline": "melody of the baseline" if model.endswith("_from_baseline") else "",
        "repaint": "",
        "floor": model == "sketch",
        "take": 1,
        "asked": {"seconds": 6.0, "bpm": 120, "meter": "", "key": "A minor", "voice": False},
        "remarks": [],
        "measured": measured(),
        "level": "",
        "naive": None,
        "against": "baseline",
        "naive_similarity": None,
        "measurements": list(measurements),
        "plot": f"{name}.png",
        **more,
    }


def measured(bpm: float | None = 120.0, kind: str = "sung") -> dict[str, Any]:
    return {
        "kind": kind,
        "seconds": 6.0,
        "windows": 2,
        "tempo_bpm": bpm,
        "tempo_clarity": 0.5,
        "tempo_note": "" if bpm else "undecidable below 5 s",
        "key": "A minor",
        "key_second": "C major",
        "key_margin": 0.1,
        "key_fit": 0.9,
        "lufs": -14.0,
        "lra": None,
        "true_peak_dbtp": -1.0,
    }


def segment(number: int, *takes: dict[str, Any], state: str = "ready") -> dict[str, Any]:
    ready = state == "ready"
    return {
        "number": number,
        "kind": "verse",
        "title": "One",
        "baseline": {
            "state": state,
            "why": "" if ready else "it is not there",
            "file": "data/one.wav",
            "start": None,
            "end": None,
            "measured": measured() if ready else None,
            "naive": None,
        },
        "takes": list(takes),
        "chosen": [],
        "unusable": unusable_groups(RankingFile("absent"), number, takes),
        "skipped": [],
    }


def comparison(*segments: dict[str, Any]) -> dict[str, Any]:
    """All that comparison_results.json holds."""
    table = {**summarize(segments, ORDER), "adherence": adherence(segments)}
    return {
        "format": FORMAT,
        "song": "one",
        "title": "One",
        "naive": False,
        "segments": list(segments),
        "across": table,
        **conclusions(segments, table),
    }
