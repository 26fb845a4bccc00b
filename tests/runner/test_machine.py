"""The machine's resources, read from machines made of files."""

import os
import platform
from pathlib import Path

import pytest

from secondtake.core.errors import ModelError
from secondtake.core.registry.all_models import MODELS
from secondtake.runner import doctor, environments, machine
from secondtake.runner.machine import (
    accelerators,
    available_memory_bytes,
    cores,
    disk_of,
    free_disk_bytes,
    nearest_folder,
)
from secondtake.runner.preflight import preflight

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


def on_platform(monkeypatch, system, processor, macos="", compilers=()):
    monkeypatch.setattr(machine.platform, "system", lambda: system)
    monkeypatch.setattr(machine.platform, "machine", lambda: processor)
    monkeypatch.setattr(machine.platform, "mac_ver", lambda: (macos, ("", "", ""), processor))
    monkeypatch.setattr(machine.shutil, "which", lambda name: name if name in compilers else None)
    monkeypatch.delenv("CXX", raising=False)


EVERY = ("bark", "stable_audio", "musicgen", "ace_step", "sketch", "analysis", "lyrics")


@pytest.mark.parametrize(
    ("place", "refused"),
    [
        (("Linux", "x86_64"), ()),
        (("Linux", "aarch64", "", ("g++",)), ()),
        (("Linux", "aarch64"), ("sketch",)),
        (("Darwin", "arm64", "15.1"), ()),
        (("Darwin", "arm64", "14.0"), ()),
        (("Darwin", "arm64", "13.6.9"), ("analysis", "lyrics")),
        (("Darwin", "x86_64", "14.2"), EVERY),
        (("Linux", "riscv64"), EVERY),
        (("Linux", "armv7l"), EVERY),
        (("FreeBSD", "amd64"), EVERY),
    ],
)
def test_what_has_no_packages_here_is_known_beforehand(monkeypatch, place, refused):
    on_platform(monkeypatch, *place)
    faults = {name: machine.platform_fault(name) for name in EVERY}
    assert tuple(name for name, fault in faults.items() if fault) == refused
    for name in refused:
        with pytest.raises(ModelError) as caught:
            machine.check_platform(name)
        assert caught.value.code == "environment"
        assert caught.value.message and caught.value.hint and "\n" not in caught.value.hint


def test_a_compiler_by_another_name_is_one(monkeypatch):
    on_platform(monkeypatch, "Linux", "aarch64", compilers=("zig",))
    assert machine.platform_fault("sketch")
    monkeypatch.setenv("CXX", "zig c++")
    assert machine.platform_fault("sketch") is None


def test_a_mac_with_an_intel_processor_downloads_nothing(hum, hub, settings_for, monkeypatch):
    on_platform(monkeypatch, "Darwin", "x86_64", "14.2")
    bark = MODELS["bark"]
    with pytest.raises(ModelError, match="Intel") as caught:
        preflight(hum, bark, bark.default, settings_for(hub), environment_built=False)
    assert caught.value.code == "environment" and not hub.requests
    with pytest.raises(ModelError, match="Intel"):
        environments.ensure(hum, "hum", hum.root / "build.log")
    assert not (hum.root / environments.FOLDER).exists()
    (report, *_) = doctor.diagnose(hum, settings_for(hub), ("hum",))
    assert report.code == "environment" and "Intel" in report.message
    assert any(line.startswith("■ analysis: ") for line in doctor.machine_lines(hum))
