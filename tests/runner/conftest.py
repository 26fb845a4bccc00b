"""A loopback hub that serves every file of the registry, and settings that lead to it."""

import hashlib
import json
import sys
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path, PurePosixPath

import pytest
from invoke.main import program as invoke
from tests.conftest import ROOT
from tests.hub import Account, LoopbackHub
from tests.hub.pinned import pinned_commits, served_as

from secondtake.core.registry.all_judges import SPECS
from secondtake.core.registry.spec import WeightFile
from secondtake.core.weights import INDEX
from secondtake.runner.hub import client as hub_module
from secondtake.runner.hub import download, integrity
from secondtake.runner.settings import Settings, Token

GATED = "stabilityai/stable-audio-open-1.0"
INSIDER, OUTSIDER = "hf_insiderXinsiderX", "hf_outsiderXoutsiderX"


def content_of(weight: WeightFile) -> bytes:
    """Some kilobytes that no other file has; of an index: the names of its shards."""
    if shards := shards_of(weight):
        names = [PurePosixPath(shard.file).name for shard in shards]
        return json.dumps({"weight_map": {f"tensor of {name}": name for name in names}}).encode()
    return b"".join(b"%s %d\n" % (weight.source.encode(), line) for line in range(100))


def shards_of(weight: WeightFile) -> list[WeightFile]:
    """The two shards that an index lists here; none if the file is no index."""
    if not weight.file.endswith(INDEX):
        return []
    stem, ending = weight.file.removesuffix(INDEX).rsplit(".", 1)
    return [
        replace(weight, key=f"{weight.key}{n}", file=f"{stem}-0000{n}-of-00002.{ending}")
        for n in (1, 2)
    ]


def all_weights() -> list[WeightFile]:
    weights = [w for s in SPECS.values() if s for c in s.checkpoints for w in c.weights]
    weights += [shard for weight in weights for shard in shards_of(weight)]
    return list({weight.source: weight for weight in weights}.values())


@pytest.fixture
def hub_root(tmp_path: Path) -> Path:
    root = tmp_path / "hub"
    for weight in all_weights():
        path = root / served_as(weight)
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content_of(weight))
    return root


@pytest.fixture
def hub(hub_root: Path) -> Iterator[LoopbackHub]:
    accounts = {INSIDER: Account("insider", {GATED}), OUTSIDER: Account("outsider")}
    hub = LoopbackHub(hub_root, gated=[GATED], accounts=accounts, commits=pinned_commits())
    with hub as running:
        yield running


@pytest.fixture(autouse=True)
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    """No pauses, no memory of an earlier test's hub, no token of the person who runs the tests."""
    monkeypatch.setattr(download, "RETRY_SECONDS", 0.0)
    monkeypatch.setattr(integrity, "PAUSE_SECONDS", 0.0)
    monkeypatch.setattr("secondtake.runner.settings.stored_token", lambda: None)
    hub_module.connection_error.cache_clear()
    hub_module.found_places.clear()
    hub_module.gates.clear()
    monkeypatch.setattr("secondtake.runner.settings._taken", {})


@pytest.fixture
def settings_for() -> Callable[..., Settings]:
    """Settings that lead to a hub, with the registry's pins replaced by what the hub serves."""

    def make(hub: LoopbackHub, token: str = "", **changes: object) -> Settings:
        pins = {
            weight.source: hashlib.sha256(content_of(weight)).hexdigest()
            for weight in all_weights()
            if weight.sha256 or weight.git_id
        }
        facts: dict[str, object] = {
            "endpoint": hub.url,
            "downloads": hub.url,
            "pins": pins,
            "ignore_memory": True,
            "given_token": Token(token, "HF_TOKEN in .env") if token else None,
        }
        return Settings(**(facts | changes))  # type: ignore[arg-type]

    return make


@pytest.fixture
def call_here(
    monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> Callable[..., tuple[int, str, str]]:
    """Invoke's own program in this process, which saves its start: exit code, stdout, stderr."""

    def call(*words: str) -> tuple[int, str, str]:
        monkeypatch.chdir(ROOT)
        monkeypatch.setattr(sys, "argv", ["invoke", *words])
        code: object = 0
        try:
            invoke.run()
        except SystemExit as end:
            code = end.code
        assert isinstance(code, int)
        return code, *capfd.readouterr()

    return call
