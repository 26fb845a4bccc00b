"""The loopback hub says to the real client what the real hub says."""

import hashlib
import shlex
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TextIO

import pytest
from huggingface_hub import HfApi, hf_hub_download
from huggingface_hub.errors import (
    EntryNotFoundError,
    GatedRepoError,
    HfHubHTTPError,
    RepositoryNotFoundError,
)

from secondtake.core.project import Project
from secondtake.core.registry.ace_step import ACE_STEP
from secondtake.core.registry.bark import BARK
from secondtake.core.registry.musicgen import MUSICGEN
from secondtake.core.registry.spec import MAIN, ModelSpec
from secondtake.runner.hub.fetch import fetch
from secondtake.runner.settings import load_settings
from tests.conftest import ROOT
from tests.hub import Account, LoopbackHub

GATED = "owner/gated"
WEIGHTS = b"weights" * 100


@pytest.fixture
def root(tmp_path: Path) -> Path:
    for name in (GATED, "owner/open", "t5-base"):
        folder = tmp_path / "hub" / name
        folder.mkdir(parents=True)
        (folder / "config.json").write_text("{}")
        (folder / "model.safetensors").write_bytes(WEIGHTS)
    return tmp_path / "hub"


@pytest.mark.parametrize(
    ("token", "repository", "status", "error"),
    [
        (False, GATED, 401, GatedRepoError),
        ("hf_outsider", GATED, 403, GatedRepoError),
        ("hf_nobody", GATED, 401, HfHubHTTPError),
        ("hf_nobody", "owner/open", 401, HfHubHTTPError),
        (False, "owner/absent", 401, RepositoryNotFoundError),
        ("hf_insider", "owner/absent", 404, RepositoryNotFoundError),
    ],
)
def test_refusals_are_those_of_the_real_hub(
    root: Path, token: str | bool, repository: str, status: int, error: type[HfHubHTTPError]
) -> None:
    accounts = {"hf_insider": Account("i", {GATED}), "hf_outsider": Account("o")}
    hub = LoopbackHub(root, gated=[GATED], accounts=accounts)
    with hub, pytest.raises(HfHubHTTPError) as caught:
        HfApi(endpoint=hub.url).auth_check(repository, token=token)
    assert (type(caught.value), caught.value.response.status_code) == (error, status)


def test_the_api_tells_of_files_what_the_real_hub_tells(root: Path) -> None:
    with LoopbackHub(root, accounts={"hf_x": Account("someone")}) as hub:
        api = HfApi(endpoint=hub.url, token=False)
        info = api.model_info("t5-base", files_metadata=True)
        (listed,) = api.get_paths_info("owner/open", ["model.safetensors"])
        names = [entry.path for entry in api.list_repo_tree("owner/open")]
        assert api.whoami(token="hf_x")["name"] == "someone"
    siblings = {sibling.rfilename: sibling for sibling in info.siblings or []}
    assert siblings["model.safetensors"].lfs is not None
    assert siblings["model.safetensors"].lfs.sha256 == hashlib.sha256(WEIGHTS).hexdigest()
    assert siblings["config.json"].size == 2
    assert listed.size == len(WEIGHTS)
    assert names == ["config.json", "model.safetensors"]


@pytest.mark.parametrize("storage", [False, True])
def test_the_client_downloads_and_names_blobs_as_from_the_real_hub(
    root: Path, tmp_path: Path, storage: bool
) -> None:
    with LoopbackHub(root, storage=storage) as hub:
        options = {"cache_dir": tmp_path / "cache", "endpoint": hub.url, "token": False}
        path = Path(hf_hub_download("t5-base", "model.safetensors", **options))
        with pytest.raises(EntryNotFoundError):
            hf_hub_download("t5-base", "absent.json", **options)
    assert path.read_bytes() == WEIGHTS
    assert path.resolve().name == hashlib.sha256(WEIGHTS).hexdigest()


@contextmanager
def program(root: Path, *options: str) -> Iterator[TextIO]:
    """What `python -m tests.hub` prints while it serves."""
    command = [sys.executable, "-m", "tests.hub", str(root), *options]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True, cwd=ROOT)
    try:
        assert process.stdout is not None
        yield process.stdout
    finally:
        process.terminate()
        process.wait()


def test_it_runs_as_a_program(root: Path) -> None:
    with program(root, "--gated", GATED, "--token", "hf_x") as lines:
        api = HfApi(endpoint=lines.readline().strip())
        api.auth_check(GATED, token="hf_x")
        with pytest.raises(GatedRepoError):
            api.auth_check(GATED, token=False)


@pytest.mark.parametrize(("model", "is_flat"), [(BARK, True), (MUSICGEN, False), (ACE_STEP, False)])
def test_tiny_files_are_fetched_in_place_of_what_the_registry_pins(
    project: Project, tmp_path: Path, model: ModelSpec, is_flat: bool
) -> None:
    """In the folder as tests/tiny/<model>.py writes it, with the variables that it says."""
    checkpoint, folder = model.default, tmp_path / "tiny"
    assert any(weight.sha256 or weight.revision != MAIN for weight in checkpoint.weights)
    for weight in checkpoint.weights:
        path = folder / (weight.file if is_flat else weight.source)
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(b"tiny " + weight.source.encode())
    with program(folder, "--pins", str(tmp_path / "new" / "pins.json")) as lines:
        lines.readline()
        exports = [lines.readline().removeprefix("export ").strip() for _ in range(3)]
        variables = dict(shlex.split(line)[0].split("=", 1) for line in exports)
        assert set(variables) == {"HF_ENDPOINT", "SECONDTAKE_DOWNLOADS", "SECONDTAKE_PINS"}
        manifest = fetch(project, model, checkpoint, load_settings(project, variables))
    assert {file.bytes for file in manifest.files.values()} == {
        len(b"tiny " + weight.source.encode()) for weight in checkpoint.weights
    }
