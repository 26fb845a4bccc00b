"""The machine's resources, read from machines made of files."""

import os
import platform
from pathlib import Path

import pytest

from secondtake.runner.machine import (
    accelerators,
    available_memory_bytes,
    cores,
    disk_of,
    free_disk_bytes,
    nearest_folder,
)

MIB = 1 << 20


def write(root: Path, name: str, text: str) -> None:
    (root / name).parent.mkdir(parents=True, exist_ok=True)
    (root / name).write_text(text)


def a_linux(root: Path, available_mib: int) -> None:
    write(root, "proc/meminfo", f"MemTotal: 99999999 kB\nMemAvailable: {available_mib * 1024} kB\n")


def test_memory_is_what_linux_calls_available(tmp_path: Path) -> None:
    a_linux(tmp_path, 700)
    assert available_memory_bytes(tmp_path) == 700 * MIB


def test_a_containers_limit_counts_less_what_it_uses_and_can_not_give_back(tmp_path: Path) -> None:
    a_linux(tmp_path, 700)
    write(tmp_path, "proc/self/cgroup", "0::/box/inner\n")
    write(tmp_path, "sys/fs/cgroup/box/inner/memory.max", "max\n")
    write(tmp_path, "sys/fs/cgroup/box/memory.max", f"{500 * MIB}\n")
    write(tmp_path, "sys/fs/cgroup/box/memory.current", f"{400 * MIB}\n")
    write(tmp_path, "sys/fs/cgroup/box/memory.stat", f"anon 1\ninactive_file {300 * MIB}\n")
    assert available_memory_bytes(tmp_path) == 400 * MIB


def test_older_control_groups_count_too_and_their_absent_path_means_the_root(
    tmp_path: Path,
) -> None:
    a_linux(tmp_path, 700)
    write(tmp_path, "proc/self/cgroup", "4:cpu:/elsewhere\n3:memory:/not/visible/here\n")
    folder = "sys/fs/cgroup/memory"
    write(tmp_path, f"{folder}/memory.limit_in_bytes", f"{600 * MIB}")
    write(tmp_path, f"{folder}/memory.usage_in_bytes", f"{200 * MIB}")
    write(tmp_path, f"{folder}/memory.stat", "total_inactive_file 0\n")
    assert available_memory_bytes(tmp_path) == 400 * MIB


def test_elsewhere_it_is_all_of_the_memory(tmp_path: Path) -> None:
    assert available_memory_bytes(tmp_path) >= available_memory_bytes()


def test_room_is_asked_of_the_nearest_folder_that_exists(tmp_path: Path) -> None:
    absent = tmp_path / "a" / "b"
    assert nearest_folder(absent) == tmp_path.resolve()
    assert disk_of(absent) == tmp_path.stat().st_dev
    assert free_disk_bytes(absent) > 0


def test_a_card_is_told_by_what_its_driver_shows(tmp_path: Path) -> None:
    folder = "proc/driver/nvidia/gpus"
    write(tmp_path, f"{folder}/0000:01:00.0/information", "Model: \t NVIDIA H200\nIRQ: 1\n")
    write(tmp_path, f"{folder}/0000:02:00.0/power", "")
    assert accelerators(tmp_path) == {"cuda": "NVIDIA H200, NVIDIA"}


def test_a_card_of_windows_counts(tmp_path: Path) -> None:
    write(tmp_path, "usr/lib/wsl/lib/libcuda.so.1", "")
    assert set(accelerators(tmp_path)) == {"cuda"}


@pytest.mark.parametrize(
    ("system", "machine", "devices"),
    [("Darwin", "arm64", {"mps"}), ("Darwin", "x86_64", set()), ("Linux", "arm64", set())],
)
def test_only_apples_own_processors_have_its_device(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, system: str, machine: str, devices: set[str]
) -> None:
    monkeypatch.setattr(platform, "system", lambda: system)
    monkeypatch.setattr(platform, "machine", lambda: machine)
    assert set(accelerators(tmp_path)) == devices


def test_only_cores_that_may_be_used_are_counted() -> None:
    assert 1 <= cores() <= (os.cpu_count() or 1)
