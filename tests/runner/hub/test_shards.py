"""Files by other names, and files cut into shards: what was fetched first is what stays."""

import json
import shutil
from pathlib import Path

import pytest
from tests.hub import LoopbackHub
from tests.runner.hub.conftest import MakeSettings, sha256

from secondtake.core.errors import ModelError
from secondtake.core.project import Project
from secondtake.core.registry.bark import BARK
from secondtake.core.registry.spec import Checkpoint, WeightFile
from secondtake.core.weights import Manifest, Weights, read_manifest, verified_weights
from secondtake.runner.costs import cost_of
from secondtake.runner.hub.fetch import fetch
from secondtake.runner.preflight import preflight
from secondtake.runner.settings import Settings

NAME, INDEX, PICKLE = "model.safetensors", "model.safetensors.index.json", "pytorch_model.bin"
SHARDS = tuple(f"model-0000{n}-of-00002.safetensors" for n in (1, 2))
MODEL = WeightFile("model", f"net/{NAME}", "owner/cut", bytes=5000,
                   alternatives=(f"net/{INDEX}", f"net/{PICKLE}"))  # fmt: skip
CUT = Checkpoint("small", "Cut", weights=(WeightFile("config", "config.json", "owner/cut"), MODEL))
INDEX_FIRST = Checkpoint("small", "Cut", weights=(
    WeightFile("model", f"net/{INDEX}", "owner/cut", bytes=5000, alternatives=(f"net/{NAME}",)),
))  # fmt: skip


def index_of(*names: object) -> bytes:
    return json.dumps(
        {"weight_map": {f"tensor {n}": name for n, name in enumerate(names)}}
    ).encode()


@pytest.fixture
def folder(hub: LoopbackHub) -> Path:
    """The repository's folder "net", empty; beside it its configuration."""
    folder = hub.root / "owner" / "cut" / "net"
    folder.mkdir(parents=True)
    (folder.parent / "config.json").write_text("{}")
    return folder


def put(folder: Path, *names: str) -> None:
    for name in names:
        content = index_of(*SHARDS, SHARDS[0]) if name == INDEX else name.encode() * 100
        (folder / name).write_bytes(content)


def get(project: Project, settings: Settings, checkpoint: Checkpoint = CUT) -> Manifest:
    return fetch(project, BARK, checkpoint, settings)


def verified(project: Project, checkpoint: Checkpoint = CUT) -> Weights:
    return verified_weights(project, BARK, checkpoint)


@pytest.mark.parametrize("names", [(NAME,), (INDEX, *SHARDS), (PICKLE,), (NAME, PICKLE)])
def test_the_first_name_that_is_there_is_fetched(
    project: Project, hub: LoopbackHub, settings_for: MakeSettings, folder: Path, names: tuple[str]
) -> None:
    put(folder, *names)
    settings = settings_for(hub)
    preflight(project, BARK, CUT, settings)
    manifest = get(project, settings)
    assert manifest.files["model"].source == f"owner/cut/net/{names[0]}"
    parts = SHARDS if names[0] == INDEX else names[:1]
    weights = verified(project)
    assert [path.name for path in weights.files("model")] == list(parts)
    assert [weights.hashes[part] for part in weights.parts("model")] == [
        sha256(name.encode() * 100) for name in parts
    ]
    hub.requests.clear()
    assert get(project, settings_for(hub, offline=True)) == manifest and hub.requests == []
    assert preflight(project, BARK, CUT, settings_for(hub, offline=True)).downloads == ()


def test_every_name_that_was_tried_is_named(
    project: Project, hub: LoopbackHub, settings_for: MakeSettings, folder: Path
) -> None:
    for ask in (preflight, fetch):
        with pytest.raises(ModelError) as error:
            ask(project, BARK, CUT, settings_for(hub))
        assert error.value.code == "bad_weights"
        assert error.value.message.endswith(
            f"does not have net/{NAME}, net/{INDEX} or net/{PICKLE} in owner/cut"
        )


ALONE = Checkpoint("small", "Alone", weights=(MODEL,))


@pytest.mark.parametrize(("found", "fetched"), [(CUT, True), (ALONE, False)])
def test_a_bare_404_is_a_file_that_is_not_there_once_another_one_was_found(
    project: Project,
    hub: LoopbackHub,
    settings_for: MakeSettings,
    folder: Path,
    found: Checkpoint,
    fetched: bool,
) -> None:
    put(folder, PICKLE)
    hub.faults.status[f"net/{NAME}"] = hub.faults.status[f"net/{INDEX}"] = [404] * 9
    if fetched:
        preflight(project, BARK, found, settings_for(hub))
        assert get(project, settings_for(hub), found).files["model"].source.endswith(PICKLE)
        return
    with pytest.raises(ModelError, match="does not have the repository owner/cut") as error:
        get(project, settings_for(hub), found)
    assert error.value.code == "bad_weights"


@pytest.mark.parametrize("status", [403, 500])
def test_another_error_is_no_absence(
    project: Project,
    hub: LoopbackHub,
    settings_for: MakeSettings,
    folder: Path,
    status: int,
) -> None:
    put(folder, NAME, PICKLE)
    hub.faults.status[f"net/{NAME}"] = [status] * 9
    with pytest.raises(ModelError) as error:
        get(project, settings_for(hub))
    assert error.value.code == "network" and not hub.asked("HEAD", PICKLE)
    assert f"owner/cut/net/{NAME}" in error.value.message


@pytest.mark.parametrize("later", [(NAME,), (INDEX, *SHARDS)])
def test_a_name_that_is_added_later_changes_nothing(
    project: Project, hub: LoopbackHub, settings_for: MakeSettings, folder: Path, later: tuple[str]
) -> None:
    put(folder, PICKLE)
    settings = settings_for(hub)
    first = get(project, settings)
    put(folder, *later)
    hub.publish("owner/cut", {f"net/{name}": (folder / name).read_bytes() for name in later})
    assert get(project, settings) == first
    first.weights(project)["model"].resolve().unlink()
    again = get(project, settings)
    assert (again.hashes, again.files["model"].revision) == (
        first.hashes, first.files["model"].revision,
    )  # fmt: skip
    shutil.rmtree(project.cache / "weights")  # what a person does who wants the new one
    assert get(project, settings).files["model"].source.endswith(later[0])


def test_shards_are_fetched_recorded_and_counted(
    project: Project, hub: LoopbackHub, settings_for: MakeSettings, folder: Path
) -> None:
    put(folder, INDEX, *SHARDS)
    settings = settings_for(hub)
    index = len(index_of(*SHARDS, SHARDS[0]))
    assert preflight(project, BARK, INDEX_FIRST, settings).bytes == 5000 + index
    assert cost_of(project, settings, BARK, INDEX_FIRST).weights.bytes == 5000
    manifest = get(project, settings, INDEX_FIRST)
    assert list(manifest.files) == ["model", "model1", "model2"]
    assert set(manifest.hashes) == {"model1", "model2"}  # of what a take is made of
    assert {file.revision for file in manifest.files.values()} == {
        hub.repositories["owner/cut"].main
    }
    assert not cost_of(project, settings, BARK, INDEX_FIRST).weights


@pytest.mark.parametrize(("said", "counted"), [
    (700, 700), ("x", 5000), (-1, 5000), (None, 5000), (1e300, 5000), (float("inf"), 5000),
])  # fmt: skip
def test_an_index_says_itself_what_its_shards_weigh(
    project: Project, hub: LoopbackHub, settings_for: MakeSettings, folder: Path,
    said: object, counted: int,
) -> None:  # fmt: skip
    put(folder, *SHARDS)
    index = json.dumps({"metadata": {"total_size": said}, **json.loads(index_of(*SHARDS))})
    (folder / INDEX).write_text(index)
    needed = preflight(project, BARK, INDEX_FIRST, settings_for(hub)).bytes
    assert needed == counted + len(index)


def test_shards_are_gone_on_with(
    project: Project, hub: LoopbackHub, settings_for: MakeSettings, folder: Path
) -> None:
    """Cut off within the second shard; then main moves on to other shards."""
    put(folder, INDEX, *SHARDS)
    hub.faults.cut[SHARDS[1]] = [1000, 0, 0, 0, 0]
    settings = settings_for(hub)
    with pytest.raises(ModelError, match="broke off"):
        get(project, settings)
    with pytest.raises(ModelError) as error:
        verified(project)
    assert f"{SHARDS[1]} of owner/cut/net/{INDEX} was not fetched" in error.value.message
    left = preflight(project, BARK, CUT, settings)
    assert [d.source for d in left.downloads] == [f"owner/cut/net/{SHARDS[1]}"]
    assert left.bytes == len(SHARDS[1]) * 100 - 1000
    hub.faults.cut.clear()
    hub.publish("owner/cut", {f"net/{INDEX}": index_of("other.safetensors")})
    hub.requests.clear()
    get(project, settings)
    assert [request.range for request in hub.asked("GET", SHARDS[1])] == ["bytes=1000-"]
    assert not hub.asked("GET", SHARDS[0]) and len(verified(project).files("model")) == 2


@pytest.mark.parametrize("damage", ["altered", "gone"])
def test_a_damaged_shard_is_refused_and_alone_is_fetched_again(
    project: Project, hub: LoopbackHub, settings_for: MakeSettings, folder: Path, damage: str
) -> None:
    put(folder, INDEX, *SHARDS)
    manifest = get(project, settings_for(hub))
    shard = verified(project).files("model")[1].resolve()
    shard.write_bytes(b"!" * shard.stat().st_size) if damage == "altered" else shard.unlink()
    with pytest.raises(ModelError, match=r"is damaged|No such file"):
        verified(project)
    hub.requests.clear()
    assert get(project, settings_for(hub)).hashes == manifest.hashes
    assert [request.path.rpartition("/")[2] for request in hub.asked("GET")] == [SHARDS[1]]
    assert len(verified(project).files("model")) == 2


@pytest.mark.parametrize(
    "content",
    [
        b"no json", b"{}", b"[]", index_of(), index_of("../model.safetensors"), index_of(7),
        index_of(SHARDS[0], "sub/model.safetensors"), index_of(SHARDS[0], PICKLE),
        index_of("/etc/model.safetensors"), index_of(".safetensors"), index_of(None),
    ],
)  # fmt: skip
def test_an_index_that_names_anything_else_is_refused(
    project: Project, hub: LoopbackHub, settings_for: MakeSettings, folder: Path, content: bytes
) -> None:
    put(folder, *SHARDS)
    (folder / INDEX).write_bytes(content)
    for _ in range(2):
        with pytest.raises(ModelError) as error:
            get(project, settings_for(hub))
        assert error.value.code == "bad_weights" and INDEX in error.value.message
    manifest = read_manifest(project, "bark", "small")
    assert manifest is None or "model" not in manifest.files
    assert {request.path.rpartition("/")[2] for request in hub.asked("GET")} <= {
        INDEX, "config.json",
    }  # fmt: skip
