"""The pickle inside a torch checkpoint, read without running anything that it names.

A pickle may name any function of any module and have it called. Here names are looked up in a table
of our own functions, which note down where a tensor lies or turn a numpy scalar into a number. Any
other name ends the reading. No pickle imports torch or numpy, and `torch.load` is never called.
"""

import pickle
import struct
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, BinaryIO

ITEM_BYTES = {  # by the names of safetensors
    "F64": 8, "F32": 4, "F16": 2, "BF16": 2,
    "I64": 8, "I32": 4, "I16": 2, "I8": 1, "U8": 1, "BOOL": 1,
}  # fmt: skip
STORAGES = {
    "DoubleStorage": "F64", "FloatStorage": "F32", "HalfStorage": "F16", "BFloat16Storage": "BF16",
    "LongStorage": "I64", "IntStorage": "I32", "ShortStorage": "I16", "CharStorage": "I8",
    "ByteStorage": "U8", "BoolStorage": "BOOL",
}  # fmt: skip
SCALARS = {  # numpy's names of plain numbers, as the struct module writes them
    "f8": "d", "f4": "f", "f2": "e", "i8": "q", "i4": "i", "i2": "h", "i1": "b",
    "u8": "Q", "u4": "I", "u2": "H", "u1": "B", "b1": "?",
}  # fmt: skip


class ForbiddenError(pickle.UnpicklingError):
    """The pickle names, or tries to do, what no checkpoint needs."""


@dataclass(eq=False)
class Storage:
    """A run of numbers in the file. Several tensors may look at one storage."""

    dtype: str
    items: int
    start: int = -1  # bytes from the file's beginning; -1 while not known


@dataclass(frozen=True, eq=False)
class StoredTensor:
    """A tensor's place in the file: a view of a storage. Offset and strides in items."""

    storage: Storage
    offset: int
    shape: tuple[int, ...]
    strides: tuple[int, ...]

    @property
    def place(self) -> tuple[int, int, tuple[int, ...], tuple[int, ...]]:
        """Equal for tensors that are the very same numbers in the file."""
        return (id(self.storage), self.offset, self.shape, self.strides)


@dataclass
class _NumberType:
    """numpy.dtype, as far as a single number needs it."""

    code: str
    order: str = "<"

    def __setstate__(self, state: tuple[Any, ...]) -> None:
        self.order = ">" if state[1] == ">" else "<"


class _Ordered(dict[Any, Any]):
    """collections.OrderedDict; what a pickle hangs on it besides its items is left out."""

    __slots__ = ()

    def __setstate__(self, state: object) -> None:
        pass


class _Allowed:
    """A function that a pickle may call, and in no way change."""

    __slots__ = ("_function",)

    def __init__(self, function: Callable[..., Any]) -> None:
        self._function = function

    def __call__(self, *arguments: Any) -> Any:
        return self._function(*arguments)

    def __setstate__(self, state: object) -> None:
        raise ForbiddenError("it tries to change a function")


def _tensor(storage: Storage, offset: int, shape: Any, strides: Any, *_: Any) -> StoredTensor:
    """torch._utils._rebuild_tensor_v2; ForbiddenError if it would reach out of its storage."""
    if not isinstance(storage, Storage):
        raise ForbiddenError("a tensor without a storage")
    numbers = [offset, *shape, *strides]
    are_counts = all(type(number) is int and number >= 0 for number in numbers)
    if not are_counts or len(shape) != len(strides):
        raise ForbiddenError(f"a tensor of shape {shape!r} with strides {strides!r}")
    last = offset + sum((size - 1) * stride for size, stride in zip(shape, strides, strict=True))
    if 0 not in shape and last >= storage.items:
        raise ForbiddenError(f"a tensor that ends at item {last} of a storage of {storage.items}")
    return StoredTensor(storage, offset, tuple(shape), tuple(strides))


def _parameter(tensor: StoredTensor, *_: Any) -> StoredTensor:
    """torch._utils._rebuild_parameter: a parameter is its tensor."""
    return tensor


def _encode(text: str, encoding: str) -> bytes:
    """_codecs.encode, by which old pickles write bytes."""
    if encoding != "latin1":
        raise ForbiddenError(f"the encoding {encoding!r}")
    return text.encode("latin-1")


def _number_type(code: str, *_: Any) -> _NumberType:
    return _NumberType(code)


def _number(kind: _NumberType, data: bytes) -> float:
    """numpy.core.multiarray.scalar: one number, out of its bytes."""
    (number,) = struct.unpack(kind.order + SCALARS[kind.code], data)
    return number  # type: ignore[no-any-return]


ALLOWED: dict[str, Any] = {
    "collections.OrderedDict": _Allowed(_Ordered),
    "torch._utils._rebuild_tensor_v2": _Allowed(_tensor),
    "torch._utils._rebuild_parameter": _Allowed(_parameter),
    "torch.Size": _Allowed(tuple),
    "numpy.dtype": _Allowed(_number_type),
    "numpy.core.multiarray.scalar": _Allowed(_number),
    "numpy._core.multiarray.scalar": _Allowed(_number),
    "_codecs.encode": _Allowed(_encode),
    **{f"torch.{name}": dtype for name, dtype in STORAGES.items()},
}


class RestrictedUnpickler(pickle.Unpickler):
    """Reads one pickle into plain values, dictionaries and StoredTensors.

    `locate(key, storage)` is called once for every storage and fills in its place in the file.
    ForbiddenError names what is not allowed; a broken pickle raises what pickle raises.
    """

    def __init__(self, file: BinaryIO, locate: Callable[[str, Storage], None]) -> None:
        super().__init__(file, encoding="utf-8")
        self._locate = locate
        self._storages: dict[str, Storage] = {}

    def find_class(self, module: str, name: str) -> Any:
        full = f"{module}.{name}"
        if full not in ALLOWED:
            raise ForbiddenError(full)
        return ALLOWED[full]

    def persistent_load(self, pid: Any) -> Storage:
        kind, dtype, key, _device, items, *view = pid
        good = kind == "storage" and dtype in ITEM_BYTES and type(items) is int and items >= 0
        if not good or any(view):  # a view of a storage: nothing has written that since 2018
            raise ForbiddenError(f"the storage {pid!r}")
        if key not in self._storages:
            self._storages[key] = Storage(dtype, items)
            self._locate(key, self._storages[key])
        storage = self._storages[key]
        if (storage.dtype, storage.items) != (dtype, items):
            raise ForbiddenError(f"two storages named {key!r}")
        return storage
