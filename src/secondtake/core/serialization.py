"""JSON files to dataclasses, with every type checked: a file may be damaged, or of another make.

A checked file begins with a checksum: the sha256 of all that follows it, so that not one bit of it
changes unnoticed. `read_json` compares it wherever there is one.
"""

import hashlib
import json
import math
import re
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import MISSING, fields, is_dataclass
from errno import EINVAL, ELOOP, ENOENT, ENXIO
from functools import cache
from pathlib import Path
from types import NoneType, UnionType
from typing import (
    Any,
    ClassVar,
    Literal,
    Protocol,
    TypeVar,
    Union,
    get_args,
    get_origin,
    get_type_hints,
    overload,
)

from secondtake.core.files import canonical, json_text, open_file, set_aside, write_text

CHECKSUM = "checksum"
SEAL = f'{{\n  "{CHECKSUM}": "%s",'  # in place of the brace that a JSON object begins with
SEALED = re.compile((SEAL % "([0-9a-f]{64})").encode())
MAX_DEPTH = 50  # of what a model or a person may nest; deeper, Python could not write it again
LARGEST = 1 << 64  # beyond it stands no number of ours, and arithmetic would fail on it
MAX_JSON_BYTES = 1 << 28  # 256 MiB: a larger file is none of ours, and would fill the memory

# What reading a field of a damaged value raises; ArithmeticError: infinity as an int.
SHAPE_ERRORS = (ValueError, KeyError, TypeError, AttributeError, IndexError, ArithmeticError)


class Dataclass(Protocol):
    __dataclass_fields__: ClassVar[dict[str, Any]]


D = TypeVar("D", bound=Dataclass)
T = TypeVar("T")


State = Literal["absent", "unreadable", "damaged"]
# What is no file is none of ours: a folder, a pipe, a link to nowhere or to itself.
OTHER_THINGS: Mapping[int, State] = dict.fromkeys((EINVAL, ENOENT, ELOOP, ENXIO), "damaged")


class JsonFileError(Exception):
    """A JSON file that cannot be used. Its text is the reason, without the file's name."""

    def __init__(self, state: State, reason: str) -> None:
        super().__init__(reason)
        self.state = state  # unreadable: the system does not let us read it

    @property
    def is_absent(self) -> bool:
        return self.state == "absent"

    def sentence(self, path: Path, kind: str, remedy: str) -> str:
        """The error for a person. kind: of the expected file; remedy: for a damaged one."""
        if self.state != "damaged":
            return f"{path}: cannot be read: {self}"
        return f"{path}: not {kind} ({self}); {remedy}"


def write_checked(path: Path, value: Mapping[str, Any], *, compact: bool = False) -> bool:
    """Write a JSON object with a checksum; True if that changed the file. See `write_text`.

    A folder that has the name is set aside.
    """
    if path.is_dir():
        set_aside(path)
    text = canonical(value) + "\n" if compact else json_text(value)
    content = text.removeprefix("{").encode(errors="backslashreplace")  # as it is written
    return write_text(path, SEAL % hashlib.sha256(content).hexdigest() + content.decode())


@overload
def read_json(path: Path) -> Any: ...
@overload
def read_json(path: Path, parse: Callable[[Any], T]) -> T: ...
def read_json(path: Path, parse: Callable[[Any], Any] = lambda value: value) -> Any:
    """The value of a JSON file, as `parse` understands it, without its checksum.

    JsonFileError if the file is missing, cannot be read, is larger than MAX_JSON_BYTES, is not
    JSON, has the checksum of something else, or `parse` raises one of SHAPE_ERRORS.
    """
    value, _ = _load(path)
    return _parsed(value, parse)


def read_checked(path: Path, newest: int, parse: Callable[[Any], T]) -> T:
    """The value of a file whose formats have a checksum from `newest` on. JsonFileError as above.

    The format before it is read too, which has none.
    """
    value, is_checked = _load(path)

    def parse_format(value: Any) -> T:
        if (number := value.get("format", 0)) not in (newest - 1, newest):
            raise ValueError(f"format {number}, expected {newest}")
        if number == newest and not is_checked:
            raise ValueError("its checksum is lost")
        return parse(value)

    return _parsed(value, parse_format)


def _load(path: Path) -> tuple[Any, bool]:
    """The value of a JSON file without its checksum, and whether it has one."""
    try:
        with open_file(path) as file:
            data = file.read(MAX_JSON_BYTES + 1)
    except OSError as error:
        is_absent = isinstance(error, FileNotFoundError) and not path.is_symlink()
        state = "absent" if is_absent else OTHER_THINGS.get(error.errno or 0, "unreadable")
        raise JsonFileError(state, str(error.strerror)) from error
    if len(data) > MAX_JSON_BYTES:
        raise JsonFileError("damaged", f"larger than {MAX_JSON_BYTES} bytes")
    return decode(data)


def decode(data: bytes) -> tuple[Any, bool]:
    """The value of a file's bytes without its checksum, and whether it has one. JsonFileError."""
    if seal := SEALED.match(data):
        content = data[seal.end() :]
        if hashlib.sha256(content).hexdigest().encode() != seal[1]:
            raise JsonFileError("damaged", "its checksum is that of something else")
        data = b"{" + content
    try:
        text = data.decode("utf-8")
        value = json.loads(text, parse_int=_to_int, parse_float=_to_float, parse_constant=_to_float)
        return value, seal is not None
    except (ValueError, RecursionError) as error:
        raise JsonFileError("damaged", f"not JSON: {error}") from error


def _parsed(value: Any, parse: Callable[[Any], T]) -> T:
    try:
        return parse(value)
    except (*SHAPE_ERRORS, RecursionError) as error:
        raise JsonFileError("damaged", f"{type(error).__name__}: {error}") from error


def _to_int(text: str) -> int:
    if abs(number := int(text)) > LARGEST:
        raise ValueError(f"a number of {len(text)} digits")
    return number


def _to_float(text: str) -> float:
    if not math.isfinite(number := float(text)):
        raise ValueError(f"{text[:20]} is no number")
    return number


def from_dict(cls: type[D], value: Any, *, strict: bool = True) -> D:
    """The dataclass of a JSON object whose values have the types of its fields.

    Fields may be dataclasses, tuples, mappings, optionals and literals of these. strict: the
    object has all fields and no others; otherwise fields with a default may be missing, and what
    is no field is ignored. TypeError says which field does not fit.
    """
    types = _field_types(cls)
    if not isinstance(value, dict) or not _has_fields(value, cls, strict):
        actual = sorted(value) if isinstance(value, dict) else type(value).__name__
        raise TypeError(f"{cls.__name__} has {sorted(types)}, not {actual}")
    arguments = {}
    for name, kind in types.items():
        if name in value:
            try:
                arguments[name] = _convert(value[name], kind, strict)
            except _MisfitError:
                label = getattr(kind, "__name__", kind)
                raise TypeError(f"{cls.__name__}: {name} is no {label}") from None
    return cls(**arguments)


class _MisfitError(TypeError):
    """A value that is not of its field's type."""


def _convert(value: Any, kind: Any, strict: bool) -> Any:
    origin, arguments = get_origin(kind), get_args(kind)
    if isinstance(kind, type) and is_dataclass(kind):
        return from_dict(kind, value, strict=strict)
    if origin in (Union, UnionType):
        return _convert_union(value, arguments, strict)
    if origin is tuple and isinstance(value, list):
        if arguments[-1] is Ellipsis:
            return tuple(_convert(item, arguments[0], strict) for item in value)
        if len(value) == len(arguments):
            return tuple(_convert(*pair, strict) for pair in zip(value, arguments, strict=True))
    elif origin is Mapping and isinstance(value, dict):
        return {key: _convert(item, arguments[1], strict) for key, item in value.items()}
    elif _fits(value, kind):
        return value
    raise _MisfitError


def _convert_union(value: Any, kinds: tuple[Any, ...], strict: bool) -> Any:
    if value is None and NoneType in kinds:
        return None
    *others, last = [kind for kind in kinds if kind is not NoneType]
    for kind in others:
        with suppress(TypeError):
            return _convert(value, kind, strict)
    return _convert(value, last, strict)


def _fits(value: Any, kind: Any) -> bool:
    """True if a value is of a type without parts."""
    if kind is Any:
        return _is_shallow(value, MAX_DEPTH)
    if get_origin(kind) is Literal:
        return value in get_args(kind)
    if get_origin(kind):
        return False
    if isinstance(value, bool) or kind is bool:
        return isinstance(value, bool) and kind is bool
    return isinstance(value, (int, float) if kind is float else kind)


def _is_shallow(value: Any, depth: int) -> bool:
    inner = value.values() if isinstance(value, dict) else value if isinstance(value, list) else ()
    return depth > 0 and all(_is_shallow(item, depth - 1) for item in inner)


@cache
def _field_types(cls: type[Dataclass]) -> dict[str, Any]:
    types = get_type_hints(cls)
    return {field.name: types[field.name] for field in fields(cls)}


def _has_fields(value: dict[str, Any], cls: type[Dataclass], strict: bool) -> bool:
    if strict:
        return set(value) == {field.name for field in fields(cls)}
    return all(
        field.name in value or (field.default, field.default_factory) != (MISSING, MISSING)
        for field in fields(cls)
    )
