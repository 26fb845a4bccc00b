"""Damaged files, cut downloads and altered bytes end with whole files, or with a named error."""

import os
from typing import Any

import pytest
from tests.hub import LoopbackHub
from tests.hub.odd import says
from tests.runner.conftest import content_of
from tests.runner.hub.conftest import (
    BARK_SMALL,
    CODEC,
    TEXT,
    VOCABULARY,
    MakeSettings,
    refused,
    text_path,
)

from secondtake.core.project import Project
from secondtake.core.registry.bark import BARK
from secondtake.core.registry.spec import WeightFile
from secondtake.core.weights import Manifest, read_manifest, verified_weights
from secondtake.runner.hub.fetch import fetch
from secondtake.runner.hub.store import download_path, partial_path
from secondtake.runner.settings import Settings


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
    assert verified_weights(project, BARK, BARK_SMALL) == again.weights(project)


def test_a_damaged_plain_file_is_fetched_again(
    project: Project, hub: LoopbackHub, fetched: tuple[Settings, Manifest]
) -> None:
    settings, _ = fetched
    os.truncate(download_path(project, CODEC), 100)
    fetch(project, BARK, BARK_SMALL, settings)
    assert download_path(project, CODEC).read_bytes() == content_of(CODEC)
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
    project: Project, hub: LoopbackHub, settings_for: MakeSettings, weight: WeightFile
) -> None:
    hub.faults.cut[weight.file] = [1000, 500]
    manifest = fetch(project, BARK, BARK_SMALL, settings_for(hub))
    assert manifest.weights(project).paths[weight.key].read_bytes() == content_of(weight)
    ranges = [request.range for request in hub.asked("GET", weight.file)]
    assert ranges == ["", "bytes=1000-", "bytes=1500-"]


def test_a_server_without_ranges_sends_all_again(
    project: Project, hub: LoopbackHub, settings_for: MakeSettings
) -> None:
    hub.faults.no_ranges = True
    hub.faults.cut[TEXT.file] = [1000]
    manifest = fetch(project, BARK, BARK_SMALL, settings_for(hub))
    assert text_path(project, manifest).read_bytes() == content_of(TEXT)


def test_an_answer_that_ends_every_try_is_the_one_that_is_told(
    project: Project, hub: LoopbackHub, settings_for: MakeSettings
) -> None:
    def busy(handler: Any) -> None:
        if handler.command == "HEAD":
            return handler._route(handler.path, "")
        says(429)(handler)

    hub.faults.odd[TEXT.file] = busy
    error = refused(project, settings_for(hub), BARK_SMALL)
    assert (error.code, "was asked too often" in error.message) == ("network", True)
    assert "HF_ENDPOINT" not in error.hint and "wait" in error.hint


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
    project: Project, hub: LoopbackHub, settings_for: MakeSettings, weight: WeightFile
) -> None:
    hub.faults.spoil[weight.file] = 9
    error = refused(project, settings_for(hub), BARK_SMALL)
    assert (error.code, "damaged" in error.message) == ("bad_weights", True)
    manifest = read_manifest(project, "bark", "small")
    assert manifest is None or weight.key not in manifest.files


def test_the_rest_of_another_file_does_not_spoil_a_download(
    project: Project, hub: LoopbackHub, settings_for: MakeSettings
) -> None:
    part = partial_path(download_path(project, CODEC))
    part.parent.mkdir(parents=True)
    part.write_bytes(b"an older file's beginning")
    fetch(project, BARK, BARK_SMALL, settings_for(hub))
    assert download_path(project, CODEC).read_bytes() == content_of(CODEC)
    assert not part.exists()
