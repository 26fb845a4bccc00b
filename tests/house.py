"""The house in numbers, and what must never be in it: python -m tests.house [FOLDER]

Walks the imports of every module below src/ (wherever in a file they stand, and those for types
alone too). Exits 1 where modules import each other in a ring, where a file is over 350 lines or a
function over 60, and where two modules of a layer share a name.
"""

import ast
import sys
from collections.abc import Iterator
from graphlib import CycleError, TopologicalSorter
from pathlib import Path
from statistics import median

SRC = Path(__file__).parents[1] / "src"
LONGEST_FILE, LONGEST_FUNCTION = 350, 60  # lines
# In every model's folder the same name is the same role.
ROLES = frozenset(
    "autoencoder autotune checkpoint codec diffusion model pipeline transformer".split()
)

Modules = dict[str, Path]


def modules(src: Path = SRC) -> Modules:
    """Every module by its dotted name; a package by its own."""
    return {
        ".".join(path.relative_to(src).with_suffix("").parts).removesuffix(".__init__"): path
        for path in sorted(src.rglob("*.py"))
    }


def imported(path: Path, known: Modules) -> set[str]:
    """The modules that a file imports, by their whole names."""
    names = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            names |= {alias.name for alias in node.names}
        if isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path}: relative import"
            members = {f"{node.module}.{alias.name}" for alias in node.names}
            names |= {name if name in known else str(node.module) for name in members}
    return names


def ring(known: Modules) -> list[str]:
    """Modules that import each other in a ring, in order; empty if there is none."""
    arrows = {name: imported(path, known) & set(known) - {name} for name, path in known.items()}
    try:
        TopologicalSorter(arrows).prepare()
    except CycleError as error:
        return list(error.args[1])
    return []


def lines(path: Path) -> int:
    return len(path.read_text(encoding="utf-8").splitlines())


def long_functions(path: Path) -> Iterator[str]:
    """Functions over 60 lines, docstring included, as path:line name (lines)."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)) and node.end_lineno:
            length = node.end_lineno - node.lineno + 1
            if length > LONGEST_FUNCTION:
                yield f"{path}:{node.lineno} {node.name} ({length} lines)"


def twins(known: Modules) -> Iterator[str]:
    """Modules of one layer that share a base name, but for the roles that every model has."""
    first: dict[tuple[str, str], str] = {}
    for name, path in known.items():
        if path.stem not in {"__init__", *ROLES}:
            key = (".".join(name.split(".")[:2]), path.stem)
            if key in first:
                yield f"{first[key]} and {name} share a name"
            first.setdefault(key, name)


def complaints(known: Modules) -> Iterator[str]:
    if modules_in_ring := ring(known):
        yield "import each other: " + " <- ".join(modules_in_ring)
    yield from twins(known)
    for path in known.values():
        if lines(path) > LONGEST_FILE:
            yield f"{path}: {lines(path)} lines"
        yield from long_functions(path)


def main(src: Path = SRC) -> int:
    known = modules(src)
    lengths = [lines(path) for path in known.values()]
    whole = [lines(path) for path in known.values() if path.stem != "__init__"]
    print(
        f"{len(known)} Python files ({len(whole)} modules), {sum(lengths)} lines, "
        f"median module {median(whole):g}, longest {max(lengths)}"
    )
    found = list(complaints(known))
    print("\n".join(found))
    return bool(found)


if __name__ == "__main__":
    sys.exit(main(*map(Path, sys.argv[1:])))
