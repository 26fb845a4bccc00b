"""Pins, commits and recorded hashes: a file is the one that it should be, or refused."""

import pytest
from tests.hub import LoopbackHub
from tests.runner.conftest import GATED, INSIDER, content_of
from tests.runner.hub.conftest import (
    BARK_LARGE,
    BARK_SMALL,
    CODEC,
    OPEN,
    TEXT,
    VOCABULARY,
    MakeSettings,
    refused,
    sha256,
    text_path,
)

from secondtake.core.project import Project
from secondtake.core.registry.bark import BARK
from secondtake.core.registry.spec import WeightFile
from secondtake.core.registry.stable_audio import STABLE_AUDIO
from secondtake.core.weights import Manifest
from secondtake.runner.hub.fetch import fetch
from secondtake.runner.hub.store import download_path
from secondtake.runner.settings import Settings


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
    assert not download_path(project, CODEC).exists()


def test_a_pin_that_matches_is_recorded_as_one(
    project: Project, hub: LoopbackHub, settings_for: MakeSettings
) -> None:
    manifest = fetch(project, BARK, BARK_SMALL, settings_for(hub))
    assert {key for key, file in manifest.files.items() if file.pinned} == {
        "codec", "vocabulary",
    }  # fmt: skip


def test_a_first_fetch_is_checked_by_the_registry_and_moves_no_gigabyte(
    project: Project, hub: LoopbackHub, settings_for: MakeSettings
) -> None:
    model = next(weight for weight in OPEN.weights if weight.key == "model")
    pins = {w.source: sha256(content_of(w)) for w in OPEN.weights if w is not model}
    error = refused(project, settings_for(hub, INSIDER, pins=pins), OPEN)
    assert (error.code, model.source in error.message) == ("bad_weights", True)
    assert model.sha256 in error.message and "registry" in error.hint
    assert not hub.asked("GET", model.file)


def test_a_first_fetch_asks_for_the_pinned_commit(
    project: Project, hub: LoopbackHub, settings_for: MakeSettings
) -> None:
    config = next(weight for weight in OPEN.weights if weight.key == "config")
    hub.publish(GATED, {config.file: b"a newer configuration"})
    manifest = fetch(project, STABLE_AUDIO, OPEN, settings_for(hub, INSIDER))
    assert manifest.files["config"].revision == config.revision
    assert manifest.weights(project)["config"].read_bytes() == content_of(config)


def test_a_hub_without_the_pinned_commit_is_named(
    project: Project, hub: LoopbackHub, settings_for: MakeSettings
) -> None:
    hub.commits.clear()  # a mirror of files, not of commits
    error = refused(project, settings_for(hub, INSIDER), OPEN)
    assert (error.code, OPEN.weights[0].revision in error.message) == ("bad_weights", True)
    assert error.hint == "check HF_ENDPOINT"


@pytest.mark.parametrize("weight", [TEXT, VOCABULARY], ids=["lfs", "git"])
def test_what_the_hub_changed_behind_a_commit_is_refused(
    project: Project, hub: LoopbackHub, fetched: tuple[Settings, Manifest], weight: WeightFile
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


def test_a_file_of_which_only_its_git_id_is_known_must_have_it(
    project: Project, hub: LoopbackHub, settings_for: MakeSettings
) -> None:
    config = next(weight for weight in OPEN.weights if weight.key == "config")
    assert config.git_id and not config.sha256
    pins = {w.source: sha256(content_of(w)) for w in OPEN.weights if w is not config}
    error = refused(project, settings_for(hub, INSIDER, pins=pins), OPEN)
    assert (error.code, config.source in error.message) == ("bad_weights", True)
    assert f"instead of {config.git_id}" in error.message and "registry" in error.hint
    assert not hub.asked("GET", config.file)
