"""Files arrive whole where libraries look for them, and a manifest records them."""

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
from tests.hub import LoopbackHub
from tests.runner.conftest import GATED, INSIDER, content_of
from tests.runner.hub.conftest import (
    BARK_LARGE,
    BARK_SMALL,
    CODEC,
    OPEN,
    ROOT,
    TEXT,
    VOCABULARY,
    MakeSettings,
    refused,
    sha256,
)

from secondtake.core.project import Project
from secondtake.core.registry.bark import BARK
from secondtake.core.registry.sketch import SKETCH
from secondtake.core.registry.spec import MAIN, Checkpoint, ModelSpec, WeightFile
from secondtake.core.registry.stable_audio import STABLE_AUDIO
from secondtake.core.weights import Manifest, read_manifest, verified_weights
from secondtake.runner.hub.fetch import fetch
from secondtake.runner.hub.store import hub_folder, partial_path
from secondtake.runner.settings import Settings


@pytest.mark.parametrize("storage", [False, True])
def test_everything_arrives_and_is_recorded(
    project: Project, hub: LoopbackHub, settings_for: MakeSettings, storage: bool
) -> None:
    hub.storage = storage
    progress: dict[str, tuple[int, int]] = {}
    manifest = fetch(
        project,
        STABLE_AUDIO,
        OPEN,
        settings_for(hub, INSIDER),
        lambda source, done, total: progress.__setitem__(source, (done, total)),
    )
    assert manifest == read_manifest(project, "stable_audio", "open-1.0")
    assert verified_weights(project, STABLE_AUDIO, OPEN) == manifest.weights(project)
    for weight in OPEN.weights:
        content = content_of(weight)
        file = manifest.files[weight.key]
        assert manifest.weights(project).paths[weight.key].read_bytes() == content
        assert (file.sha256, file.bytes) == (sha256(content), len(content))
        assert file.pinned == bool(weight.sha256 or weight.git_id)
        assert file.revision == hub.repositories[weight.repository].main
        assert progress[weight.source] == (len(content), len(content))


def test_the_storage_host_never_sees_the_token(
    project: Project, hub: LoopbackHub, settings_for: MakeSettings
) -> None:
    hub.storage = True
    fetch(project, STABLE_AUDIO, OPEN, settings_for(hub, INSIDER))
    at_storage = [request for request in hub.requests if request.path.startswith("/storage/")]
    assert at_storage and not [request for request in at_storage if request.token]
    assert {r.path.split("/resolve/")[0] for r in hub.requests if r.token} == {f"/{GATED}"}


def test_libraries_find_a_repository_offline_by_its_name(
    project: Project, hub: LoopbackHub, settings_for: MakeSettings
) -> None:
    fetch(project, STABLE_AUDIO, OPEN, settings_for(hub, INSIDER))
    reference = hub_folder(project) / "models--google-t5--t5-base" / "refs" / "main"
    assert reference.read_text() == hub.repositories["google-t5/t5-base"].main
    script = (
        "from huggingface_hub import hf_hub_download as find\n"
        "print(find('google-t5/t5-base', 'config.json', local_files_only=True))"
    )
    environ = {**os.environ, "HF_HUB_CACHE": str(hub_folder(project)), "HF_HUB_OFFLINE": "1"}
    process = subprocess.run(
        [sys.executable, "-c", script], env=environ, capture_output=True, text=True, check=True
    )
    encoder = next(w for w in OPEN.weights if w.source == "google-t5/t5-base/config.json")
    assert Path(process.stdout.strip()).read_bytes() == content_of(encoder)


@pytest.fixture
def formerly(
    project: Project, hub: LoopbackHub, settings_for: MakeSettings
) -> tuple[Settings, Manifest]:
    """open-1.0, fetched when google-t5/t5-base was asked for as t5-base, unpinned."""
    hub.renamed["t5-base"] = "google-t5/t5-base"
    weights = (
        replace(w, repository="t5-base", revision=MAIN, sha256="") if "t5-base" in w.source else w
        for w in OPEN.weights
    )
    settings = settings_for(hub, INSIDER)
    before = fetch(project, STABLE_AUDIO, replace(OPEN, weights=tuple(weights)), settings)
    hub.requests.clear()
    return settings, before


def test_a_renamed_repository_is_kept_under_the_name_that_libraries_use(
    project: Project, formerly: tuple[Settings, Manifest]
) -> None:
    """As the real hub has it: t5-base answers from google-t5/t5-base."""
    assert formerly[1].files["t5/config.json"].source == "t5-base/config.json"
    assert (hub_folder(project) / "models--t5-base" / "refs" / "main").is_file()
    assert not (hub_folder(project) / "models--google-t5--t5-base").exists()


def test_what_was_fetched_under_a_former_name_is_known_by_its_hash(
    project: Project, hub: LoopbackHub, formerly: tuple[Settings, Manifest]
) -> None:
    settings, before = formerly
    again = fetch(project, STABLE_AUDIO, OPEN, replace(settings, offline=True))
    assert hub.requests == [] and again.hashes == before.hashes
    assert verified_weights(project, STABLE_AUDIO, OPEN).paths == before.weights(project).paths
    assert again.files["t5/config.json"].pinned and not before.files["t5/config.json"].pinned


def test_a_text_encoder_whose_other_files_are_gone_is_fetched_into_one_folder(
    project: Project, hub: LoopbackHub, formerly: tuple[Settings, Manifest]
) -> None:
    settings, before = formerly
    before.weights(project)["t5/tokenizer.json"].resolve().unlink()
    fetch(project, STABLE_AUDIO, OPEN, settings)
    weights = verified_weights(project, STABLE_AUDIO, OPEN)
    folders = {path.parent for key, path in weights.paths.items() if key.startswith("t5/")}
    assert [folder.parents[1].name for folder in folders] == ["models--google-t5--t5-base"]
    assert not hub.asked("GET", "stable-audio-open-1.0/model.safetensors")


def test_a_second_fetch_asks_nobody_and_changes_nothing(
    project: Project, hub: LoopbackHub, fetched: tuple[Settings, Manifest]
) -> None:
    settings, manifest = fetched
    path = project.weights_manifest("bark", "small")
    before = path.stat().st_mtime_ns
    assert fetch(project, BARK, BARK_SMALL, settings) == manifest
    assert hub.requests == []
    assert path.stat().st_mtime_ns == before


def test_a_model_without_weights_has_an_empty_manifest(project: Project) -> None:
    assert fetch(project, SKETCH, SKETCH.checkpoints[0], Settings()).files == {}
    assert not project.cache.exists()


def test_checkpoints_share_what_they_have_in_common(
    project: Project, hub: LoopbackHub, fetched: tuple[Settings, Manifest]
) -> None:
    settings, manifest = fetched
    large = fetch(project, BARK, BARK_LARGE, settings)
    assert large.files["codec"] == manifest.files["codec"]
    assert not hub.asked("GET", CODEC.file) and not hub.asked("GET", VOCABULARY.file)


def test_an_optional_file_that_is_not_there_is_done_without(
    project: Project, hub: LoopbackHub, settings_for: MakeSettings
) -> None:
    extra = WeightFile(key="extra", repository="suno/bark", file="extra.json", optional=True)
    lost = WeightFile(key="lost", file="lost.th", url="https://far.example/lost.th", optional=True)
    checkpoint = Checkpoint("odd", "Odd", weights=(TEXT, extra, lost))
    model = ModelSpec(**{**vars(BARK), "checkpoints": (checkpoint,)})
    manifest = fetch(project, model, checkpoint, settings_for(hub))
    assert set(manifest.files) == {"text"}
    hub.requests.clear()
    assert fetch(project, model, checkpoint, settings_for(hub)) == manifest
    assert hub.requests == []


def test_a_gated_file_without_token_is_refused_as_access_would(
    project: Project, hub: LoopbackHub, settings_for: MakeSettings
) -> None:
    assert refused(project, settings_for(hub), OPEN).code == "no_token"


def test_a_folder_that_cannot_be_written_is_named(
    project: Project, hub: LoopbackHub, settings_for: MakeSettings, monkeypatch: pytest.MonkeyPatch
) -> None:
    (project.root / "full").write_text("a file where a folder should be")
    monkeypatch.setenv("SECONDTAKE_CACHE", "full/cache")
    error = refused(project, settings_for(hub), BARK_SMALL)
    assert (error.code, "full" in error.message) == ("disk", True)
    assert "SECONDTAKE_CACHE" in error.hint


def test_a_killed_fetch_is_gone_on_with(
    project: Project, hub: LoopbackHub, settings_for: MakeSettings, tmp_path: Path
) -> None:
    """kill -9 while the second of three files is under way; what was there by then stays."""
    coarse = next(weight for weight in BARK_SMALL.weights if weight.key == "coarse")
    large = b"0123456789abcdef" * (1 << 20)
    (hub.root / "suno/bark" / coarse.file).write_bytes(large)
    settings = settings_for(hub)
    hub.faults.cut[coarse.file] = [5 << 20, 0, 0, 0, 0]  # what a slow line looks like to it
    process = start(project, settings, tmp_path, pause=60)
    part_glob = "models--suno--bark/blobs/*.part"
    half = partial_path(hub_folder(project) / "models--suno--bark/blobs" / sha256(large))
    wait_until(lambda: half.is_file() and half.stat().st_size > 1 << 20)
    process.send_signal(signal.SIGKILL)
    process.wait()
    hub.faults.cut.clear()
    hub.requests.clear()
    manifest = fetch(project, BARK, BARK_SMALL, settings)
    assert manifest.files["coarse"].sha256 == sha256(large)
    assert not hub.asked("GET", TEXT.file)
    (request,) = hub.asked("GET", coarse.file)
    assert int(request.range.removeprefix("bytes=").removesuffix("-")) > 0
    assert not list(hub_folder(project).glob(part_glob))


def test_the_token_is_in_no_log(
    project: Project, hub: LoopbackHub, settings_for: MakeSettings, tmp_path: Path
) -> None:
    """Everything logged at its loudest, and a failure with its traceback."""
    hub.storage = True
    hub.gated.add("stabilityai/stable-audio-open-small")  # and its terms are not accepted
    settings = settings_for(hub, INSIDER)
    process = start(project, settings, tmp_path, token=INSIDER, checkpoint="open-1.0")
    output = process.communicate(timeout=60)[0]
    assert "authorization" in output.lower()  # the log does show headers
    assert f"fetched {len(OPEN.weights)} files" in output and "Traceback" in output
    assert INSIDER not in output
    written = b"".join(p.read_bytes() for p in project.root.rglob("*") if p.is_file())
    assert INSIDER.encode() not in written


FETCH_SCRIPT = """\
import json, logging, sys
logging.basicConfig(level=logging.DEBUG)
from secondtake.core.registry.bark import BARK
from secondtake.core.registry.stable_audio import STABLE_AUDIO
from secondtake.core.project import Project
from secondtake.runner.hub import download
from secondtake.runner.hub.fetch import fetch
from secondtake.runner.settings import load_settings
from pathlib import Path
download.RETRY_SECONDS = float(sys.argv[2])
project = Project(Path.cwd())
settings = load_settings(project)
model = BARK if sys.argv[1] == "small" else STABLE_AUDIO
manifest = fetch(project, model, model.checkpoint(sys.argv[1]), settings)
print("fetched", len(manifest.files), "files")
logging.debug("all there is: %r %r", settings, vars(settings))
try:
    fetch(project, STABLE_AUDIO, STABLE_AUDIO.checkpoint("open-small"), settings)
except Exception:
    logging.exception("as expected")
"""


def start(
    project: Project,
    settings: Settings,
    tmp_path: Path,
    *,
    token: str = "",
    checkpoint: str = "small",
    pause: float = 0,
) -> "subprocess.Popen[str]":
    """A process that fetches, with settings from its environment as in real life."""
    pins = tmp_path / "pins.json"
    pins.write_text(json.dumps(settings.pins))
    environ = {
        **os.environ,
        "PYTHONPATH": str(ROOT / "src"),
        "HF_ENDPOINT": settings.endpoint,
        "SECONDTAKE_DOWNLOADS": settings.downloads,
        "SECONDTAKE_PINS": str(pins),
        "HF_TOKEN": token,
        "HF_DEBUG": "1",
    }
    return subprocess.Popen(
        [sys.executable, "-c", FETCH_SCRIPT, checkpoint, str(pause)],
        cwd=project.root,
        env=environ,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )


def wait_until(condition: Callable[[], bool]) -> None:
    deadline = time.monotonic() + 60  # only a hang reaches it
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.01)
