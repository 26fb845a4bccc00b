"""Matrices as an arithmetic keeps them, beside the checkpoint that they were made of.

float32 uses the mapped file's own memory. Anything narrower is made of it once and kept, so that
the next start maps half or a quarter of the bytes.
"""

from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

from secondtake.files import replacing
from secondtake_models.decoding.arithmetic import Arithmetic

FORMAT = 1  # raised when an arithmetic keeps its matrices in another way

Kept = Mapping[str, Sequence[Any]]  # by matrix: the tensors that an arithmetic keeps of it
Named = Iterable[tuple[str, Any, bool]]  # name, matrix (out, in), and whether it is a head


def kept_matrices(path: Path, matrices: Named, arithmetic: Arithmetic) -> Kept:
    """Every matrix of the safetensors file `path`, mapped from a file that the first time makes.

    `matrices` is gone through only if they are not there yet. OSError if the disk is full.
    """
    if arithmetic.exact:
        return {name: [matrix] for name, matrix, _ in matrices}
    from safetensors import SafetensorError
    from safetensors.torch import save

    target = path.with_name(f"{path.stem}.{arithmetic.kept_name}.{FORMAT}.safetensors")
    try:
        return _mapped(target)
    except (OSError, SafetensorError):  # not made yet
        made = {
            f"{name}/{place}": tensor
            for name, matrix, is_head in matrices
            for place, tensor in enumerate(arithmetic.keep(matrix, is_head))
        }
        with replacing(target) as file:
            file.write(save(made))
        return _mapped(target)


def _mapped(path: Path) -> Kept:
    from safetensors import safe_open

    kept: dict[str, list[Any]] = {}
    with safe_open(path, framework="pt") as file:
        for key in sorted(file.keys()):
            kept.setdefault(key.partition("/")[0], []).append(file.get_tensor(key))
    return kept
