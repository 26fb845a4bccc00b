"""What a take owes to the baseline, and who set its level, whichever model made it."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from secondtake.core.jobs import Job
from secondtake.core.registry.all_models import MODELS
from secondtake.core.take_facts import (
    baseline_mark,
    count_words,
    level_step,
    maker_name,
    maker_title,
    repaint_words,
    title_of,
)
from secondtake.core.takes import Provenance, Take, Wav
from secondtake.core.wav import write_wav

SOURCE = "data/baseline/one.wav@0-14@sha256:" + "0" * 64
MADE = Provenance("2026-01-01T00:00:00+00:00", 1.0, 0.0, "cpu", "float32", 1, "test", {})


def take(model: str = "ace_step", details: dict[str, Any] | None = None, **settings: Any) -> Take:
    spec = MODELS[model]
    defaults = {p.name: "" if p.from_baseline else p.default for p in spec.parameters}
    job = Job("one", 10, "chorus", "One", model, spec.default.name, 1, 7, 14.0, "pop", "pop", "",
              (), 120.0, "A minor", {**defaults, **settings})  # fmt: skip
    wav = Wav(f"{job.name}.wav", "0" * 64, 4, 1, 2, 48_000)
    return Take(job, "", "", {}, wav, MADE, (), details or {})


@pytest.mark.parametrize(
    ("made", "mark", "name", "title"),
    [
        (take(), "", "ace_step", "ACE-Step 1.5"),
        (
            take(cover=SOURCE),
            "cover of the baseline",
            "ace_step_from_baseline",
            "ACE-Step 1.5 (cover of the baseline)",
        ),
        (
            take("musicgen", melody=SOURCE),
            "melody of the baseline",
            "musicgen_from_baseline",
            "MusicGen (melody of the baseline)",
        ),
        (take("musicgen"), "", "musicgen", "MusicGen"),
        (take("bark"), "", "bark", "Bark"),
    ],
)
def test_a_take_made_from_the_baseline_has_a_name_of_its_own(
    made: Take, mark: str, name: str, title: str
) -> None:
    assert (baseline_mark(made), maker_name(made), maker_title(made)) == (mark, name, title)
    assert (baseline_mark(made.job), maker_name(made.job)) == (mark, name)
    assert title_of(name) == title


def test_a_part_of_a_cover_made_anew_leaves_it_a_cover() -> None:
    stretch = "results/one/local_models/ace_step_segment10_chorus_take2.wav@6-9@sha256:"
    repaint = take(repaint=stretch, cover=SOURCE)
    assert baseline_mark(repaint) == "cover of the baseline"
    assert not baseline_mark(take(repaint=stretch))


def test_a_repaint_is_named_with_what_it_is_made_of() -> None:
    first, song = take(), "results/one/local_models/ace_step_segment10_chorus.wav"
    first = replace(first, wav=replace(first.wav, frames=15 * 48_000, sha256="ab" * 32))

    def words(stretch: str, *takes: Take) -> str:
        by_hash = {made.wav.sha256: made for made in takes}
        setting = f"{song}@{stretch}@sha256:{first.wav.sha256}"
        return repaint_words(take(repaint=setting), lambda source: by_hash.get(source.sha256))

    assert words("6-9", first) == "take 1 with 6–9 s anew"
    assert words("6.5-15", first) == "take 1 with 6.5–15 s anew"
    assert words("15-18", first) == "take 1, continued to 18 s"
    assert words("12-18", first) == "take 1, continued from 12 s to 18 s"
    assert words("6-9") == "take abababab (no longer here) with 6–9 s anew"
    for other in (first, take(cover=SOURCE), take("bark")):
        assert repaint_words(other, lambda source: first) == ""


def test_a_count_of_takes_says_which_are_no_draws_of_their_own() -> None:
    assert count_words(3, 0) == "3"
    assert count_words(3, 2) == "3, 2 of them with a stretch made anew"
    assert count_words(2, 2) == "2, all with a stretch made anew"


def test_a_model_that_is_gone_keeps_its_name() -> None:
    assert title_of("gone") == "gone"
    assert title_of("gone_from_baseline") == "gone (made from the baseline)"


@pytest.mark.parametrize(
    ("details", "words"),
    [
        ({}, ""),
        ({"peak_normalisation": {"peak_dbfs": -1.0, "gain_db": 3.5}}, "peak to -1 dBFS"),
        ({"loudness_normalisation": {"lufs": -16.0}}, "mix to -16 LUFS"),
        ({"task": "repaint"}, "that of the take it repaints"),
        ({"peak_normalisation": "yes"}, ""),
        ({"peak_normalisation": {"peak_dbfs": True}}, ""),
    ],
)
def test_a_level_that_a_step_set_is_said_to_be_of_the_pipeline(
    details: dict[str, Any], words: str
) -> None:
    step = f"its level was set by the pipeline: {words}" if words else ""
    assert level_step(take(details=details)) == step


def test_so_is_that_of_a_take_turned_down_lest_it_clip(tmp_path: Path) -> None:
    loud = np.full((100, 2), 1.5, np.float32)
    warnings = write_wav(tmp_path / "loud.wav", loud, 48_000)
    assert level_step(replace(take("bark"), warnings=warnings)).endswith(
        "turned down to full scale"
    )
    assert not level_step(replace(take("bark"), warnings=("window 2 is silent",)))
