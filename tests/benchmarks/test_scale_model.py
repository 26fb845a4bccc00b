import math
from pathlib import Path

import pytest
from benchmarks.scale_model import (
    GPUS,
    JOBS_OF_MODEL,
    SECONDS,
    Costs,
    Need,
    chunk_rounds,
    drivers_wanted,
    measured,
    parts,
    parts_table,
    simulate,
)

from secondtake.core.takes import takes_folder

MS = 1e-3
COSTS = Costs(
    commit=40 * MS,
    commit_unsynced=20 * MS,
    commit_threads=20 * MS,
    hashing=4 * MS,
    record=1 * MS,
    outcomes={99: 10 * MS, JOBS_OF_MODEL: 100 * MS},
    bookkeeping=0.01 * MS,
    listing=0.001 * MS,
    reading=0.5 * MS,
    message=0.5 * MS,
)


def test_one_gpu_makes_one_take_in_its_own_time_and_that_of_every_station() -> None:
    rate = simulate(1, 8.0, [Need(1.5), Need(0.5)], takes=4000)
    assert rate == pytest.approx(1 / (8 + 1.5 + 0.5), rel=0.01)


@pytest.mark.parametrize("gpus", [400, 1000])
def test_a_station_that_is_full_lets_through_what_it_can_and_no_more(gpus: int) -> None:
    assert simulate(gpus, 10.0, [Need(0.05)]) == pytest.approx(1 / 0.05, rel=0.01)


def test_gpus_that_are_few_are_hardly_kept_waiting() -> None:
    assert simulate(100, 10.0, [Need(0.05)]) == pytest.approx(100 / 10.05, rel=0.02)


def test_the_slowest_station_decides_and_capacity_is_shared_out_first() -> None:
    slow = Need(100.0, capacity=1000.0, of_gpu=0.5, fixed=0.1)  # 900 - 500 are left for takes
    assert simulate(1000, 10.0, [Need(0.01), slow, Need(0.02)]) == pytest.approx(4.0, rel=0.01)


def test_where_gpus_by_themselves_fill_a_station_nothing_comes_through() -> None:
    assert simulate(10, 10.0, [Need(1.0, capacity=5.0, of_gpu=0.5)]) == 0.0


@pytest.mark.parametrize(
    ("need", "load", "full_at"),
    [
        (Need(0.05), 5.0, 200),  # 100 takes/s of 50 ms each
        (Need(6e6, capacity=1.2e9), 0.5, 2000),
        (Need(0.001, of_gpu=0.0004), 0.5, 2000),
        (Need(0.0, capacity=10_000, of_gpu=1.0), 0.1, 10_000),
        (Need(0.005, fixed=0.2), 0.7, 1600),
        (Need(0.0, fixed=0.05), 0.05, math.inf),
    ],
)
def test_the_load_of_a_thousand_gpus_and_how_many_would_fill_it(
    need: Need, load: float, full_at: float
) -> None:
    assert need.load(1000, 10.0) == pytest.approx(load)
    assert need.full_at(10.0) == pytest.approx(full_at)
    if full_at < math.inf:
        assert need.load(full_at, 10.0) == pytest.approx(1.0)


def test_a_driver_breaks_first_at_its_file_of_outcomes_and_the_design_takes_that_away() -> None:
    ours = [each for each in parts(COSTS) if each.of_driver]
    plain = sorted(ours, key=lambda each: each.plain.full_at(10.0))
    assert plain[0].name == "outcomes"
    assert plain[0].plain.full_at(10.0) == pytest.approx(100)  # 10 takes/s of 100 ms
    assert plain[0].designed.full_at(10.0) == math.inf


def test_no_answer_makes_anything_worse() -> None:
    for each in parts(COSTS):
        for seconds in SECONDS:
            assert each.designed.load(GPUS, seconds) <= each.plain.load(GPUS, seconds), each.name


def test_as_many_drivers_are_wanted_as_leave_headroom_in_their_fullest_part() -> None:
    needs = [Need(0.005), Need(0.02)]  # 0.5 and 2 of one driver at 100 takes/s
    assert drivers_wanted(needs, 1000, 10.0) == 3
    assert drivers_wanted([Need(0.001)], 1000, 10.0) == 1
    assert drivers_wanted([Need(0.0125, fixed=0.1)], 1000, 10.0) == 3  # 1.25 in shares of 0.6


def test_a_chunk_doubles_and_one_node_gets_one_after_another() -> None:
    assert chunk_rounds(nodes=1, chunks=7) == 7
    assert chunk_rounds(nodes=3, chunks=1) >= 2  # 1, 2, 4 have it
    rounds = chunk_rounds(nodes=63, chunks=100)
    assert 100 + 5 <= rounds < 63 * 100 / 10  # no faster than a tree, far from one after another


def test_the_table_says_where_each_part_is_full() -> None:
    (row,) = [line for line in parts_table(parts(COSTS), 10.0).splitlines() if "network" in line]
    assert "| 217 | 461% | 2,170 | 46% |" in row  # 5.76 MB over 1 and 10 Gbit/s, 100 times a second
    assert "| any | 5% |" in parts_table(parts(COSTS), 10.0)


def test_costs_are_measured_of_real_files(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("benchmarks.scale_model.JOBS_OF_MODEL", 120)
    monkeypatch.setattr("benchmarks.scale_model.WAV_BYTES", 1000)
    monkeypatch.setattr("benchmarks.scale_model.find_spec", lambda name: None)
    costs = measured(tmp_path)
    records = list(takes_folder(tmp_path / "records").glob("*.json"))
    wavs = list(takes_folder(tmp_path / "threads").glob("*.wav"))
    assert len(records) == 120 and [wav.stat().st_size for wav in wavs] == [1000] * 32
    assert list(costs.outcomes) == [99, 120]
    assert min(costs.commit, costs.reading, costs.record, *costs.outcomes.values()) > 0
