"""What is known of PyTorch's operators: which wait, which launch, which devices have kernels."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import torch

# Their result, or its shape, is looked at by the processor.
WAITING = {
    "_local_scalar_dense", "equal", "is_nonzero", "item", "nonzero", "masked_select", "unique_dim",
    "_unique", "_unique2", "unique_consecutive", "allclose", "bincount",
}  # fmt: skip
# Their indices may lie on the CPU; then they are copied first.
INDEXING = {"index", "index_put", "index_put_", "_index_put_impl_", "_unsafe_index"}
UNWRITTEN = {
    "empty", "empty_strided", "empty_like", "empty_permuted", "new_empty", "new_empty_strided",
}  # fmt: skip
FOR_ALL = {
    "CompositeImplicitAutograd", "CompositeExplicitAutograd",
    "CompositeExplicitAutogradNonFunctional",
}  # fmt: skip
KEYS = {"cuda": "CUDA", "mps": "MPS"}
# Computed as one launch, as a GPU's libraries do, whatever PyTorch makes of them on a CPU.
WHOLE = {"scaled_dot_product_attention", "lstm"}


@dataclass(frozen=True)
class Operator:
    """What matters of one operator, or of a function of WHOLE."""

    name: str  # addmm for aten::addmm.out
    is_mutable: bool
    is_view: bool  # of its input: nothing runs on the device
    is_random: bool
    is_composite: bool  # computed by other operators on every device
    kernels: frozenset[str] | None  # dispatch keys; None: as every device's

    def has_kernel(self, kind: str) -> bool:
        """False where the device (cuda, mps) has no kernel for it, in this PyTorch."""
        return self.kernels is None or bool(self.kernels & (FOR_ALL | {KEYS[kind]}))


@cache
def operator(func: Any) -> Operator:
    if not isinstance(func, torch._ops.OpOverload):
        return Operator(str(func.__name__), False, False, False, False, None)
    namespace, name = func._schema.name.split("::")
    has = torch._C._dispatch_has_kernel_for_dispatch_key
    overload = func._schema.overload_name
    kernels = _kernels().get(f"{name}.{overload}" if overload else name)
    return Operator(
        name,
        is_mutable=bool(func._schema.is_mutable),
        is_view=not func._schema.is_mutable
        and any(returned.alias_info for returned in func._schema.returns),
        is_random=torch.Tag.nondeterministic_seeded in func.tags,
        is_composite=name not in WHOLE and bool(has(func.name(), "CompositeImplicitAutograd")),
        kernels=kernels if namespace in ("aten", "prim") else frozenset(),
    )


def masks_in(name: str, args: Any) -> bool:
    """True for an index with a mask: how much it selects is known on the device only."""
    if name not in INDEXING:
        return False
    return any(index is not None and index.dtype in (torch.bool, torch.uint8) for index in args[1])


@cache
def _kernels() -> dict[str, frozenset[str]]:
    """By operator the dispatch keys of its kernels, from the table that PyTorch is built of."""
    import torchgen
    import yaml

    path = Path(torchgen.__file__).parent / "packaged/ATen/native/native_functions.yaml"
    loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
    entries = yaml.load(path.read_text(encoding="utf-8"), loader)
    named = {entry["func"].split("(")[0]: entry for entry in entries}
    kernels = {}
    for name, entry in named.items():
        delegate = named.get(entry.get("structured_delegate"), entry)
        tables = [each.get("dispatch") or {} for each in (entry, delegate)]
        keys = {key.strip() for table in tables for group in table for key in group.split(",")}
        if "ufunc_inner_loop" in delegate:
            keys |= {"CPU", "CUDA"}
        kernels[name] = frozenset(keys or FOR_ALL)
    return kernels
