"""Three takes of one model, of which the ranking chooses the second."""

from dataclasses import replace

import pytest
from tests.analysis.made_up import comparison, measurement, segment, take

from secondtake.analysis.comparison.adherence import adherence
from secondtake.analysis.comparison.compare import compare_song
from secondtake.analysis.comparison.material import gather
from secondtake.analysis.comparison.summary import (
    choose_takes,
    headline_metrics,
    in_order,
    median,
    summarize,
)
from secondtake.analysis.report.comparison_page import comparison_page
from secondtake.core.files import sha256_of, write_json
from secondtake.core.plan import Request, plan
from secondtake.core.ranking_file import (
    RankedGroup,
    RankedTake,
    RankingFile,
    as_json,
    ranking_path,
)
from secondtake.core.registry.all_models import MODELS
from secondtake.core.takes import Take, wav_path, write_record
from secondtake.core.wav import write_wav

ORDER = ("timbre", "rhythm")


def two_models(ours: list[float], theirs: list[float], half: float | None = 0.1):
    """What `across` says of two models' timbre in as many segments."""
    pairs = enumerate(zip(ours, theirs, strict=True), 1)
    return summarize(
        [
            segment(
                number,
                take(number, "bark", measurement("timbre", first, half)),
                take(number, "musicgen", measurement("timbre", other, half)),
            )
            for number, (first, other) in pairs
        ],
        ORDER,
    )


def test_a_single_segment_keeps_its_own_interval():
    cell = two_models([0.5], [0.1])["cells"]["bark"]["timbre"]
    assert (cell["scaled"], cell["low"], cell["high"]) == (0.5, 0.4, 0.6)


def test_the_median_over_segments_lies_in_an_interval_wider_than_theirs():
    cell = two_models([0.2, 0.5, 0.9], [0.0, 0.0, 0.0])["cells"]["bark"]["timbre"]
    assert cell["scaled"] == 0.5
    assert 0.05 < cell["low"] < 0.3 and 0.8 < cell["high"] < 1.05
    assert (cell["segments"], cell["of"], cell["note"]) == (3, 3, "")


def test_models_apart_are_told_apart_and_equal_ones_are_not():
    (pair,) = two_models([0.8, 0.7], [0.1, 0.2])["pairs"]
    assert pair["decided"]
    assert pair["difference"] == pytest.approx(0.6)
    assert 0 < pair["low"] < 0.6 < pair["high"]
    (pair,) = two_models([0.5, 0.4], [0.45, 0.5])["pairs"]
    assert not pair["decided"]
    assert pair["low"] < 0 < pair["high"]


def test_an_interval_of_a_difference_is_as_wide_as_theory_says():
    (pair,) = two_models([0.5], [0.1], half=0.1)["pairs"]
    width = (pair["high"] - pair["low"]) / 2
    assert width == pytest.approx(0.1 * 2**0.5, rel=0.1)  # of two independent normal values


def test_what_is_open_is_part_of_no_median_and_no_pair():
    open_one = measurement("timbre", 0.9, half=None)
    assert open_one["verdict"] == "undecided"
    ours = [take(1, "bark", open_one), take(2, "bark", measurement("timbre", 0.4))]
    theirs = [take(number, "musicgen", measurement("timbre", 0.7)) for number in (1, 2)]
    pairs = enumerate(zip(ours, theirs, strict=True), 1)
    table = summarize([segment(number, *both) for number, both in pairs], ORDER)
    cell = table["cells"]["bark"]["timbre"]
    assert (cell["scaled"], cell["segments"], cell["of"]) == (0.4, 1, 2)
    assert cell["note"] == "decided in 1 of 2 segments"
    assert table["pairs"][0]["segments"] == [2]


def test_no_model_is_closer_than_another_where_neither_is_closer_than_other_music():
    (pair,) = two_models([0.0], [-0.5])["pairs"]
    assert pair["low"] > 0 and not pair["decided"]
    assert pair["note"] == "neither is for certain closer than other music"


def test_all_models_of_a_segment_answer_by_the_same_metric():
    first = measurement("timbre", None, name="embedding")
    takes = [
        take(1, "bark", measurement("timbre", 0.3, name="embedding"), measurement("timbre", 0.9)),
        take(1, "musicgen", first, measurement("timbre", 0.8)),
    ]
    assert headline_metrics([takes]) == {"timbre": "embedding"}
    assert headline_metrics([takes[1:]]) == {"timbre": "timbre"}
    table = summarize([segment(1, *takes)], ORDER)
    assert table["cells"]["musicgen"]["timbre"]["scaled"] is None
    assert table["cells"]["musicgen"]["timbre"]["note"] == "too short"
    assert table["pairs"][0]["note"] == "no segment in which both have a verdict"


def test_segments_answer_by_the_same_metric_too():
    """The first that has a scale at least half as often as the one that has it most often."""
    often, seldom = measurement("timbre", 0.5, name="often"), measurement("timbre", 0.4)
    without = {**seldom, "scaled": None, "scaled_interval": None}
    takes = [[take(n, "bark", seldom if n < 2 else without, often)] for n in range(5)]
    assert headline_metrics(takes[:4]) == {"timbre": "timbre"}
    assert headline_metrics(takes) == {"timbre": "often"}


def test_a_metric_that_is_no_score_does_not_speak_for_its_question():
    loudness = measurement("level", None, name="loudness", value=3.0, closer_is="")
    dynamics = measurement("level", None, name="dynamics", value=1.0, closer_is="zero")
    assert headline_metrics([[take(1, "bark", loudness, dynamics)]]) == {"level": "dynamics"}


def test_takes_that_met_no_original_do_not_count():
    bare = take(2, "bark", measurement("timbre", 0.9), against="sketch_segment2_verse")
    table = summarize([segment(2, bare, state="absent")], ORDER)
    assert (table["models"], table["questions"], table["pairs"]) == ([], [], [])


def test_the_chosen_take_counts_and_all_are_shown_beside_it():
    takes = [
        take(1, "bark", measurement("timbre", scaled), name=f"bark_{place}")
        for place, scaled in enumerate((0.1, 0.5, 0.9))
    ]
    chosen = {"model": "bark", "take": "bark_1", "of": 3, "best": True, "why": "", "set_aside": []}
    table = summarize([{**segment(1, *takes), "chosen": [chosen]}], ORDER)
    cell = table["cells"]["bark"]["timbre"]
    assert (cell["scaled"], cell["takes"]) == (0.5, 3)
    assert (cell["takes_least"], cell["takes_median"], cell["takes_most"]) == (0.1, 0.5, 0.9)
    assert table["answers"][0]["take"] == "bark_1"


def test_a_repaint_may_be_chosen_and_is_no_take_of_a_spread():
    values = {"bark_0": (0.1, ""), "bark_1": (0.3, ""), "bark_2": (0.9, "take 1 with 6–9 s anew")}
    takes = [
        take(1, "bark", measurement("timbre", value), name=name, repaint=words)
        for name, (value, words) in values.items()
    ]
    (choice,) = choose_takes(RankingFile("absent"), 1, takes)
    assert (choice["of"], choice["repaints"]) == (3, 1)
    table = summarize([{**segment(1, *takes), "chosen": [{**choice, "take": "bark_2"}]}], ORDER)
    cell = table["cells"]["bark"]["timbre"]
    assert (cell["scaled"], cell["takes"], cell["takes_most"]) == (0.9, 2, 0.3)
    assert adherence([segment(1, *takes)])["models"]["bark"]["tempo"]["kept"] == 2
    alone = summarize([segment(1, takes[2])], ORDER)["cells"]["bark"]["timbre"]
    assert (alone["scaled"], alone["takes"], alone["takes_median"]) == (0.9, 1, None)


def test_questions_come_in_their_order_and_the_same_figures_give_the_same_table():
    only = segment(1, take(1, "bark", measurement("rhythm", 0.2), measurement("timbre", 0.3)))
    assert summarize([only], ORDER)["questions"] == ["timbre", "rhythm"]
    assert comparison(only) == comparison(only)


RATE = 44_100


@pytest.fixture
def three(song, make_take, sounds) -> list[Take]:
    """A sketch, and three takes at 80, 100 and 120 BPM, that are 4, 5 and 6 s long."""
    make_take("sketch", sounds.clicks(97, 6, RATE))
    pattern = make_take("stable_audio", sounds.clicks(80, 4, RATE))
    takes = []
    for job, bpm in zip(
        plan(song, Request(models=("stable_audio",), takes=3)), (80, 100, 120), strict=True
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
        RankedTake(place, take.job.name, take.job.take, 1, take.wav.sha256, f"reason {place}", {})
        for place, take in enumerate(takes, 1)
    )
    group = RankedGroup(1, "instrumental", "stable_audio", placed[0].take, (), placed)
    write_json(ranking_path(song.results), as_json(song.name, [group]))


@pytest.fixture
def result(calibration):
    return lambda song, project: compare_song(
        song, gather(song, project), project, False, calibration
    )


def test_the_page_speaks_of_the_take_that_the_ranking_chose(song, project, three, result):
    rank(song, [three[1], three[2], three[0]])
    comparison = result(song, project)
    (choice,) = comparison["segments"][0]["chosen"]
    assert choice["take"] == three[1].job.name
    assert choice["best"]
    text = comparison_page(comparison)
    assert f"[Stable Audio]({three[1].job.name}.png), take 2 of 3, the best" in text
    assert three[2].job.name not in text  # a short page; the figures are in the JSON file
    assert len(comparison["segments"][0]["takes"]) == 4


def test_a_ranking_of_other_files_chooses_nothing(song, project, three, result):
    rank(song, [three[1], replace(three[2], wav=replace(three[2].wav, sha256="0")), three[0]])
    (choice,) = result(song, project)["segments"][0]["chosen"]
    assert (choice["take"], choice["best"]) == (three[0].job.name, False)
    assert ", take 1 of 3, not ranked" in comparison_page(result(song, project))


def test_with_one_take_nothing_is_chosen(song, project, make_take, sounds, result):
    make_take("stable_audio", sounds.clicks(120, 6, RATE))
    comparison = result(song, project)
    assert comparison["segments"][0]["chosen"] == []
    assert "least to most" not in comparison_page(comparison)
    assert "Several takes" not in comparison_page(comparison)


def test_the_median_of_known_figures():
    assert median([3.0, None, 1.0, 2.0]) == 2.0
    assert median([None]) is None


def test_models_come_as_the_registry_lists_them_and_the_control_last():
    names = ["sketch", "gone", "musicgen_from_baseline", "ace_step", "musicgen", "bark", "bark"]
    ordered = ["bark", "musicgen", "musicgen_from_baseline", "ace_step", "gone", "sketch"]
    assert in_order(names) == ordered


def test_what_was_made_from_the_baseline_is_in_no_pair():
    takes = [
        take(1, model, measurement("timbre", scaled, 0.1))
        for model, scaled in (("musicgen_from_baseline", 0.9), ("musicgen", 0.2), ("sketch", 0.1))
    ]
    across = summarize([segment(1, *takes)], ORDER)
    assert [model["title"] for model in across["models"]] == [
        "MusicGen",
        "MusicGen (melody of the baseline)",
        "Sketch",
    ]
    assert across["cells"]["musicgen_from_baseline"]["timbre"]["scaled"] == 0.9
    assert [(pair["first"], pair["second"]) for pair in across["pairs"]] == [("musicgen", "sketch")]
