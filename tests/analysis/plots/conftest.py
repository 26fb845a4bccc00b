"""An SVG as its reader gets it, and a study whose figures are known."""

import re
from collections.abc import Callable
from typing import Any
from xml.etree import ElementTree

import pytest

SVG = "{http://www.w3.org/2000/svg}"
LINK = "{http://www.w3.org/1999/xlink}href"


@pytest.fixture
def opened() -> Callable[[bytes], ElementTree.Element]:
    """Parse an SVG that needs nothing beside itself and runs nothing."""

    def open_svg(data: bytes) -> ElementTree.Element:
        assert b"<!DOCTYPE" not in data and b"<!ENTITY" not in data
        root = ElementTree.fromstring(data)
        assert root.tag == f"{SVG}svg"
        for element in root.iter():
            assert element.tag not in {f"{SVG}script", f"{SVG}foreignObject", f"{SVG}a"}
            assert not [name for name in element.attrib if name.startswith("on")]
            link = element.attrib.get(LINK, element.attrib.get("href", "#"))
            assert link.startswith(("#", "data:image/png;base64,"))
            for value in (*element.attrib.values(), element.text or ""):
                assert all(at.startswith("#") for at in re.findall(r"url\(['\"]?([^)]*)", value))
        return root

    return open_svg


@pytest.fixture
def texts() -> Callable[[ElementTree.Element], list[str]]:
    """The words that stand in an SVG."""
    return lambda root: ["".join(element.itertext()).strip() for element in root.iter(f"{SVG}text")]


@pytest.fixture
def values() -> dict[str, Any]:
    """Two models, three questions: one cell null, one absent, one without an interval."""
    return {
        "models": [{"name": "a", "title": "Model $A$ & <co>"}, {"name": "b", "title": "Model B"}],
        "questions": ["timbre", "rhythm", "lyrics"],
        "cells": {
            "a": {
                "timbre": {"scaled": 0.62, "low": 0.33, "high": 0.74, "note": ""},
                "rhythm": {"scaled": -3.1, "low": -4.0, "high": -0.2, "note": ""},
                "lyrics": {"scaled": None, "low": None, "high": None, "note": "no words"},
            },
            "b": {
                "timbre": {"scaled": 0.05, "low": None, "high": None, "note": ""},
                "rhythm": {"scaled": 1.25, "low": 1.0, "high": 1.5, "note": ""},
            },
        },
    }
