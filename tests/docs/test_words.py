"""One thing, one name: documentation, what programs say, templates of pages, settings, songs.

Rendered pages are held to the same words beside their own tests.
"""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.conftest import ROOT
from tests.docs.house_words import breaches
from tests.docs.markdown_pages import FENCE, INLINE_CODE, pages

LAB = "docs/lab/"  # definitions and experiments, where metrics have a reference and an estimate
VERBS = ("tasks.py", "noxfile.py")  # whose docstrings are help texts


def sentences_of_code(path: Path) -> Iterator[str]:
    """The strings of a program that are more than one word; docstrings where they are help texts.

    The names in the places of a format string are code: "{reference} is …".
    """
    tree = ast.parse(path.read_text(encoding="utf-8"))
    documented = (ast.Module, ast.ClassDef, ast.FunctionDef)
    docstrings = {
        id(node.body[0].value)
        for node in ast.walk(tree)
        if isinstance(node, documented) and node.body and isinstance(node.body[0], ast.Expr)
    }
    for node in ast.walk(tree):
        is_text = isinstance(node, ast.Constant) and isinstance(node.value, str)
        is_read = path.name in VERBS or id(node) not in docstrings
        if is_text and is_read and " " in node.value.strip():
            yield re.sub(r"\{\w+\}", "", node.value)


def comments(path: Path) -> str:
    """The comments of a file of settings."""
    lines = path.read_text(encoding="utf-8").splitlines()
    return "\n".join(line.lstrip("# ") for line in lines if line.lstrip().startswith("#"))


CODE = [
    *sorted((ROOT / "src").rglob("*.py")),
    *sorted((ROOT / "scripts").glob("*.py")),
    ROOT / "tasks.py",
    ROOT / "noxfile.py",
]
TEMPLATES = sorted((ROOT / "src").rglob("*.j2"))
SETTINGS = [ROOT / ".env.example", *sorted((ROOT / "songs").glob("*.toml"))]


@pytest.mark.parametrize("page", pages(), ids=lambda page: page.name)
def test_the_documentation_uses_one_name_for_one_thing(page):
    text = INLINE_CODE.sub("", FENCE.sub("", page.text))
    found = breaches(text)
    if page.name.startswith(LAB):
        found = [breach for breach in found if not re.search(r"reference", breach, re.IGNORECASE)]
    assert found == []


@pytest.mark.parametrize("path", CODE, ids=lambda path: path.relative_to(ROOT).as_posix())
def test_what_a_program_says_uses_one_name_for_one_thing(path):
    assert [breach for text in sentences_of_code(path) for breach in breaches(text)] == []


@pytest.mark.parametrize("path", TEMPLATES, ids=lambda path: path.name)
def test_the_pages_use_one_name_for_one_thing(path):
    text = re.sub(r"\{[{%#].*?[}%#]\}", "", path.read_text(encoding="utf-8"), flags=re.DOTALL)
    assert breaches(text) == []


@pytest.mark.parametrize("path", SETTINGS, ids=lambda path: path.name)
def test_settings_and_songs_use_one_name_for_one_thing(path):
    assert breaches(comments(path)) == []


@pytest.mark.parametrize(
    ("text", "instead"),
    [
        ("It is far from the original.", "baseline"),
        ("The\nreference recording is absent.", "baseline"),
        ("Put your recording there.", "baseline"),
        ("The model's page ended.", "script"),
        ("The sketch is the floor.", "control"),
        ("Take smaller weights.", "checkpoint"),
        ("Two of them: the baseline, your own recording of it.", ""),
        ("The floor is what other music scores; the sketch is the control.", ""),
        ("A page of the run's results. Referenced nowhere.", ""),
    ],
)
def test_a_wrong_word_is_found(text, instead):
    found = breaches(text)
    assert [breach.rpartition(" ")[2] for breach in found] == ([instead] if instead else [])
