"""The schemas of docs/schemas, to hold real output against."""

import json
from typing import Any

from jsonschema import Draft202012Validator

from tests.conftest import ROOT

FOLDER = ROOT / "docs" / "schemas"


def read_schema(name: str) -> dict[str, Any]:
    """A schema that is one, by its name."""
    schema = json.loads((FOLDER / f"{name}.json").read_text(encoding="utf-8"))
    Draft202012Validator.check_schema(schema)
    return dict(schema)


def mistakes(name: str, value: Any) -> list[str]:
    """The places where a value is not what its schema says."""
    errors = Draft202012Validator(read_schema(name)).iter_errors(value)
    return [f"{error.json_path}: {error.message[:200]}" for error in errors]


def parsed(text: str) -> Any:
    """JSON as strict as programs read it: no NaN."""
    return json.loads(text, parse_constant=_refuse)


def _refuse(constant: str) -> None:
    raise ValueError(f"{constant} is no JSON")
