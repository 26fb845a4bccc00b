"""Checkpoints assembled byte by byte: what is read from them, and what is refused, unrun."""

import json
import pickle
import struct
import zipfile
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from safetensors.numpy import load_file
from tests.pickles import (
    BUILD,
    MARK,
    NUMBERS,
    REDUCE,
    STOP,
    TUPLE,
    call,
    legacy,
    legacy_tensor,
    mapping,
    name,
    plain,
    tensor,
    write,
)

from secondtake.core.errors import ModelError
from secondtake.core.weights import Weights
from secondtake.models.inference.checkpoints import as_safetensors, read_checkpoint

SHA = "5" * 64


def convert(path: Path, cache: Path, within: str = "") -> Path:
    return as_safetensors(Weights({"it": path}, {"it": SHA}, cache), "it", within)


def read(path: Path) -> dict[str, Any]:
    file = read_checkpoint(path)
    return {key: file.array(value) for key, value in file.values.items()}


def test_views_of_one_storage(tmp_path: Path) -> None:
    views = {
        "whole": tensor((4, 6), (6, 1)),
        "transposed": tensor((6, 4), (1, 6)),
        "rows": tensor((3, 2), (8, 1), offset=3),
        "one row": tensor((1, 2), (0, 1), offset=7),
        "scalar": tensor((), (), offset=23),
        "empty": tensor((0, 4), (4, 1)),
    }
    tensors = read(write(tmp_path / "a.pt", mapping(views)))
    assert np.array_equal(tensors["whole"], NUMBERS.reshape(4, 6))
    assert np.array_equal(tensors["transposed"], NUMBERS.reshape(4, 6).T)
    assert np.array_equal(tensors["rows"], [[3, 4], [11, 12], [19, 20]])
    assert np.array_equal(tensors["one row"], [[7, 8]])
    assert tensors["scalar"] == 23
    assert tensors["empty"].shape == (0, 4)


def test_parameters_and_numpy_numbers(tmp_path: Path) -> None:
    code = call("numpy.dtype", plain("f8"), plain(False), plain(True))
    code += plain((3, "<", None, None, None, -1, -1, 0)) + BUILD
    raw = call("_codecs.encode", plain(struct.pack("<d", 2.5).decode("latin1")), plain("latin1"))
    weight = call("torch._utils._rebuild_parameter", tensor((24,), (1,)), plain(True), plain(None))
    program = mapping({"w": weight, "loss": call("numpy.core.multiarray.scalar", code, raw)})
    file = read_checkpoint(write(tmp_path / "a.pt", program))
    assert file.values["loss"] == 2.5
    assert np.array_equal(file.array(file.values["w"]), NUMBERS)


def test_becomes_safetensors_with_its_plain_values(tmp_path: Path) -> None:
    model = mapping({"a": tensor((6, 4), (1, 6)), "tied": tensor((6, 4), (1, 6)),
                     "rows": tensor((2, 8), (12, 1))})  # fmt: skip
    parts = {"model": model, "model_args": plain({"n_layer": 2}), "iter_num": plain(7),
             "optimizer": mapping({"state": tensor((24,), (1,))})}  # fmt: skip
    path = write(tmp_path / "a.pt", mapping(parts))
    converted = convert(path, tmp_path, within="model")
    tensors = load_file(converted)
    assert np.array_equal(tensors["a"], NUMBERS.reshape(4, 6).T)
    assert np.array_equal(tensors["rows"][1], NUMBERS[12:20])
    length = struct.unpack("<Q", converted.read_bytes()[:8])[0]
    said = json.loads(converted.read_bytes()[8 : 8 + length])["__metadata__"]
    assert json.loads(said["aliases"]) == {"tied": "a"}  # stored once
    assert json.loads(said["values"]) == {"model_args": {"n_layer": 2}, "iter_num": 7}


def test_bfloat16_keeps_its_bits(tmp_path: Path) -> None:
    program = mapping({"b": tensor((48,), (1,), storage="BFloat16Storage", items=48)})
    converted = convert(write(tmp_path / "a.pt", program), tmp_path)
    content = converted.read_bytes()
    assert b'"BF16"' in content
    assert content.endswith(NUMBERS.tobytes())


@pytest.mark.parametrize("damage", ["cut", "changed", "no note", "gone"])
def test_a_damaged_conversion_is_done_again(tmp_path: Path, damage: str) -> None:
    path = write(tmp_path / "a.pt", mapping({"a": tensor((24,), (1,))}))
    converted = convert(path, tmp_path)
    whole = converted.read_bytes()
    if damage == "cut":
        converted.write_bytes(whole[:-4])
    elif damage == "changed":
        converted.write_bytes(whole[:-4] + b"\0\0\0\0")
    elif damage == "no note":
        converted.with_suffix(".json").unlink()
    else:
        converted.unlink()
    assert convert(path, tmp_path).read_bytes() == whole


def test_a_conversion_is_done_once(tmp_path: Path) -> None:
    path = write(tmp_path / "a.pt", mapping({"a": tensor((24,), (1,))}))
    converted = convert(path, tmp_path)
    path.unlink()
    assert convert(path, tmp_path) == converted


FORBIDDEN = ["os.system", "posix.system", "builtins.eval", "builtins.exec", "__builtin__.getattr",
             "torch.load", "torch.hub.load", "subprocess.Popen", "functools.partial",
             "numpy.core.multiarray._reconstruct", "torch.storage._load_from_bytes",
             "collections.OrderedDict.fromkeys"]  # fmt: skip


@pytest.mark.parametrize("full", FORBIDDEN)
@pytest.mark.parametrize("where", ["called", "only named", "inside a storage"])
def test_forbidden_names_are_refused_and_not_run(tmp_path: Path, full: str, where: str) -> None:
    canary = tmp_path / "canary"
    payload = {
        "called": call(full, plain(f"touch {canary}")),
        "only named": name(full),
        "inside a storage": MARK + call(full, plain(f"touch {canary}")) + TUPLE + b"Q",
    }[where]
    path = write(tmp_path / "evil.pt", mapping({"a": tensor((24,), (1,)), "b": payload}))
    with pytest.raises(ModelError) as caught:
        convert(path, tmp_path)
    assert caught.value.code == "bad_weights"
    assert str(path) in caught.value.message and full in caught.value.message
    assert caught.value.hint
    assert not canary.exists()
    assert not (tmp_path / "converted").exists()


def test_the_payload_would_run_if_it_were_unpickled(tmp_path: Path) -> None:
    canary = tmp_path / "canary"
    pickle.loads(b"\x80\x02" + call("posix.system", plain(f"touch {canary}")) + STOP)
    assert canary.exists()


TRICKS = {
    "a storage called": name("torch.FloatStorage") + MARK + TUPLE + REDUCE,
    "a function changed": name("torch._utils._rebuild_tensor_v2") + plain({"x": 1}) + BUILD,
    "a function's slot changed": name("collections.OrderedDict")
    + plain((None, {"_function": 1}))
    + BUILD,
    "a class made": name("collections.OrderedDict") + b")\x81",
    "a tensor of no storage": call(
        "torch._utils._rebuild_tensor_v2", plain("0"), plain(0), plain((1,)), plain((1,))
    ),
    "beyond the end": tensor((4, 6), (6, 1), offset=1),
    "a negative stride": tensor((4,), (-1,), offset=8),
    "a negative offset": tensor((4,), (1,), offset=-4),
    "more strides than sizes": tensor((4,), (1, 1)),
    "a storage larger than its member": tensor((25,), (1,), items=25),
    "a storage that is missing": tensor((1,), (1,), key="7"),
    "a storage outside the archive": tensor((1,), (1,), key="../data.pkl"),
    "another encoding": call("_codecs.encode", plain("x"), plain("rot13")),
}


@pytest.mark.parametrize("trick", TRICKS)
def test_tricks_with_allowed_names_are_refused(tmp_path: Path, trick: str) -> None:
    path = write(tmp_path / "evil.pt", mapping({"a": TRICKS[trick]}))
    with pytest.raises(ModelError, match=r"evil\.pt"):
        convert(path, tmp_path)


def test_broken_files_are_named(tmp_path: Path) -> None:
    whole = write(tmp_path / "a.pt", mapping({"a": tensor((24,), (1,))})).read_bytes()
    for number, content in enumerate([b"", b"hello", whole[:200], whole[:-30], b"\x80\x02N."]):
        path = tmp_path / f"broken{number}.pt"
        path.write_bytes(content)
        with pytest.raises(ModelError, match=f"broken{number}") as caught:
            read_checkpoint(path)
        assert caught.value.code == "bad_weights"


def test_compressed_storages_are_refused(tmp_path: Path) -> None:
    program = mapping({"a": tensor((24,), (1,))})
    path = write(tmp_path / "a.pt", program, zipfile.ZIP_DEFLATED)
    with pytest.raises(ModelError, match="compressed"):
        read_checkpoint(path)


def test_a_missing_key_says_what_is_there(tmp_path: Path) -> None:
    path = write(tmp_path / "a.pt", mapping({"model": mapping({"a": tensor((24,), (1,))})}))
    with pytest.raises(ModelError, match="it has: model"):
        convert(path, tmp_path, within="state_dict")


def test_the_older_format(tmp_path: Path) -> None:
    path = tmp_path / "old.th"
    path.write_bytes(legacy(mapping({"a": legacy_tensor((6, 4), (1, 6))})))
    assert np.array_equal(read(path)["a"], NUMBERS.reshape(4, 6).T)


def test_the_older_format_is_read_with_the_same_care(tmp_path: Path) -> None:
    path, canary = tmp_path / "old.th", tmp_path / "canary"
    path.write_bytes(legacy(call("os.system", plain(f"touch {canary}"))))
    with pytest.raises(ModelError, match=r"os\.system"):
        read_checkpoint(path)
    assert not canary.exists()
    path.write_bytes(legacy(mapping({"a": legacy_tensor((24,), (1,))}))[:-4])
    with pytest.raises(ModelError, match="storage 0"):
        read_checkpoint(path)


def test_nothing_is_left_behind(tmp_path: Path) -> None:
    path = write(tmp_path / "a.pt", mapping({"a": tensor((24,), (1,))}))
    convert(path, tmp_path)
    left = {path.name for path in (tmp_path / "converted").iterdir()}
    assert left == {f"{SHA}.json", f"{SHA}.safetensors"}
