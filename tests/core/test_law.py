"""The arrows between the layers, walked import by import, and no ring of modules anywhere."""

import subprocess
import sys
from pathlib import Path

import pytest

from tests import house

ROOT = Path(__file__).parents[2]
MODULES = house.modules()
# What a layer may import besides itself: layers, then packages. None: whatever its environment has.
LAYERS: dict[str, tuple[set[str], set[str] | None]] = {
    "core": (set(), set()),
    "audio": ({"core"}, {"numpy"}),
    "models": ({"core", "audio"}, None),
    "runner": ({"core"}, None),
    "judges": ({"core", "audio", "models", "analysis"}, None),
    "analysis": ({"core", "audio"}, None),
}
IMPORT_ALL = """
import importlib, pkgutil, sys
sys.path = [p for p in sys.path if "site-packages" not in p] + [sys.argv[1]]
import secondtake.core
for module in pkgutil.walk_packages(secondtake.core.__path__, "secondtake.core."):
    importlib.import_module(module.name)
foreign = {name.partition(".")[0] for name in sys.modules} - sys.stdlib_module_names
print(sorted(foreign - {"__main__"}))
"""


def layers_of(modules: set[str]) -> set[str]:
    return {name.split(".")[1] for name in modules if name.startswith("secondtake.")}


@pytest.mark.parametrize("layer", LAYERS)
def test_a_layer_imports_what_its_environment_has(layer: str) -> None:
    files = [path for name, path in MODULES.items() if name.startswith(f"secondtake.{layer}.")]
    assert len(files) > 1
    modules = set().union(*(house.imported(path, MODULES) for path in files))
    ours, packages = LAYERS[layer]
    assert layers_of(modules) <= {layer, *ours}
    foreign = {name.partition(".")[0] for name in modules} - {"secondtake"}
    assert "tests" not in foreign
    assert packages is None or foreign <= sys.stdlib_module_names | packages


def test_the_layers_are_all_there_is() -> None:
    assert layers_of(set(MODULES)) == {*LAYERS, "__main__"}  # the last starts the runner


def test_the_house_is_in_order() -> None:
    assert list(house.complaints(MODULES)) == []


def test_a_ring_and_what_is_too_long_are_complained_of(tmp_path: Path) -> None:
    (tmp_path / "a").mkdir()
    (tmp_path / "a" / "one.py").write_text("def f():\n    from a import two\n")
    (tmp_path / "a" / "two.py").write_text(
        "from typing import TYPE_CHECKING\nif TYPE_CHECKING:\n    from a.one import f\n"
    )
    (tmp_path / "a" / "three.py").write_text("x = 1\n" * 300 + "def g():\n" + "    y = 1\n" * 61)
    complaints = "\n".join(house.complaints(house.modules(tmp_path)))
    assert "import each other: " in complaints and "a.one" in complaints
    assert "three.py: 362 lines" in complaints and "g (62 lines)" in complaints
    assert house.main(tmp_path) == 1


@pytest.mark.parametrize("name", sorted(p.name for p in (ROOT / "scripts").glob("*.py")))
def test_a_script_imports_one_layer_beside_the_core(name: str) -> None:
    modules = house.imported(ROOT / "scripts" / name, MODULES)
    assert len(layers_of(modules) - {"core"}) <= 1
    assert not any(module.startswith("tests") for module in modules)


def test_the_core_imports_in_a_python_with_nothing_installed() -> None:
    done = subprocess.run(
        [sys.executable, "-I", "-S", "-c", IMPORT_ALL, str(ROOT / "src")],
        capture_output=True, text=True, check=True,
    )  # fmt: skip
    assert done.stdout.strip() == "['secondtake']"
    assert done.stderr == ""  # and does nothing when imported
