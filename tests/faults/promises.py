"""docs/promises.md, written from the tests of this folder: python -m tests.faults.promises

A test's docstring is the promise, in the words of the person to whom it is made.
"""

import ast
from collections.abc import Iterator
from pathlib import Path

HERE = Path(__file__).parent
PAGE = HERE.parents[1] / "docs" / "promises.md"
HEAD = """\
# Promises

What you can rely on, and the command that shows each of it. The tests start real programs on real
files, and kill, cut, fill and deceive them; nothing stands in for the file system, for signals or
for the hub's own client. They want Linux, whose `/proc` tells what is still alive.

```bash
nox -s faults                             # all of them, within a quarter of an hour on two cores
nox -s faults -- -k test_name_of_a_test   # one
```

This page is written from the tests: `python -m tests.faults.promises`.
"""


def promises(path: Path) -> Iterator[tuple[str, str]]:
    """Every test of a file by name, with its docstring in one line."""
    for node in ast.parse(path.read_text(encoding="utf-8")).body:
        if isinstance(node, ast.FunctionDef) and node.name.startswith("test_"):
            yield node.name, " ".join((ast.get_docstring(node) or "").split())


def title(path: Path) -> str:
    """The first paragraph of a file's docstring, in one line."""
    text = ast.get_docstring(ast.parse(path.read_text(encoding="utf-8"))) or ""
    return " ".join(text.partition("\n\n")[0].split()).rstrip(".")


def page() -> str:
    """The whole page."""
    parts = [HEAD]
    for path in sorted(HERE.glob("test_*.py")):
        parts.append(f"\n## {title(path)}\n\n| promise | `tests/faults/{path.name}` |\n|---|---|\n")
        parts += (f"| {promise} | `{name}` |\n" for name, promise in promises(path))
    return "".join(parts)


if __name__ == "__main__":
    PAGE.write_text(page(), encoding="utf-8")
