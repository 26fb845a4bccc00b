"""Files arrive whole, are the ones they should be, and every mishap on the way ends well."""

import hashlib
import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from tests.hub import LoopbackHub
from tests.runner.conftest import GATED, INSIDER, content_of

from secondtake.core.errors import ModelError
from secondtake.core.project import Project
from secondtake.core.registry.bark import BARK
from secondtake.core.registry.sketch import SKETCH
from secondtake.core.registry.spec import Checkpoint, Model, Weight
from secondtake.core.registry.stable_audio import STABLE_AUDIO
from secondtake.core.weights import Manifest, checked_weights, read_manifest
from secondtake.runner.hub.fetch import fetch
from secondtake.runner.hub.store import hub_folder, part_of, plain_path
from secondtake.runner.settings import Settings

ROOT = Path(__file__).parents[3]
BARK_SMALL, BARK_LARGE = BARK.checkpoint("small"), BARK.checkpoint("large")
OPEN = STABLE_AUDIO.checkpoint("open-1.0")
TEXT = next(weight for weight in BARK_SMALL.weights if weight.key == "text")
VOCABULARY = next(weight for weight in BARK_SMALL.weights if weight.key == "vocabulary")
CODEC = next(weight for weight in BARK_SMALL.weights if weight.url)
MakeSettings = Callable[..., Settings]


def sha256(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()


def text_path(project: Project, manifest: Manifest) -> Path:
    return manifest.weights(project).paths["text"]


def refused(project: Project, settings: Settings, checkpoint: Checkpoint) -> ModelError:
    model = BARK if checkpoint in BARK.checkpoints else STABLE_AUDIO
    with pytest.raises(ModelError) as caught:
        fetch(project, model, checkpoint, settings)
    assert caught.value.hint and "\n" not in caught.value.message + caught.value.hint
    return caught.value


@pytest.fixture
def fetched(
    project: Project, hub: LoopbackHub, settings_for: MakeSettings
) -> Iterator[tuple[Settings, Manifest]]:
    """Small Bark, fetched before the test begins."""
    settings = settings_for(hub)
    manifest = fetch(project, BARK, BARK_SMALL, settings)
    hub.requests.clear()
    yield settings, manifest


@pytest.mark.parametrize("storage", [False, True])
def test_everything_arrives_and_is_recorded(
    project: Project, hub: LoopbackHub, settings_for: MakeSettings, storage: bool
) -> None:
    hub.storage = storage
    heard: dict[str, tuple[int, int]] = {}
    manifest = fetch(
        project,
        STABLE_AUDIO,
        OPEN,
        settings_for(hub, INSIDER),
        lambda source, done, total: heard.__setitem__(source, (done, total)),
    )
    assert manifest == read_manifest(project, "stable_audio", "open-1.0")
    assert checked_weights(project, STABLE_AUDIO, OPEN) == manifest.weights(project)
    for weight in OPEN.weights:
        content = content_of(weight)
        file = manifest.files[weight.key]
        assert manifest.weights(project).paths[weight.key].read_bytes() == content
        assert (file.sha256, file.bytes, file.pinned) == (sha256(content), len(content), False)
        assert file.revision == hub.repositories[weight.repository].main
        assert heard[weight.source] == (len(content), len(content))


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
    reference = hub_folder(project) / "models--t5-base" / "refs" / "main"
    assert reference.read_text() == hub.repositories["t5-base"].main
    script = (
        "from huggingface_hub import hf_hub_download as find\n"
        "print(find('t5-base', 'config.json', local_files_only=True))"
    )
    environ = {**os.environ, "HF_HUB_CACHE": str(hub_folder(project)), "HF_HUB_OFFLINE": "1"}
    found = subprocess.run(
        [sys.executable, "-c", script], env=environ, capture_output=True, text=True, check=True
    )
    encoder = next(w for w in OPEN.weights if w.source == "t5-base/config.json")
    assert Path(found.stdout.strip()).read_bytes() == content_of(encoder)


def test_a_renamed_repository_is_kept_under_the_name_that_libraries_use(
    project: Project, hub: LoopbackHub, settings_for: MakeSettings
) -> None:
    """As the real hub has it: t5-base answers from google-t5/t5-base."""
    (hub.root / "google-t5").mkdir()
    (hub.root / "t5-base").rename(hub.root / "google-t5/t5-base")
    hub.renamed["t5-base"] = "google-t5/t5-base"
    manifest = fetch(project, STABLE_AUDIO, OPEN, settings_for(hub, INSIDER))
    assert checked_weights(project, STABLE_AUDIO, OPEN) == manifest.weights(project)
    assert (hub_folder(project) / "models--t5-base" / "refs" / "main").is_file()
    assert not (hub_folder(project) / "models--google-t5--t5-base").exists()


def test_a_second_fetch_asks_nobody_and_changes_nothing(
    project: Project, hub: LoopbackHub, fetched: tuple[Settings, Manifest]
) -> None:
    settings, manifest = fetched
    path = project.weights_manifest("bark", "small")
    before = path.stat()
    assert fetch(project, BARK, BARK_SMALL, settings) == manifest
    assert hub.requests == []
    assert path.stat() == before


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


def test_a_pinned_hash_must_match_and_a_wrong_one_moves_no_gigabyte(
    project: Project, hub: LoopbackHub, settings_for: MakeSettings
) -> None:
    settings = settings_for(hub)
    error = refused(
        project, settings_for(hub, pins={**settings.pins, TEXT.source: "0" * 64}), BARK_SMALL
    )
    assert error.code == "bad_weights"
    assert TEXT.source in error.message and "0" * 64 in error.message
    assert sha256(content_of(TEXT)) in error.message
    assert "SECONDTAKE_PINS" in error.hint
    assert not hub.asked("GET", TEXT.file)


def test_a_pinned_plain_file_must_match(
    project: Project, hub: LoopbackHub, settings_for: MakeSettings
) -> None:
    error = refused(project, settings_for(hub, pins={}), BARK_SMALL)  # the registry's own pin
    assert error.code == "bad_weights"
    assert CODEC.sha256 in error.message and "registry" in error.hint
    assert not plain_path(project, CODEC).exists()


def test_a_pin_that_matches_is_recorded_as_one(
    project: Project, hub: LoopbackHub, settings_for: MakeSettings
) -> None:
    manifest = fetch(project, BARK, BARK_SMALL, settings_for(hub))
    assert {key for key, file in manifest.files.items() if file.pinned} == {"codec"}


@pytest.mark.parametrize("weight", [TEXT, VOCABULARY], ids=["lfs", "git"])
def test_what_the_hub_changed_behind_a_commit_is_refused(
    project: Project, hub: LoopbackHub, fetched: tuple[Settings, Manifest], weight: Weight
) -> None:
    """Trust on first use: the recorded hash must match, even if the hub is sure of another."""
    settings, manifest = fetched
    repository = hub.repositories[weight.repository]
    tree = repository.commits[repository.main]
    tree[weight.file] = type(tree[weight.file])(weight.file, b"another file altogether")
    manifest.weights(project).paths[weight.key].resolve().unlink()
    error = refused(project, settings, BARK_SMALL)
    assert error.code == "bad_weights"
    assert weight.source in error.message
    assert sha256(content_of(weight)) in error.message
    assert ".cache/weights/bark-small.json" in error.hint
    project.weights_manifest("bark", "small").unlink()  # what the hint says
    accepted = fetch(project, BARK, BARK_SMALL, settings)
    assert accepted.files[weight.key].sha256 == sha256(b"another file altogether")


def test_a_moved_main_does_not_move_what_was_fetched(
    project: Project, hub: LoopbackHub, fetched: tuple[Settings, Manifest]
) -> None:
    settings, manifest = fetched
    hub.publish("suno/bark", {TEXT.file: b"a newer text model"})
    text_path(project, manifest).resolve().unlink()
    again = fetch(project, BARK, BARK_SMALL, settings)
    assert again.hashes == manifest.hashes
    assert text_path(project, again).read_bytes() == content_of(TEXT)
    assert again.files["text"].revision == manifest.files["text"].revision


def test_files_of_one_repository_stay_at_one_commit(
    project: Project, hub: LoopbackHub, fetched: tuple[Settings, Manifest]
) -> None:
    settings, manifest = fetched
    hub.publish("suno/bark", {"text_2.pt": b"a newer text model"})
    large = fetch(project, BARK, BARK_LARGE, settings)
    assert large.files["text"].revision == manifest.files["text"].revision


def test_a_commit_that_is_gone_is_named(
    project: Project, hub: LoopbackHub, fetched: tuple[Settings, Manifest]
) -> None:
    settings, manifest = fetched
    repository = hub.repositories["suno/bark"]
    repository.commits = {"f" * 40: repository.commits[repository.main]}
    text_path(project, manifest).resolve().unlink()
    error = refused(project, settings, BARK_SMALL)
    assert error.code == "bad_weights"
    assert manifest.files["text"].revision in error.message
    assert ".cache/weights/bark-small.json" in error.hint


@pytest.mark.parametrize("how", ["truncated", "altered", "pointer gone", "all gone"])
def test_a_damaged_file_is_fetched_again(
    project: Project, hub: LoopbackHub, fetched: tuple[Settings, Manifest], how: str
) -> None:
    settings, manifest = fetched
    path = text_path(project, manifest)
    if how == "truncated":
        os.truncate(path.resolve(), 100)
    elif how == "altered":
        path.resolve().write_bytes(b"!" + content_of(TEXT)[1:])
    elif how == "pointer gone":
        path.unlink()
    else:
        path.resolve().unlink()
        path.unlink()
    again = fetch(project, BARK, BARK_SMALL, settings)
    assert again.hashes == manifest.hashes
    assert path.read_bytes() == content_of(TEXT)
    assert len(hub.asked("GET", TEXT.file)) == (0 if how == "pointer gone" else 1)
    assert checked_weights(project, BARK, BARK_SMALL) == again.weights(project)


def test_a_damaged_plain_file_is_fetched_again(
    project: Project, hub: LoopbackHub, fetched: tuple[Settings, Manifest]
) -> None:
    settings, _ = fetched
    os.truncate(plain_path(project, CODEC), 100)
    fetch(project, BARK, BARK_SMALL, settings)
    assert plain_path(project, CODEC).read_bytes() == content_of(CODEC)
    assert [request.path for request in hub.asked("GET")] == [f"/encodec/v0/{CODEC.file}"]


def test_a_file_that_was_only_touched_stays(
    project: Project, hub: LoopbackHub, fetched: tuple[Settings, Manifest]
) -> None:
    settings, manifest = fetched
    os.utime(text_path(project, manifest).resolve(), (1, 1))
    again = fetch(project, BARK, BARK_SMALL, settings)
    assert hub.requests == []
    assert again.files["text"].stamp != manifest.files["text"].stamp
    assert read_manifest(project, "bark", "small") == again


@pytest.mark.parametrize("weight", [TEXT, VOCABULARY, CODEC], ids=["lfs", "git", "plain"])
def test_a_cut_download_goes_on_where_it_ended(
    project: Project, hub: LoopbackHub, settings_for: MakeSettings, weight: Weight
) -> None:
    hub.faults.cut[weight.file] = [1000, 500]
    manifest = fetch(project, BARK, BARK_SMALL, settings_for(hub))
    assert manifest.weights(project).paths[weight.key].read_bytes() == content_of(weight)
    asked = [request.range for request in hub.asked("GET", weight.file)]
    assert asked == ["", "bytes=1000-", "bytes=1500-"]


def test_a_server_without_ranges_sends_all_again(
    project: Project, hub: LoopbackHub, settings_for: MakeSettings
) -> None:
    hub.faults.no_ranges = True
    hub.faults.cut[TEXT.file] = [1000]
    manifest = fetch(project, BARK, BARK_SMALL, settings_for(hub))
    assert text_path(project, manifest).read_bytes() == content_of(TEXT)


def test_what_breaks_off_for_good_is_kept_for_the_next_run(
    project: Project, hub: LoopbackHub, settings_for: MakeSettings
) -> None:
    hub.faults.cut[TEXT.file] = [1000, 0, 0, 0, 0]
    error = refused(project, settings_for(hub), BARK_SMALL)
    assert (error.code, "broke off" in error.message) == ("network", True)
    hub.faults.cut.clear()
    hub.requests.clear()
    fetch(project, BARK, BARK_SMALL, settings_for(hub))
    assert [request.range for request in hub.asked("GET", TEXT.file)] == ["bytes=1000-"]


def test_a_hub_that_stumbles_is_asked_again(
    project: Project, hub: LoopbackHub, settings_for: MakeSettings
) -> None:
    hub.faults.status[TEXT.file] = [503, 503]
    assert fetch(project, BARK, BARK_SMALL, settings_for(hub)).files["text"]


def test_a_hub_that_is_down_is_named(
    project: Project, hub: LoopbackHub, settings_for: MakeSettings
) -> None:
    hub.faults.status[TEXT.file] = [503] * 20
    error = refused(project, settings_for(hub), BARK_SMALL)
    assert (error.code, "503" in error.message) == ("network", True)


def test_bytes_altered_on_the_way_are_fetched_once_more(
    project: Project, hub: LoopbackHub, settings_for: MakeSettings
) -> None:
    hub.faults.spoil[TEXT.file] = 1
    manifest = fetch(project, BARK, BARK_SMALL, settings_for(hub))
    assert text_path(project, manifest).read_bytes() == content_of(TEXT)
    assert len(hub.asked("GET", TEXT.file)) == 2


@pytest.mark.parametrize("weight", [TEXT, VOCABULARY], ids=["lfs", "git"])
def test_bytes_altered_on_every_way_are_refused(
    project: Project, hub: LoopbackHub, settings_for: MakeSettings, weight: Weight
) -> None:
    hub.faults.spoil[weight.file] = 9
    error = refused(project, settings_for(hub), BARK_SMALL)
    assert (error.code, "damaged" in error.message) == ("bad_weights", True)
    manifest = read_manifest(project, "bark", "small")
    assert manifest is None or weight.key not in manifest.files


def test_the_rest_of_another_file_does_not_spoil_a_download(
    project: Project, hub: LoopbackHub, settings_for: MakeSettings
) -> None:
    part = part_of(plain_path(project, CODEC))
    part.parent.mkdir(parents=True)
    part.write_bytes(b"an older file's beginning")
    fetch(project, BARK, BARK_SMALL, settings_for(hub))
    assert plain_path(project, CODEC).read_bytes() == content_of(CODEC)
    assert not part.exists()


def test_an_optional_file_that_is_not_there_is_done_without(
    project: Project, hub: LoopbackHub, settings_for: MakeSettings
) -> None:
    extra = Weight(key="extra", repository="suno/bark", file="extra.json", optional=True)
    lost = Weight(key="lost", file="lost.th", url="https://far.example/lost.th", optional=True)
    checkpoint = Checkpoint("odd", "Odd", weights=(TEXT, extra, lost))
    model = Model(**{**vars(BARK), "checkpoints": (checkpoint,)})
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
    hub.publish("suno/bark", {coarse.file: (large := b"0123456789abcdef" * (1 << 20))})
    settings = settings_for(hub)
    hub.faults.cut[coarse.file] = [5 << 20, 0, 0, 0, 0]  # what a slow line looks like to it
    process = start(project, settings, tmp_path, pause=60)
    part_glob = "models--suno--bark/blobs/*.part"
    half = part_of(hub_folder(project) / "models--suno--bark/blobs" / sha256(large))
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
