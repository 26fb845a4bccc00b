"""JSON files to dataclasses, with every type checked: a file may be damaged, or of another make."""

import json
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import MISSING, fields, is_dataclass
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

MAX_JSON_BYTES = 1 << 28  # 256 MiB: a larger file is none of ours, and would fill the memory

# What reading a field of a damaged value raises; ArithmeticError: infinity as an int.
SHAPE_ERRORS = (ValueError, KeyError, TypeError, AttributeError, IndexError, ArithmeticError)


class Dataclass(Protocol):
    __dataclass_fields__: ClassVar[dict[str, Any]]


D = TypeVar("D", bound=Dataclass)
T = TypeVar("T")


class JsonFileError(Exception):
    """A JSON file that cannot be used. Its text is the reason, without the file's name."""

    def __init__(self, state: Literal["absent", "unreadable", "damaged"], reason: str) -> None:
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


@overload
def read_json(path: Path) -> Any: ...
@overload
def read_json(path: Path, parse: Callable[[Any], T]) -> T: ...
def read_json(path: Path, parse: Callable[[Any], Any] = lambda value: value) -> Any:
    """The value of a JSON file, as `parse` understands it.

    JsonFileError if the file is missing, cannot be read, is larger than MAX_JSON_BYTES, is not
    JSON, or `parse` raises one of SHAPE_ERRORS.
    """
    try:
        if path.stat().st_size > MAX_JSON_BYTES:
            raise JsonFileError("damaged", f"larger than {MAX_JSON_BYTES} bytes")
        data = path.read_bytes()
    except FileNotFoundError as error:
        raise JsonFileError("absent", str(error.strerror)) from error
    except OSError as error:
        raise JsonFileError("unreadable", str(error.strerror)) from error
    try:
        value = json.loads(data.decode("utf-8"))
    except (ValueError, RecursionError) as error:
        raise JsonFileError("damaged", f"not JSON: {error}") from error
    try:
        return parse(value)
    except (*SHAPE_ERRORS, RecursionError) as error:
        raise JsonFileError("damaged", f"{type(error).__name__}: {error}") from error


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
        return True
    if get_origin(kind) is Literal:
        return value in get_args(kind)
    if get_origin(kind):
        return False
    if isinstance(value, bool) or kind is bool:
        return isinstance(value, bool) and kind is bool
    return isinstance(value, (int, float) if kind is float else kind)


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
