"""torch checkpoints (.pt, .th, .ckpt) turned once into safetensors, which is what models load.

Three steps keep a checkpoint from running code: its sha256 is checked (core.weights), its pickle is
read by a table of allowed names (torch_pickle), and what is loaded afterwards holds numbers only.
Reading and converting need numpy, but no torch.
"""

from __future__ import annotations

import json
import math
import mmap
import pickle
import struct
import zipfile
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, BinaryIO

from secondtake.core.errors import ModelError
from secondtake.core.files import file_fingerprint, replacing, write_json
from secondtake.core.weights import Weights
from secondtake.models.inference.torch_pickle import (
    ITEM_BYTES,
    ForbiddenError,
    RestrictedUnpickler,
    Storage,
    StoredTensor,
)

if TYPE_CHECKING:
    import numpy as np
    from torch import Tensor

ZIP_MAGIC = b"PK\x03\x04"
LEGACY_MAGIC = 0x1950A86A20F9469CFC6C  # torch before 1.6 began its files with this number
LOCAL_HEADER_BYTES = 30  # of a zip's member, before its name
FORMAT = 1  # raised when the same checkpoint would be converted in another way
NUMPY_TYPES = {
    "F64": "<f8", "F32": "<f4", "F16": "<f2", "BF16": "<u2",  # numpy knows no bfloat16
    "I64": "<i8", "I32": "<i4", "I16": "<i2", "I8": "<i1", "U8": "<u1", "BOOL": "?",
}  # fmt: skip
REFUSED = "fetch the model's own file again; if it is the model's own, it needs a change here"


@dataclass(frozen=True)
class CheckpointFile:
    """A checkpoint as it lies on the disk, mapped into memory."""

    values: Any  # dictionaries and plain values, with a StoredTensor wherever there is one
    data: mmap.mmap

    def array(self, tensor: StoredTensor) -> np.ndarray:
        """The tensor as a numpy array that looks into the file (bfloat16 as uint16)."""
        import numpy as np

        bytes_each = ITEM_BYTES[tensor.storage.dtype]
        offset = tensor.storage.start + tensor.offset * bytes_each
        strides = [stride * bytes_each for stride in tensor.strides]
        dtype = NUMPY_TYPES[tensor.storage.dtype]
        return np.ndarray(tensor.shape, dtype, self.data, offset, strides)


def read_checkpoint(path: Path) -> CheckpointFile:
    """Read a file of `torch.save`. ModelError bad_weights names what in it is not allowed."""
    try:
        with path.open("rb") as file:
            data = mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ)
            read = _read_zip if data[: len(ZIP_MAGIC)] == ZIP_MAGIC else _read_legacy
            return CheckpointFile(read(file, data), data)
    except ForbiddenError as error:
        raise ModelError("bad_weights", f"{path}: refused, it holds {error}", REFUSED) from None
    except Exception as error:  # a broken pickle or zip raises nearly anything
        message = f"{path} is no checkpoint that can be read: {type(error).__name__}: {error}"
        raise ModelError("bad_weights", message, "fetch it again") from error


def as_safetensors(weights: Weights, key: str, within: str = "") -> Path:
    """A file of torch.save as safetensors, in the weights' cache, named by the sha256 of the file;
    converted if it was not yet.

    within: the key that holds the tensors ("model", "state_dict"); "" if the file itself does.
    Other values go along if JSON can hold them. ModelError bad_weights; OSError: a full disk.
    """
    path = weights[key]
    target = weights.cache / "converted" / f"{weights.hashes[key]}.safetensors"
    note = target.with_suffix(".json")
    if not _is_whole(target, note):
        checkpoint = read_checkpoint(path)
        _write(target, checkpoint, *_split(path, checkpoint.values, within))
        # Written last: a conversion that was cut short, or changed since, is done again.
        write_json(note, {"format": FORMAT, "stamp": list(file_fingerprint(target))})
    return target


def load_converted(path: Path) -> tuple[dict[str, Tensor], dict[str, Any]]:
    """Torch tensors by name, mapped into memory, and the checkpoint's other values."""
    from safetensors import safe_open

    with safe_open(path, framework="pt") as file:
        tensors = {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118
        metadata = file.metadata()
    for name, original in json.loads(metadata["aliases"]).items():
        tensors[name] = tensors[original]
    return tensors, json.loads(metadata["values"])


def _read_zip(file: BinaryIO, data: mmap.mmap) -> Any:
    """torch.save since 1.6: a zip with data.pkl, and every storage in a member, uncompressed."""
    with zipfile.ZipFile(file) as archive:
        members = {info.filename: info for info in archive.infolist()}
        (pickled,) = (name for name in members if name.endswith("data.pkl"))
        root = pickled.removesuffix("data.pkl")
        if f"{root}byteorder" in members and archive.read(f"{root}byteorder") != b"little":
            raise ValueError("its numbers are big-endian")

        def locate(key: str, storage: Storage) -> None:
            info = members[f"{root}data/{key}"]
            if info.compress_type != zipfile.ZIP_STORED:
                raise ValueError(f"{info.filename} is compressed")
            name, extra = struct.unpack_from("<HH", data, info.header_offset + 26)
            storage.start = info.header_offset + LOCAL_HEADER_BYTES + name + extra
            _check_room(storage, info.file_size, key)
            _check_room(storage, len(data) - storage.start, key)

        with archive.open(pickled) as stream:
            return RestrictedUnpickler(stream, locate).load()  # type: ignore[arg-type]


def _read_legacy(file: BinaryIO, data: mmap.mmap) -> Any:
    """torch.save before 1.6: pickles one after the other, then every storage with its length."""
    storages: dict[str, Storage] = {}
    pickles = (RestrictedUnpickler(file, storages.__setitem__).load() for _ in range(5))
    if next(pickles) != LEGACY_MAGIC:
        raise pickle.UnpicklingError("neither torch's zip nor its older format")
    _version, system = next(pickles), next(pickles)
    if not system["little_endian"]:
        raise ValueError("its numbers are big-endian")
    values, keys = pickles
    position = file.tell()
    for key in keys:
        storage = storages[key]
        (items,) = struct.unpack_from("<q", data, position)
        storage.start = position + 8
        _check_room(storage, items * ITEM_BYTES[storage.dtype], key)
        _check_room(storage, len(data) - storage.start, key)
        position = storage.start + items * ITEM_BYTES[storage.dtype]
    if any(storage.start < 0 for storage in storages.values()):
        raise ValueError("some of its storages are missing")
    return values


def _check_room(storage: Storage, room: int, key: str) -> None:
    needed = storage.items * ITEM_BYTES[storage.dtype]
    if needed > room:
        raise ValueError(f"storage {key} needs {needed} bytes and has {room}")


def _split(path: Path, values: Any, within: str) -> tuple[dict[str, StoredTensor], dict[str, Any]]:
    """The named tensors, and the checkpoint's other values that JSON can hold."""
    holder = values.get(within) if within and isinstance(values, dict) else values
    if not isinstance(holder, dict):
        keys = ", ".join(map(str, values)) if isinstance(values, dict) else type(values).__name__
        raise ModelError("bad_weights", f"{path} has no {within!r} (it has: {keys})", REFUSED)
    tensors = {str(key): v for key, v in holder.items() if isinstance(v, StoredTensor)}
    if not tensors:
        raise ModelError("bad_weights", f"{path} holds no tensors under {within!r}", REFUSED)
    return tensors, {k: v for k, v in values.items() if k != within and _is_plain(v)}


def _is_plain(value: Any) -> bool:
    try:
        json.dumps(value)
    except (TypeError, ValueError, RecursionError):
        return False  # an optimizer's state, twice as large as the model, and of no use here
    return True


def _write(
    target: Path, checkpoint: CheckpointFile, tensors: dict[str, StoredTensor], values: Any
) -> None:
    """Write the safetensors format: the header's length, the header in JSON, then the numbers."""
    import numpy as np

    first: dict[Any, str] = {}
    aliases = {
        name: first[tensor.place]
        for name, tensor in tensors.items()
        if first.setdefault(tensor.place, name) != name
    }
    # The widest numbers first, so that all of them lie on multiples of their size.
    names = sorted(first.values(), key=lambda name: -ITEM_BYTES[tensors[name].storage.dtype])
    metadata = {"aliases": json.dumps(aliases), "values": json.dumps(values)}
    header: dict[str, Any] = {"__metadata__": metadata}
    end = 0
    for name in names:
        tensor = tensors[name]
        start, end = end, end + math.prod(tensor.shape) * ITEM_BYTES[tensor.storage.dtype]
        header[name] = {
            "dtype": tensor.storage.dtype, "shape": tensor.shape, "data_offsets": [start, end]
        }  # fmt: skip
    text = json.dumps(header).encode()
    text += b" " * (-len(text) % 8)
    with replacing(target) as file:
        file.write(struct.pack("<Q", len(text)) + text)
        for name in names:
            array = np.ascontiguousarray(checkpoint.array(tensors[name]))
            file.write(array.reshape(-1).view(np.uint8).data)


def _is_whole(target: Path, note: Path) -> bool:
    try:
        recorded = json.loads(note.read_text(encoding="utf-8"))
        return bool(recorded == {"format": FORMAT, "stamp": list(file_fingerprint(target))})
    except (OSError, ValueError):
        return False
