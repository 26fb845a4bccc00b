"""Processors that tests run on: this one, and it made to compute as one of before 2023."""

import platform
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

# For PyTorch's products of bytes, its own kernels, oneDNN's, CTranslate2's and ours: neither
# AVX-512 nor VNNI. On a processor without them, and on ARM, they change nothing.
OLDER = {
    "FBGEMM_ENABLE_INSTRUCTIONS": "AVX2", "ATEN_CPU_CAPABILITY": "avx2",
    "ONEDNN_MAX_CPU_ISA": "AVX2", "CT2_FORCE_CPU_ISA": "AVX2",
}  # fmt: skip
if platform.machine() == "x86_64":  # what numba compiles for
    OLDER |= {"NUMBA_CPU_NAME": "haswell", "NUMBA_CPU_FEATURES": "+avx,+avx2,+fma,+f16c"}
PROCESSORS = {"this processor": {}, "an older one": OLDER}


@contextmanager
def computing_on(processor: str) -> Iterator[None]:
    """Programs started within run on one of PROCESSORS."""
    with pytest.MonkeyPatch.context() as patch:
        for name, value in PROCESSORS[processor].items():
            patch.setenv(name, value)
        yield
