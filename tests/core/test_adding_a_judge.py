"""docs/adding-a-judge.md shows code that holds: what it says a new judge is, is one."""

import re
import sys
from pathlib import Path
from types import ModuleType

import pytest

from secondtake.core.judge_script import parser
from secondtake.core.registry.all_judges import JUDGES, chosen_judges
from secondtake.core.registry.judge import JudgeSpec

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs" / "adding-a-judge.md").read_text(encoding="utf-8")
WHOLE = re.compile(r'```python\n(""".*?)```', re.DOTALL)  # files, which begin with a docstring


@pytest.fixture
def files() -> dict[str, str]:
    """The files that the page shows, by what they are."""
    return dict(zip(("registry", "script"), WHOLE.findall(PAGE), strict=True))


def run(name: str, source: str) -> ModuleType:
    module = ModuleType(name)
    exec(compile(source, name, "exec"), module.__dict__)
    return module


@pytest.fixture
def singing(files: dict[str, str], monkeypatch: pytest.MonkeyPatch) -> JudgeSpec:
    entry = run("secondtake.core.registry.singing", files["registry"])
    monkeypatch.setitem(sys.modules, "secondtake.core.registry.singing", entry)
    monkeypatch.setitem(JUDGES, "singing", entry.SINGING)
    judge: JudgeSpec = entry.SINGING
    return judge


def test_the_entry_is_a_judge_of_the_registry(singing: JudgeSpec) -> None:
    assert chosen_judges({})["singing"] == singing.default.name == "audioset"
    assert {weight.key for weight in singing.default.weights} >= {"config.json"}
    assert singing.setup_command == "invoke setup --judges singing"


def test_the_script_tells_its_options_without_any_library(
    singing: JudgeSpec, files: dict[str, str]
) -> None:
    before = set(sys.modules)
    script = run("judge_singing", files["script"])
    assert "how much of a take is sung" in " ".join(parser(singing).format_help().split())
    assert not {"torch", "transformers"} & (set(sys.modules) - before)
    assert callable(script.load)


def test_the_scale_that_the_script_answers_on_is_the_entrys(
    singing: JudgeSpec, files: dict[str, str]
) -> None:
    (scale,) = singing.scales
    assert f'{{"{scale.name}": Reading(' in files["script"]
    assert all(part in scale.doc for part in ("Definition:", "Range:", "Source:", "Fails:"))


def test_every_file_that_the_page_points_to_is_there() -> None:
    named = re.findall(r"`((?:src|scripts|tests|docs)/[\w./]+\.(?:py|md))`", PAGE)
    there = [name for name in named if "singing" not in name]
    assert there and [name for name in there if not (ROOT / name).is_file()] == []
