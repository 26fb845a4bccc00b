"""Three takes of one model, of which the ranking chooses the second."""

from dataclasses import replace

import pytest

from secondtake.files import sha256_of, write_json
from secondtake.models import MODELS
from secondtake.plan import Wish, plan
from secondtake.ranked import Group, Placed, as_json, ranking_path
from secondtake.takes import Take, wav_path, write_record
from secondtake.wav import write_wav
from secondtake_analysis.page.page import page
from secondtake_analysis.study.material import gather
from secondtake_analysis.study.several import median, spread
from secondtake_analysis.study.study import study

RATE = 44_100


@pytest.fixture
def three(song, make_take, sounds) -> list[Take]:
    """A sketch, and three takes at 80, 100 and 120 BPM, that are 4, 5 and 6 s long."""
    make_take("sketch", sounds.clicks(97, 6, RATE))
    pattern = make_take("stable_audio", sounds.clicks(80, 4, RATE))
    takes = []
    for job, bpm in zip(
        plan(song, Wish(models=("stable_audio",), takes=3)), (80, 100, 120), strict=True
    ):
        path = wav_path(song.results, job.name)
        seconds = 3 + job.take
        mono = sounds.clicks(bpm, seconds, RATE) + sounds.sine(440, seconds, 0.1, RATE)
        samples = mono.repeat(2).reshape(-1, 2)
        write_wav(path, samples, MODELS[job.model].sample_rate)
        size = path.stat().st_size
        wav = replace(pattern.wav, file=path.name, sha256=sha256_of(path), bytes=size)
        takes.append(replace(pattern, job=job, wav=replace(wav, frames=len(samples))))
        write_record(song.results, takes[-1])
    return takes


def rank(song, takes: list[Take]) -> None:
    """ranking.json with these takes, best first."""
    placed = tuple(
        Placed(place, one.job.name, one.job.take, 1, one.wav.sha256, f"reason {place}", {})
        for place, one in enumerate(takes, 1)
    )
    group = Group(1, "instrumental", "stable_audio", placed[0].take, (), placed)
    write_json(ranking_path(song.results), as_json(song.name, [group]))


@pytest.fixture
def result(calibration):
    return lambda song, project: study(song, gather(song, project), project, False, calibration)


def test_the_page_speaks_of_the_take_that_the_ranking_chose(song, project, three, result):
    rank(song, [three[1], three[2], three[0]])
    comparison = result(song, project)
    (choice,) = comparison["segments"][0]["chosen"]
    assert choice["take"] == three[1].job.name
    assert choice["best"]
    text = page(comparison)
    assert f"### Stable Audio: `{three[1].job.name}`" in text
    assert "The best of 3 takes, as `ranking.json` says, which does not know the baseline" in text
    assert "reason 1." in text
    assert three[2].job.name not in text  # a short page; the figures are in the JSON file
    assert len(comparison["segments"][0]["takes"]) == 4


def test_medians_stand_beside_it(song, project, three, result):
    rank(song, [three[1], three[2], three[0]])
    text = page(result(song, project))
    (row,) = [line for line in text.splitlines() if "(least to most)" in line]
    assert row.startswith("| Stable Audio, median of 3 (least to most) | 5.00 (4.00 to 6.00) |")
    assert "| rhythm, " in text.split("Of all 3 takes")[1]


def test_a_ranking_of_other_files_chooses_nothing(song, project, three, result):
    rank(song, [three[1], replace(three[2], wav=replace(three[2].wav, sha256="0")), three[0]])
    (choice,) = result(song, project)["segments"][0]["chosen"]
    assert (choice["take"], choice["best"]) == (three[0].job.name, False)
    assert "One of 3 takes: these files are not ranked yet; type: invoke rank" in page(
        result(song, project)
    )


def test_with_one_take_nothing_is_chosen(song, project, make_take, sounds, result):
    make_take("stable_audio", sounds.clicks(120, 6, RATE))
    comparison = result(song, project)
    assert comparison["segments"][0]["chosen"] == []
    assert "least to most" not in page(comparison)
    assert "Several takes" not in page(comparison)


def test_median_and_spread_of_known_figures():
    assert median([3.0, None, 1.0, 2.0]) == 2.0
    assert median([None]) is None
    assert spread([3.0, -1.0, 2.5, None]) == "2.50 (−1.00 to 3.00)"
    assert spread([]) == "–"
