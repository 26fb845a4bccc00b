"""The graphics memory that the system tells of: cards of NVIDIA's program, and a Mac's share."""

import os
import sys
from pathlib import Path

import pytest

from secondtake.runner import graphics_cards, machine
from secondtake.runner.graphics_cards import (
    GraphicsMemory,
    graphics_memories,
    parse_cards,
    recommended_by_metal,
)

MIB, GIB = 1 << 20, 1 << 30
TWO = "7540, 8188, 550.54.15, NVIDIA GeForce RTX 4060\n[N/A], 16384, 550.54.15, A, B card\n"
FIRST = GraphicsMemory(
    "cuda", "NVIDIA GeForce RTX 4060", 7540 * MIB, 8188 * MIB, driver="550.54.15"
)
SECOND = GraphicsMemory("cuda", "A, B card", None, 16384 * MIB, driver="550.54.15")


@pytest.fixture(autouse=True)
def asked_anew():
    graphics_memories.cache_clear()
    yield
    graphics_memories.cache_clear()


def a_program(folder: Path, monkeypatch: pytest.MonkeyPatch, script: str) -> None:
    """A program of that name, first on the path."""
    path = folder / "nvidia-smi"
    path.write_text(f"#!{sys.executable}\n{script}")
    path.chmod(0o755)
    monkeypatch.setenv("PATH", f"{folder}:{os.environ['PATH']}")
    monkeypatch.setattr(machine, "accelerators", lambda: {"cuda": "NVIDIA, seen by the driver"})


def test_cards_are_read_from_the_programs_table():
    assert parse_cards(TWO) == (FIRST, SECOND)
    assert str(FIRST) == (
        "NVIDIA GeForce RTX 4060, 7.9 GB of 8.6 GB graphics memory free, driver 550.54.15"
    )
    assert str(SECOND) == "A, B card, graphics memory unknown, driver 550.54.15"


@pytest.mark.parametrize(
    "text", ["", "No devices were found\n", "1, 2, 3\n", "1, 2, 3, a\x1b[2J\n", TWO + "boo\n"]
)
def test_what_is_no_table_is_no_card(text):
    assert parse_cards(text) == ()


def test_the_program_is_asked_for_the_cards_that_cuda_may_see(tmp_path, monkeypatch):
    script = f"import sys; from pathlib import Path; print({TWO!r}, end='')\n"
    script += f"Path({str(tmp_path / 'words')!r}).write_text(' '.join(sys.argv[1:]))"
    a_program(tmp_path, monkeypatch, script)
    monkeypatch.delenv("CUDA_VISIBLE_DEVICES", raising=False)
    assert graphics_memories() == (FIRST, SECOND)
    words = (tmp_path / "words").read_text()
    assert words == (
        "--query-gpu=memory.free,memory.total,driver_version,name --format=csv,noheader,nounits"
    )
    graphics_memories.cache_clear()
    monkeypatch.setenv("CUDA_VISIBLE_DEVICES", "1")
    graphics_memories()
    assert (tmp_path / "words").read_text() == f"{words} --id=1"


@pytest.mark.parametrize(
    "script",
    ["raise SystemExit(9)", "print('nonsense')", "import time; time.sleep(60)"],
)
def test_a_program_that_fails_or_hangs_leaves_it_unknown(tmp_path, monkeypatch, script):
    monkeypatch.setattr(graphics_cards, "LONGEST_WAIT", 0.5)
    a_program(tmp_path, monkeypatch, script)
    (card,) = graphics_memories()
    assert card == GraphicsMemory("cuda", "NVIDIA, seen by the driver")
    assert str(card) == "NVIDIA, seen by the driver, graphics memory unknown"


def test_a_program_that_cannot_be_started_leaves_it_unknown(tmp_path, monkeypatch):
    a_program(tmp_path, monkeypatch, "")
    (tmp_path / "nvidia-smi").write_text("#!/nowhere\n")
    assert graphics_memories()[0].free is None


def test_nothing_is_asked_where_there_is_no_card(monkeypatch):
    monkeypatch.setattr(machine, "accelerators", dict)
    monkeypatch.setattr(graphics_cards, "_asked_program", pytest.fail)
    assert graphics_memories() == ()


@pytest.mark.parametrize(("memory", "share"), [(8, 8 * 2 / 3), (36, 24), (48, 36), (128, 96)])
def test_metal_recommends_a_share_of_the_memory(memory, share):
    assert recommended_by_metal(memory * GIB) == int(share * GIB)


def test_a_mac_tells_its_share(monkeypatch):
    monkeypatch.setattr(machine, "accelerators", lambda: {"mps": "Apple"})
    sizes = {"SC_PHYS_PAGES": 16 * GIB // 4096, "SC_PAGE_SIZE": 4096}
    monkeypatch.setattr(graphics_cards.os, "sysconf", sizes.__getitem__)
    (share,) = graphics_memories()
    assert (share.device, share.free) == ("mps", int(16 * GIB * 2 / 3))
    assert str(share) == "Apple, up to 11.5 GB of the memory for graphics"
