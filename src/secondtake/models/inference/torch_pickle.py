"""The pickle inside a torch checkpoint, read without running anything that it names.

A pickle is a program: it may name any function of any module and have it called, and a few bytes of
it can ask for gigabytes. Here its instructions are taken one by one, those only that checkpoints
need, and nothing is made that is larger than a budget. Names are looked up in a table of our own
functions, which note down where a tensor lies or turn a numpy scalar into a number. Any other name
or instruction ends the reading. torch and numpy are not imported; `torch.load` is never called.
"""

import math
import pickle
import pickletools
import struct
from collections.abc import Callable
from dataclasses import dataclass
from io import BytesIO
from typing import Any

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
# Bark's largest file, with its optimizer's state, has 900 tensors of 50 instructions and 150 bytes.
MOST_INSTRUCTIONS = 500_000  # a second's work
MOST_BYTES = 8 << 20
MOST_COPIED = 1 << 18  # items of what functions are called with, which may be one and the same
LONGEST_KEY = 1000  # characters
LARGEST_KEY = 1 << 53  # of whole numbers: larger ones can be made to share a place in a dictionary
LARGEST_BITS = 128  # of whole numbers: the older format begins with one of 77
MOST_DIMENSIONS = 8
MOST_ITEMS = 1 << 48  # of a tensor, the empty dimensions left out


class ForbiddenError(pickle.UnpicklingError):
    """The pickle names, or tries to do, what no checkpoint needs."""


@dataclass(eq=False)
class Storage:
    """A run of numbers in the file. Several tensors may look at one storage."""

    dtype: str
    items: int
    start: int = -1  # bytes from the file's beginning; -1 while not known

    @property
    def bytes(self) -> int:
        return self.items * ITEM_BYTES[self.dtype]


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

    @property
    def bytes(self) -> int:
        return math.prod(self.shape) * ITEM_BYTES[self.storage.dtype]


@dataclass
class _NumberType:
    """numpy.dtype, as far as a single number needs it."""

    code: str
    order: str = ""  # "<" or ">"; said once


class _Mark:
    """Where on the stack the items of a list, a tuple or a dictionary begin."""


def _tensor(storage: Any, offset: Any, shape: Any, strides: Any, *_: Any) -> StoredTensor:
    """torch._utils._rebuild_tensor_v2; ForbiddenError if it would reach out of its storage, or
    hold a number of it twice."""
    if not isinstance(storage, Storage):
        raise ForbiddenError("a tensor without a storage")
    if type(shape) is not tuple or type(strides) is not tuple or len(shape) != len(strides):
        raise ForbiddenError("a tensor whose shape and strides do not fit")
    numbers = [offset, *shape, *strides]
    are_counts = all(type(number) is int and 0 <= number < MOST_ITEMS for number in numbers)
    if not are_counts or len(shape) > MOST_DIMENSIONS:
        raise ForbiddenError("a tensor whose shape or strides cannot be")
    if math.prod(size or 1 for size in shape) >= MOST_ITEMS:
        raise ForbiddenError(f"a tensor of shape {shape}")
    last = 0  # item of the view, while it is built up from its densest dimension
    for stride, size in sorted(zip(strides, shape, strict=True)):
        if 0 not in shape and size > 1:
            if stride <= last:
                raise ForbiddenError(f"a tensor of shape {shape} that overlaps itself ({strides})")
            last += (size - 1) * stride
    if 0 not in shape and offset + last >= storage.items:
        raise ForbiddenError(
            f"a tensor that ends at item {offset + last} of a storage of {storage.items}"
        )
    return StoredTensor(storage, offset, shape, strides)


def _parameter(tensor: Any, *_: Any) -> StoredTensor:
    """torch._utils._rebuild_parameter: a parameter is its tensor."""
    if not isinstance(tensor, StoredTensor):
        raise ForbiddenError("a parameter without a tensor")
    return tensor


def _encode(text: Any, encoding: Any) -> bytes:
    """_codecs.encode, by which old pickles write bytes."""
    if type(text) is not str or encoding != "latin1":
        raise ForbiddenError("another encoding than latin1")
    return text.encode("latin-1")


def _number_type(code: Any, *_: Any) -> _NumberType:
    if type(code) is not str or code not in SCALARS:
        raise ForbiddenError("a type of numpy's that is no number")
    return _NumberType(code)


def _number(kind: Any, data: Any) -> float:
    """numpy.core.multiarray.scalar: one number, out of its bytes."""
    if not isinstance(kind, _NumberType):
        raise ForbiddenError("a number without a type")
    raw = data.encode("latin-1") if isinstance(data, str) else data  # as Python 2 wrote it
    (number,) = struct.unpack((kind.order or "<") + SCALARS[kind.code], raw)
    return number  # type: ignore[no-any-return]


def _ordered(pairs: Any = ()) -> dict[Any, Any]:
    """collections.OrderedDict; what a pickle hangs on it besides its items is left out."""
    items: dict[Any, Any] = {}
    for key, value in pairs:
        items[_key(key)] = value
    return items


def _size(sizes: Any = ()) -> tuple[Any, ...]:
    """torch.Size"""
    if not isinstance(sizes, (tuple, list)):
        raise ForbiddenError("a size that is none")
    return tuple(sizes)


def _key(key: Any) -> Any:
    """A dictionary's key, whose hash is soon known and its own."""
    if type(key) is str and len(key) <= LONGEST_KEY:
        return key
    if type(key) in (int, bool) and abs(key) < LARGEST_KEY:
        return key
    raise ForbiddenError("a dictionary's key that is no name")


FUNCTIONS: dict[str, Callable[..., Any]] = {
    "collections.OrderedDict": _ordered,
    "torch._utils._rebuild_tensor_v2": _tensor,
    "torch._utils._rebuild_parameter": _parameter,
    "torch.Size": _size,
    "numpy.dtype": _number_type,
    "numpy.core.multiarray.scalar": _number,
    "numpy._core.multiarray.scalar": _number,
    "_codecs.encode": _encode,
}
CONSTANTS = {"NONE": None, "NEWTRUE": True, "NEWFALSE": False, "EMPTY_TUPLE": ()}
LITERALS = frozenset(
    "INT BININT BININT1 BININT2 LONG LONG1 LONG4 FLOAT BINFLOAT STRING BINSTRING SHORT_BINSTRING "
    "UNICODE SHORT_BINUNICODE BINUNICODE SHORT_BINBYTES BINBYTES".split()
)
TUPLES = {"TUPLE1": 1, "TUPLE2": 2, "TUPLE3": 3}
IGNORED = frozenset({"PROTO", "FRAME"})


class PickleMachine:
    """Reads one pickle into plain values, dictionaries and StoredTensors.

    `locate(key, storage)` is called once for every storage and fills in its place in the file.
    ForbiddenError names what is not allowed; a broken pickle raises what pickletools raises.
    """

    def __init__(self, locate: Callable[[str, Storage], None]) -> None:
        self._locate = locate
        self._storages: dict[str, Storage] = {}
        self._stack: list[Any] = []
        self._memo: dict[int, Any] = {}
        self._copied = 0

    def run(self, data: bytes) -> tuple[Any, int]:
        """The value of the pickle that `data` begins with, and how many bytes it takes."""
        stream = BytesIO(data[:MOST_BYTES])
        for count, (opcode, argument, _) in enumerate(pickletools.genops(stream)):
            if count > MOST_INSTRUCTIONS:
                raise ForbiddenError(f"more than {MOST_INSTRUCTIONS} instructions")
            if opcode.name == "STOP":
                return self._pop(), stream.tell()
            self._step(opcode.name, argument)
        raise pickle.UnpicklingError("a pickle without an end")

    def _step(self, name: str, argument: Any) -> None:
        stack = self._stack
        if name in LITERALS:
            if type(argument) is int and argument.bit_length() > LARGEST_BITS:
                raise ForbiddenError(f"a number of {argument.bit_length()} bits")
            stack.append(argument)
        elif name in ("BINPUT", "LONG_BINPUT", "PUT", "MEMOIZE"):
            place = len(self._memo) if argument is None else argument
            if not 0 <= place <= MOST_INSTRUCTIONS:  # a pickler counts its places
                raise ForbiddenError(f"place {place} of a memo")
            self._memo[place] = stack[-1]
        elif name in ("BINGET", "LONG_BINGET", "GET"):
            stack.append(self._memo[argument])
        elif name == "MARK":
            stack.append(_Mark)
        elif name in CONSTANTS:
            stack.append(CONSTANTS[name])
        elif name in TUPLES:
            stack.append(tuple(reversed([self._pop() for _ in range(TUPLES[name])])))
        elif name in ("TUPLE", "LIST"):
            items = self._marked()
            stack.append(tuple(items) if name == "TUPLE" else items)
        elif name in ("EMPTY_LIST", "EMPTY_DICT"):
            stack.append([] if name == "EMPTY_LIST" else {})
        elif name == "DICT":
            items = self._marked()
            stack.append({})
            self._set_items(items)
        elif name in ("APPEND", "APPENDS"):
            items = self._marked() if name == "APPENDS" else [self._pop()]
            self._top(list).extend(items)
        elif name in ("SETITEM", "SETITEMS"):
            value = self._marked() if name == "SETITEMS" else [self._pop(), self._pop()][::-1]
            self._set_items(value)
        elif name in ("GLOBAL", "STACK_GLOBAL"):
            words = argument.split(" ") if argument else [self._pop(), self._pop()][::-1]
            stack.append(_look_up(*words))
        elif name == "BINPERSID":
            stack.append(self._storage(self._pop()))
        elif name == "REDUCE":
            arguments = self._pop()
            stack.append(self._call(self._pop(), arguments))
        elif name == "BUILD":
            self._build(self._pop())
        elif name not in IGNORED or argument > MOST_BYTES:
            raise ForbiddenError(f"the instruction {name}")

    def _pop(self) -> Any:
        if not self._stack or self._stack[-1] is _Mark:
            raise pickle.UnpicklingError("an instruction without its operand")
        return self._stack.pop()

    def _top(self, kind: type) -> Any:
        if not self._stack or type(self._stack[-1]) is not kind:
            raise ForbiddenError(f"an addition to what is no {kind.__name__}")
        return self._stack[-1]

    def _marked(self) -> list[Any]:
        """Take everything down to the last mark off the stack."""
        for place in range(len(self._stack) - 1, -1, -1):
            if self._stack[place] is _Mark:
                items = self._stack[place + 1 :]
                del self._stack[place:]
                return items
        raise pickle.UnpicklingError("items without a beginning")

    def _set_items(self, items: list[Any]) -> None:
        target = self._top(dict)
        for key, value in zip(items[::2], items[1::2], strict=True):
            target[_key(key)] = value

    def _call(self, function: Any, arguments: Any) -> Any:
        if not isinstance(function, _Function) or type(arguments) is not tuple:
            raise ForbiddenError("a call of what is no function")
        sized = (str, bytes, tuple, list, dict)
        self._copied += sum(len(value) for value in arguments if isinstance(value, sized))
        if self._copied > MOST_COPIED:
            raise ForbiddenError(f"functions of more than {MOST_COPIED} items")
        return function.call(*arguments)

    def _build(self, state: Any) -> None:
        """Finish what is on top: a number's type learns its order of bytes, once."""
        target = self._stack[-1] if self._stack else None
        if isinstance(target, _NumberType) and not target.order:
            target.order = ">" if state[1] == ">" else "<"
        elif type(target) is not dict:
            raise ForbiddenError("a change of what is made already")

    def _storage(self, pid: Any) -> Storage:
        fields = pid if type(pid) is tuple and len(pid) in (5, 6) else (None,) * 5
        kind, dtype, key, device, items, *view = fields
        are_texts = all(type(field) is str for field in (kind, key, device))
        if not are_texts or kind != "storage" or not isinstance(dtype, _StorageType):
            raise ForbiddenError("a storage that is none")
        _key(key)
        if type(items) is not int or not 0 <= items < MOST_ITEMS:
            raise ForbiddenError("a storage of no size that can be")
        if view and view != [None]:  # a view of a storage: nothing has written that since 2018
            raise ForbiddenError("a view of a storage")
        if key not in self._storages:
            self._storages[key] = Storage(dtype.name, items)
            self._locate(key, self._storages[key])
        storage = self._storages[key]
        if (storage.dtype, storage.items) != (dtype.name, items):
            raise ForbiddenError(f"two storages named {key!r}")
        return storage


@dataclass(frozen=True)
class _Function:
    """A function of the table, which a pickle may call."""

    call: Callable[..., Any]


@dataclass(frozen=True)
class _StorageType:
    """A type of numbers, which a pickle names for a storage."""

    name: str


def _look_up(module: Any, name: Any) -> _Function | _StorageType:
    """What a pickle's name stands for. ForbiddenError: none of the table."""
    if type(module) is not str or type(name) is not str:
        raise ForbiddenError("a name that is none")
    full = f"{module}.{name}"
    if full in FUNCTIONS:
        return _Function(FUNCTIONS[full])
    if module == "torch" and name in STORAGES:
        return _StorageType(STORAGES[name])
    raise ForbiddenError(full)
