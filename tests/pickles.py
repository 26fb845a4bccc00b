"""Checkpoints assembled byte by byte: pickles, and the files of torch.save around them."""

import pickle
import struct
import zipfile
from pathlib import Path
from typing import Any

import numpy as np

MARK, TUPLE, REDUCE, BUILD, STOP = b"(", b"t", b"R", b"b", b"."
NUMBERS = np.arange(24, dtype="<f4")


def plain(value: Any) -> bytes:
    return pickle.dumps(value, protocol=2)[2:-1]


def name(full: str) -> bytes:
    module, _, attribute = full.rpartition(".")
    return f"c{module}\n{attribute}\n".encode()


def call(full: str, *arguments: bytes) -> bytes:
    return name(full) + MARK + b"".join(arguments) + TUPLE + REDUCE


def mapping(items: dict[Any, bytes]) -> bytes:
    return b"}" + MARK + b"".join(plain(key) + value for key, value in items.items()) + b"u"


def tensor(
    shape: tuple[int, ...],
    strides: tuple[int, ...],
    offset: int = 0,
    storage: str = "FloatStorage",
    items: int = 24,
    key: str = "0",
) -> bytes:
    pid = MARK + plain("storage") + name(f"torch.{storage}") + plain(key) + plain("cpu")
    pid += plain(items) + TUPLE + b"Q"
    hooks = call("collections.OrderedDict")
    shaped = plain(offset) + plain(shape) + plain(strides) + plain(False)
    return call("torch._utils._rebuild_tensor_v2", pid, shaped, hooks)


def write(path: Path, program: bytes, compression: int = zipfile.ZIP_STORED) -> Path:
    with zipfile.ZipFile(path, "w", compression) as archive:
        archive.writestr("archive/data.pkl", b"\x80\x02" + program + STOP)
        archive.writestr("archive/byteorder", "little")
        archive.writestr("archive/data/0", NUMBERS.tobytes())
    return path


LITTLE = plain({"little_endian": True})


def legacy(
    program: bytes, items: int = 24, keys: bytes = plain(["0"]), system: bytes = LITTLE
) -> bytes:
    """The format of torch before 1.6: magic, version, system, values, keys, storages."""
    parts = [plain(0x1950A86A20F9469CFC6C), plain(1001), system]
    pickles = b"".join(b"\x80\x02" + part + STOP for part in (*parts, program, keys))
    return pickles + struct.pack("<q", items) + NUMBERS.tobytes()


def legacy_tensor(shape: tuple[int, ...], strides: tuple[int, ...]) -> bytes:
    # These files say one thing more of a storage: that it is not a view of another.
    return tensor(shape, strides).replace(TUPLE + b"Q", plain(None) + TUPLE + b"Q")
