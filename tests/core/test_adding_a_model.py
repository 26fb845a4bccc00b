"""docs/adding-a-model.md shows code that holds: what it says a new model is, is one."""

import re
import sys
from pathlib import Path
from types import ModuleType

import pytest

from secondtake.core.cli import parser
from secondtake.core.project import Project
from secondtake.core.registry.all_models import MODELS
from secondtake.core.registry.spec import ModelSpec
from secondtake.core.song import Song, load_song
from secondtake.runner.settings import VARIABLES

PAGE = (Path(__file__).parents[2] / "docs" / "adding-a-model.md").read_text(encoding="utf-8")
WHOLE = re.compile(r'```python\n(""".*?)```', re.DOTALL)  # files, which begin with a docstring


@pytest.fixture
def files() -> dict[str, str]:
    """The files that the page shows, by what they are."""
    return dict(zip(("registry", "page", "tiny", "test"), WHOLE.findall(PAGE), strict=True))


def run(name: str, source: str) -> ModuleType:
    module = ModuleType(name)
    exec(compile(source, name, "exec"), module.__dict__)
    return module


@pytest.fixture
def mms(files: dict[str, str], monkeypatch: pytest.MonkeyPatch) -> ModelSpec:
    entry = run("secondtake.core.registry.mms", files["registry"])
    monkeypatch.setitem(sys.modules, "secondtake.core.registry.mms", entry)
    model: ModelSpec = entry.MMS
    return model


def test_the_entry_is_a_model_of_the_registry(mms: ModelSpec) -> None:
    settings = mms.settings(mms.default, {"pace": 1.5})
    assert settings == {"pace": 1.5}
    assert {weight.key for weight in mms.default.weights} >= {"config.json", "model.safetensors"}


def test_the_page_tells_its_options_without_any_library(
    mms: ModelSpec, files: dict[str, str]
) -> None:
    before = set(sys.modules)
    page = run("generate_mms", files["page"])
    assert "--pace" in parser(mms).format_help()
    assert not {"torch", "transformers"} & (set(sys.modules) - before)
    assert set(page.PACKAGES) <= set(mms.imports)


def test_every_requirement_names_its_version_and_its_reason() -> None:
    (text,) = re.findall(r"```text\n(.*?)```", PAGE, re.DOTALL)
    lines = [line for line in text.splitlines() if line and not line.startswith("#")]
    assert lines and all(re.fullmatch(r"\S+==\S+\s+# .+", line) for line in lines)


@pytest.mark.parametrize("name", ["tiny", "test"])
def test_what_runs_in_other_environments_is_python(files: dict[str, str], name: str) -> None:
    compile(files[name], name, "exec")


def test_the_row_for_the_song_format_is_what_the_registry_says(mms: ModelSpec) -> None:
    (row,) = re.findall(r"```markdown\n(.*?)\n```", PAGE, re.DOTALL)
    (pace,) = mms.parameters
    kind = f"number, {pace.low:g} to {pace.high:g}"
    cells = (f"`{mms.name}`", f"`{mms.default.name}`", f"`{pace.name}`", kind, pace.default)
    assert row == f"| {' | '.join(map(str, (*cells, pace.help)))} |"


@pytest.fixture
def song(mms: ModelSpec, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Song:
    """The song that the page shows, in a project that knows the model."""
    monkeypatch.setitem(MODELS, mms.name, mms)
    (text,) = re.findall(r"```toml\n(.*?)```", PAGE, re.DOTALL)
    path = tmp_path / "songs" / "hello.toml"
    path.parent.mkdir()
    path.write_text(text, encoding="utf-8")
    return load_song(path, Project(tmp_path))


def test_the_song_makes_the_take_that_the_page_names(mms: ModelSpec, song: Song) -> None:
    (segment,) = song.segments
    (part,) = segment.models
    assert part.model == mms.name and segment.lyrics
    folder = song.results.relative_to(song.results.parents[1])
    name = f"{mms.name}_segment{segment.number}_{segment.kind}.wav"
    assert f"`{folder}/local_models/{name}`" in PAGE


def test_the_tests_ask_for_the_take_of_that_song(files: dict[str, str], song: Song) -> None:
    (segment,) = song.segments
    assert f"mms_segment{segment.number}_{segment.kind}.wav" in files["test"]


def test_what_is_exported_is_what_the_hub_serves_and_is_cleared_away() -> None:
    (root, port, pins) = re.findall(r"-m tests\.hub (\S+) --port (\d+) --pins (\S+)", PAGE)[0]
    exported = dict(
        word.split("=", 1)
        for line in re.findall(r"(?m)^export (.+)$", PAGE)
        for word in line.split()
    )
    assert set(exported) <= set(VARIABLES)
    assert exported["HF_ENDPOINT"] == exported["SECONDTAKE_DOWNLOADS"] == f"http://127.0.0.1:{port}"
    assert exported["SECONDTAKE_PINS"] == pins
    (unset,) = re.findall(r"(?m)^unset (.+)$", PAGE)
    (removed,) = re.findall(r"(?m)^rm -r (.+)$", PAGE)
    assert set(unset.split()) == set(exported)
    assert {root, pins, exported["SECONDTAKE_CACHE"]} < set(removed.split())


def test_every_file_that_the_page_points_to_is_there() -> None:
    root = Path(__file__).parents[2]
    named = re.findall(r"`((?:src|scripts|tests|docs)/[\w./]+\.(?:py|md))`", PAGE)
    there = [name for name in named if "mms" not in name]
    assert there and [name for name in there if not (root / name).is_file()] == []
    shared = re.findall(r"`(inference/\w+\.py)`", PAGE)
    rooms = root / "src" / "secondtake" / "models"
    assert shared and [name for name in shared if not (rooms / name).is_file()] == []
