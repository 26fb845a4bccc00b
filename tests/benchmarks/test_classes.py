"""The row of a class of processors: from the benchmarks' own files, beside the rows that stay."""

from typing import Any

import pytest
from benchmarks.classes import COLUMNS, ROWS, row, table
from benchmarks.floor import SIMULATED_BY, processor_class


def sides(**seconds: float) -> dict[str, Any]:
    names = {"batch": "fast, batch of 8"}
    return {names.get(name, name): [{"stages": {"a": s / 2, "b": s / 2}, "step_seconds": s / 10}]
            for name, s in seconds.items()}  # fmt: skip


def files(processor: str = "AVX2", threads: int = 2) -> dict[str, Any]:
    facts = {"floor": {"processor_class": processor, "threads": threads}, "date": "2026-11-28"}
    bark = {"small": sides(unmodified=100.0, fast=40.0, batch=160.0), "large": sides(fast=100.0)}
    stable_audio = sides(unmodified=100.0, fast=10.0)
    return {
        "bark.json": {**facts, "sizes": bark},
        "stable_audio.json": {**facts, "steps": 5, "sides": stable_audio},
    }


def test_a_row_has_the_ratios_of_what_was_run() -> None:
    cells = row(files())
    assert cells == ("AVX2", "2", "2026-11-28", "2.5x, 5.0x", "", "", "10.0x", "")
    assert COLUMNS[3].steps == 100  # 95 steps more on both sides: 1050 and 105 s


def test_files_of_several_machines_are_no_row() -> None:
    other = files(threads=4)["bark.json"]
    with pytest.raises(SystemExit, match="several machines"):
        row({**files(), "bark.json": other})


def test_a_row_takes_its_place_and_the_others_stay() -> None:
    def page(text: str) -> str:
        return f"# Page\n<!-- processor_classes: begin -->\n{text}\n<!-- processor_classes: end -->"

    first = table(row(files("AVX2 (simulated on AMD EPYC)")), "")
    assert first.count("not measured") == len(ROWS) - 1
    second = table(row(files("Apple M4 Max")), page(first))
    assert "| AVX2 (simulated on AMD EPYC) | 2 |" in second and "| Apple M4 Max | 2 |" in second
    assert second.count("not measured") == len(ROWS) - 2
    assert table(row(files("Apple M4 Max")), page(second)) == second


@pytest.mark.parametrize(
    ("units", "expected"),
    [
        ({"avx2"}, "AVX2"),
        ({"avx2", "avx_vnni"}, "AVX2 with VNNI"),
        ({"avx2", "avx512f", "avx512_vnni", "avx_vnni"}, "AVX-512 with VNNI"),
        ({"avx2", "avx512f", "avx512_vnni", "amx_bf16"}, "AMX"),
        (set(), "Apple M4 Max"),
    ],
)
def test_a_class_comes_from_the_instructions(units: set[str], expected: str) -> None:
    assert processor_class("Apple M4 Max", units, {}) == expected


def test_a_simulated_class_is_told() -> None:
    units, older = {"avx2", "avx512f"}, dict.fromkeys(SIMULATED_BY, "AVX2")
    assert processor_class("EPYC", units, older) == "AVX2 (simulated on EPYC)"
    assert processor_class("EPYC", units, {"ATEN_CPU_CAPABILITY": "avx2"}) == (
        "AVX2 (partly simulated on EPYC)"
    )
