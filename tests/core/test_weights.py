"""Manifests: what was fetched, proven before it is loaded."""

import hashlib
import json
import os
from dataclasses import replace

import pytest

from secondtake.core.errors import ModelError
from secondtake.core.files import file_fingerprint, sha256_of
from secondtake.core.registry.all_models import MODELS
from secondtake.core.registry.spec import Checkpoint, WeightFile
from secondtake.core.weights import (
    FetchedFile,
    Manifest,
    read_manifest,
    verified_weights,
    write_manifest,
)

CHECKPOINT = Checkpoint(
    "low", "Low",
    weights=(WeightFile("text", "text.pt", "a/b"), WeightFile("extra", "e", "a/b", optional=True)),
)  # fmt: skip


@pytest.fixture
def model(hum):
    return replace(MODELS["hum"], checkpoints=(CHECKPOINT,))


@pytest.fixture
def file(hum):
    """A fetched file whose manifest is written."""
    path = hum.cache / "text.pt"
    path.parent.mkdir(parents=True)
    path.write_bytes(b"weights")
    fetched = FetchedFile(
        "text", "text.pt", sha256_of(path), 7, "a/b", "r", False, file_fingerprint(path)
    )
    write_manifest(hum, Manifest("hum", "low", {"text": fetched}))
    return path


def refused(hum, model):
    with pytest.raises(ModelError) as error:
        verified_weights(hum, model, CHECKPOINT)
    assert (error.value.code, error.value.hint) == (
        "bad_weights", "type: invoke fetch --models hum",
    )  # fmt: skip
    return error.value.message


def test_a_manifest_comes_back_as_it_was(hum, model, file):
    weights = verified_weights(hum, model, CHECKPOINT)
    assert weights == read_manifest(hum, "hum", "low").weights(hum)
    assert weights["text"] == file
    assert weights.hashes == {"text": sha256_of(file)}


def test_what_needs_no_weights_has_an_empty_manifest(hum):
    assert verified_weights(hum, MODELS["hum"], Checkpoint("x", "X")).paths == {}


def test_weights_that_were_not_fetched_are_asked_for(hum, model):
    assert refused(hum, model) == "Low: weights were not fetched"
    write_manifest(hum, Manifest("hum", "low", {}))
    assert refused(hum, model) == "a/b/text.pt was not fetched"


@pytest.mark.parametrize("text", ["", "null", "[]", '{"files": []}', '{"files": {"text": 5}}',
    '{"files": {"text": {}}}', "[" * 100_000, "\xff"])  # fmt: skip
def test_a_damaged_manifest_is_none(hum, model, file, text):
    hum.weights_manifest("hum", "low").write_text(text, encoding="latin-1")
    assert read_manifest(hum, "hum", "low") is None
    assert refused(hum, model) == "Low: the manifest of its weights is damaged"


def test_a_manifest_with_a_wrong_type_is_none(hum, file):
    path = hum.weights_manifest("hum", "low")
    value = json.loads(path.read_text())
    value["files"]["text"]["bytes"] = "7"
    path.write_text(json.dumps(value))
    assert read_manifest(hum, "hum", "low") is None


@pytest.mark.parametrize("data", [b"weightz", b"weight", b""])
def test_a_changed_file_is_damaged(hum, model, file, data):
    file.write_bytes(data)
    assert f"{file} is damaged: sha256 " in refused(hum, model)


def test_a_change_that_hides_behind_its_old_time_is_seen(hum, model, file):
    before = file.stat()
    file.write_bytes(b"weightz")
    os.utime(file, ns=(before.st_atime_ns, before.st_mtime_ns))
    assert "is damaged" in refused(hum, model)


def test_a_missing_file_says_so(hum, model, file):
    file.unlink()
    assert refused(hum, model) == f"{file}: No such file or directory"


def test_a_touched_file_is_read_again_and_found_whole(hum, model, file):
    os.utime(file, ns=(1, 1))
    assert verified_weights(hum, model, CHECKPOINT).paths == {"text": file}


@pytest.fixture
def shards(hum):
    """An index and its two shards, recorded."""
    folder = hum.cache / "cut"
    folder.mkdir(parents=True)
    index = b'{"weight_map": {"a": "b.bin", "b": "a.bin", "c": "a.bin"}}'
    contents = {
        "text": ("text.bin.index.json", index),
        "text1": ("a.bin", b"first"), "text2": ("b.bin", b"second"),
    }  # fmt: skip
    files = {}
    for key, (name, content) in contents.items():
        (folder / name).write_bytes(content)
        path = folder / name
        files[key] = FetchedFile(
            key, f"cut/{name}", sha256_of(path), len(content), f"a/b/{name}", "r", False,
            file_fingerprint(path),
        )  # fmt: skip
    manifest = Manifest("hum", "low", files)
    write_manifest(hum, manifest)
    return manifest


def test_an_index_stands_for_its_shards(hum, model, shards):
    weights = verified_weights(hum, model, CHECKPOINT)
    assert weights.parts("text") == ("text1", "text2")
    assert [path.name for path in weights.files("text")] == ["a.bin", "b.bin"]
    assert weights.hashes == {key: shards.files[key].sha256 for key in ("text1", "text2")}
    together = "".join(weights.hashes.values()).encode()
    assert weights.sha256("text") == hashlib.sha256(together).hexdigest()


def test_one_file_stands_for_itself(hum, model, file):
    weights = verified_weights(hum, model, CHECKPOINT)
    assert (weights.parts("text"), weights.files("text")) == (("text",), (file,))
    assert weights.sha256("text") == weights.hashes["text"]


@pytest.mark.parametrize("change", ["gone", "another"])
def test_every_shard_of_an_index_is_asked_for(hum, model, shards, change):
    files = dict(shards.files)
    if change == "gone":
        del files["text2"]
    else:
        files["text2"] = replace(files["text1"], key="text2")
    write_manifest(hum, Manifest("hum", "low", files))
    assert refused(hum, model) == "b.bin of a/b/text.bin.index.json was not fetched"


def test_a_damaged_shard_is_refused(hum, model, shards):
    (hum.cache / "cut" / "b.bin").write_bytes(b"secund")
    assert "b.bin is damaged" in refused(hum, model)
