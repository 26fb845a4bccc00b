"""What this machine computes with, by the files that its system shows."""

import platform
from pathlib import Path
from typing import Any

import pytest

from secondtake.core.devices import (
    accelerators,
    driver_version,
    fastest_device,
    processor_computes,
)

FLAGS = {
    "AVX2": "flags\t\t: fpu sse4_2 avx2 fma",
    "AVX-512": "flags\t\t: fpu avx2 avx512bw avx512vl avx512dq",
    "AVX-NE": "flags : avx2 avx_ne_convert",
    "old": "flags : fpu sse4_2",
    "Graviton 2": "Features\t: fp asimd",
    "Graviton 3": "Features\t: fp asimd bf16 i8mm",
    "a list without flags": "processor : 0",
}


@pytest.mark.parametrize(
    ("processor", "bfloat16", "int8"),
    [
        ("AVX2", False, True), ("AVX-512", True, True), ("AVX-NE", True, True),
        ("old", False, False), ("Graviton 2", False, False), ("Graviton 3", True, False),
        ("a list without flags", True, True),  # nothing is known, so nothing is refused
    ],
)  # fmt: skip
def test_a_processor_computes_what_it_has_instructions_for(
    tmp_path: Path, processor: str, bfloat16: bool, int8: bool
) -> None:
    (tmp_path / "proc").mkdir()
    (tmp_path / "proc" / "cpuinfo").write_text(f"processor : 0\n{FLAGS[processor]}\n")
    assert processor_computes("bfloat16", tmp_path) is bfloat16
    assert processor_computes("int8-weights", tmp_path)
    assert processor_computes("int8", tmp_path) is int8
    assert processor_computes("float32", tmp_path)


def test_apples_processors_have_no_byte_kernels(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(platform, "machine", lambda: "arm64")
    assert processor_computes("bfloat16", tmp_path) and not processor_computes("int8", tmp_path)
    assert processor_computes("int8-weights", tmp_path)


def test_the_fastest_device_is_one_that_is_here_and_that_the_model_knows(tmp_path: Path) -> None:
    assert fastest_device(("cpu", "cuda"), tmp_path) == "cpu"
    board = tmp_path / "dev" / "nvhost-gpu"
    board.parent.mkdir()
    board.touch()
    assert accelerators(tmp_path) == {"cuda": "NVIDIA"}
    assert fastest_device(("cpu", "mps", "cuda"), tmp_path) == "cuda"
    assert fastest_device(("cpu",), tmp_path) == "cpu"


@pytest.mark.parametrize(
    ("text", "version"),
    [
        ("NVRM version: NVIDIA UNIX x86_64 Kernel Module  535.129.03  Thu Oct 19 18:56:32 UTC\n"
         "GCC version:  gcc version 12.3.0", "535.129.03"),
        ("NVRM version: NVIDIA UNIX Open Kernel Module for x86_64  570.86.15  Release Build\n",
         "570.86.15"),
        ("NVRM version: NVIDIA UNIX x86_64 Kernel Module  550.54  Fri\n", "550.54"),
        ("", ""),
    ],
)  # fmt: skip
def test_the_drivers_version_is_what_its_file_says(tmp_path: Path, text: str, version: str) -> None:
    file = tmp_path / "proc" / "driver" / "nvidia" / "version"
    file.parent.mkdir(parents=True)
    file.write_text(text)
    assert driver_version(tmp_path) == version


def test_without_the_file_the_drivers_library_is_asked(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert driver_version(tmp_path, "libno-such-library.so") == ""
    assert driver_version(tmp_path, "libc.so.6") == ""  # a library of something else

    class Library:
        def nvmlInit_v2(self) -> int:
            return 0

        def nvmlSystemGetDriverVersion(self, buffer: Any, length: int) -> int:
            buffer.value = b"551.23"[:length]
            return 0

    monkeypatch.setattr("ctypes.CDLL", lambda name: Library())
    assert driver_version(tmp_path) == "551.23"
