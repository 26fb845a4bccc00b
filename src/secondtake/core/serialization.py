"""From JSON to dataclasses, with every type checked: a file may be damaged, or of another make."""

from collections.abc import Mapping
from dataclasses import fields
from typing import Any, TypeVar, get_args, get_origin

T = TypeVar("T")


def shaped(cls: type[T], value: Any) -> T:
    """The dataclass of a JSON object that has its fields, no others, and of their types.

    TypeError says which field does not fit. Lists become tuples.
    """
    kinds = {field.name: field.type for field in fields(cls)}  # type: ignore[arg-type]
    if not isinstance(value, dict) or set(value) != set(kinds):
        found = sorted(value) if isinstance(value, dict) else type(value).__name__
        raise TypeError(f"{cls.__name__} has {sorted(kinds)}, not {found}")
    for name, kind in kinds.items():
        if not _fits(value[name], kind):
            raise TypeError(f"{cls.__name__}: {name} is no {getattr(kind, '__name__', kind)}")
    return cls(**{name: tuple(v) if isinstance(v, list) else v for name, v in value.items()})


def _fits(value: Any, kind: Any) -> bool:
    origin = get_origin(kind)
    if kind is Any:
        return True
    if origin is tuple:
        item, _ = get_args(kind)  # tuple[str, ...]
        return isinstance(value, list) and all(_fits(one, item) for one in value)
    if origin is Mapping:
        _, item = get_args(kind)
        return isinstance(value, dict) and all(_fits(one, item) for one in value.values())
    if isinstance(value, bool) or kind is bool:
        return isinstance(value, bool) and kind is bool
    return isinstance(value, (int, float) if kind is float else kind)
