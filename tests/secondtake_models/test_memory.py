"""A lack of memory is told as one, however PyTorch puts it; other errors stay what they are."""

import pytest

from secondtake.errors import ModelError
from secondtake_models.memory import memory_explained

ON_THE_CPU = "[enforce fail] DefaultCPUAllocator: can't allocate memory: you tried to allocate 9 GB"


@pytest.mark.parametrize(
    "error", [MemoryError("x"), RuntimeError("CUDA out of memory."), RuntimeError(ON_THE_CPU)]
)
def test_a_lack_of_memory_says_what_helps(error: Exception) -> None:
    with pytest.raises(ModelError, match="out of memory") as told, memory_explained():
        raise error
    assert told.value.code == "memory" and "SECONDTAKE_LOW_MEMORY=1" in told.value.hint


def test_other_errors_stay_what_they_are() -> None:
    with pytest.raises(RuntimeError, match="shapes"), memory_explained():
        raise RuntimeError("shapes do not fit")
    asked = ModelError("unsupported", "no", "yes")
    with pytest.raises(ModelError) as told, memory_explained():
        raise asked
    assert told.value is asked
