"""torch checkpoints (.pt, .th, .ckpt) turned once into safetensors, which is what models load.

Three steps keep a checkpoint from running code: its sha256 is checked (core.weights), its pickle is
read by a table of allowed names (torch_pickle), and what is loaded afterwards holds numbers only.
None of them takes more time or memory than a file of torch's own needs, whatever the file says.
Reading and converting need numpy, but no torch.
"""

from __future__ import annotations

import json
import mmap
import pickle
import struct
import zipfile
import zlib
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, BinaryIO

from secondtake.core.errors import ModelError
from secondtake.core.escape import plain
from secondtake.core.files import file_fingerprint, replacing, write_json
from secondtake.core.weights import Weights
from secondtake.models.inference.safetensors_header import check_header
from secondtake.models.inference.torch_pickle import (
    ITEM_BYTES,
    MOST_BYTES,
    ForbiddenError,
    PickleMachine,
    Storage,
    StoredTensor,
)

if TYPE_CHECKING:
    import numpy as np
    from torch import Tensor

LEGACY_MAGIC = 0x1950A86A20F9469CFC6C  # torch before 1.6 began its files with this number
LOCAL_MAGIC = b"PK\x03\x04"
LOCAL_HEADER_BYTES = 30  # of a zip's member, before its name
MOST_DIRECTORY = 2 << 20  # bytes of a zip's list of members; Bark's largest has 0.1 MB
MOST_COPIES = 2  # of the numbers in the file: a matrix, and the views that together are the same
MOST_PARTS = 100_000  # of the plain values, each counted wherever it is repeated
LONGEST_REASON = 200  # characters of a message that may repeat what the file says
METADATA = "__metadata__"  # of the safetensors format, among the names of tensors
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
            is_zip = data[: len(LOCAL_MAGIC)] == LOCAL_MAGIC
            return CheckpointFile(_read_zip(file, data) if is_zip else _read_legacy(data), data)
    except ForbiddenError as error:
        raise refusal(path, error) from None
    except Exception as error:  # a broken pickle or zip raises nearly anything
        reason = f"{type(error).__name__}: {_shorten(error)}"
        message = f"{path} is no checkpoint that can be read: {reason}"
        raise ModelError("bad_weights", message, "fetch it again") from error


def refusal(path: Path, error: ForbiddenError) -> ModelError:
    """The error for a person."""
    return ModelError("bad_weights", f"{path}: refused, it holds {_shorten(error)}", REFUSED)


def _shorten(error: Exception) -> str:
    return plain(str(error)[: 2 * LONGEST_REASON])[:LONGEST_REASON]


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
        try:
            _write(target, checkpoint, *_split(path, checkpoint.values, within))
        except ForbiddenError as error:
            raise refusal(path, error) from None
        # Written last: a conversion that was cut short, or changed since, is done again.
        write_json(note, {"format": FORMAT, "stamp": list(file_fingerprint(target))})
    return target


def load_converted(path: Path) -> tuple[dict[str, Tensor], dict[str, Any]]:
    """Torch tensors by name, mapped into memory, and the checkpoint's other values."""
    from safetensors import safe_open

    check_header(path, f"delete {path}, and type it again")
    with safe_open(path, framework="pt") as file:
        tensors = {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118
        metadata = file.metadata()
    for name, original in json.loads(metadata["aliases"]).items():
        tensors[name] = tensors[original]
    return tensors, json.loads(metadata["values"])


class _Bounded:
    """A file of which zipfile reads no more at once than a list of members needs.

    What a zip says of its own size would be asked of the memory as a whole.
    """

    def __init__(self, file: BinaryIO) -> None:
        self.seek, self.tell, self._file = file.seek, file.tell, file

    def read(self, size: int = -1) -> bytes:
        if size > MOST_DIRECTORY:
            raise ForbiddenError(f"a list of members of {size} bytes")
        return self._file.read(MOST_DIRECTORY if size < 0 else size)


def _read_zip(file: BinaryIO, data: mmap.mmap) -> Any:
    """torch.save since 1.6: a zip with data.pkl, and every storage in a member, uncompressed."""
    with zipfile.ZipFile(_Bounded(file)) as archive:
        members = _members(archive.infolist(), data)
    pickles = [name for name in members if name.endswith("data.pkl")]
    if len(pickles) != 1:
        raise ForbiddenError(f"{len(pickles)} members named data.pkl")
    root = pickles[0].removesuffix("data.pkl")
    start, size, checksum = members[pickles[0]]
    if size > MOST_BYTES:
        raise ForbiddenError(f"a pickle of {size} bytes")
    pickled = data[start : start + size]
    if zlib.crc32(pickled) != checksum:
        raise ValueError(f"{pickles[0]} is damaged")
    place, length, _ = members.get(f"{root}byteorder", (0, 0, 0))
    if length and data[place : place + min(length, 9)] != b"little":
        raise ValueError("its numbers are big-endian")

    def locate(key: str, storage: Storage) -> None:
        storage.start, room, _ = members[f"{root}data/{key}"]
        _check_room(storage, room, key)

    return PickleMachine(locate).run(pickled)[0]


def _members(infos: list[zipfile.ZipInfo], data: mmap.mmap) -> dict[str, tuple[int, int, int]]:
    """Where each member of a zip lies, its size in bytes and its CRC.

    ForbiddenError if they are not what torch writes: each a stretch of the file of its own.
    """
    members: dict[str, tuple[int, int, int]] = {}
    end = 0
    for info in sorted(infos, key=lambda info: info.header_offset):
        name, parts = repr(info.filename[:LONGEST_REASON]), info.filename.split("/")
        if info.filename in members or {"", ".."} & set(parts):
            raise ForbiddenError(f"a second member, or a path out of the archive, {name}")
        if not end <= info.header_offset <= len(data) - LOCAL_HEADER_BYTES:
            raise ForbiddenError(f"{name}, which overlaps another member or lies outside")
        header = data[info.header_offset : info.header_offset + LOCAL_HEADER_BYTES]
        flags, kind = struct.unpack_from("<HH", header, 6)
        if kind or info.compress_type or info.file_size != info.compress_size:
            raise ForbiddenError(f"{name}, which is compressed")
        if (flags | info.flag_bits) & 1 or not header.startswith(LOCAL_MAGIC):
            raise ForbiddenError(f"{name}, which is encrypted or has no header")
        start = info.header_offset + LOCAL_HEADER_BYTES + sum(struct.unpack_from("<HH", header, 26))
        end = start + info.file_size
        if end > len(data):
            raise ForbiddenError(f"{name}, which ends beyond the file")
        members[info.filename] = (start, info.file_size, info.CRC)
    return members


def _read_legacy(data: mmap.mmap) -> Any:
    """torch.save before 1.6: pickles one after the other, then every storage with its length."""
    storages: dict[str, Storage] = {}
    position, pickles = 0, []
    for _ in range(5):
        machine = PickleMachine(storages.__setitem__)
        value, size = machine.run(data[position : position + MOST_BYTES])
        position += size
        pickles.append(value)
        if pickles[0] != LEGACY_MAGIC:
            raise pickle.UnpicklingError("neither torch's zip nor its older format")
    _magic, _version, system, values, keys = pickles
    if system["little_endian"] is not True:
        raise ValueError("its numbers are big-endian")
    for key in keys:
        storage = storages[key]
        (items,) = struct.unpack_from("<q", data, position)
        if storage.start >= 0 or items != storage.items:
            raise ForbiddenError(f"storage {key!r} a second time, or of another size")
        storage.start = position + 8
        _check_room(storage, len(data) - storage.start, key)
        position = storage.start + storage.bytes
    if any(storage.start < 0 for storage in storages.values()):
        raise ValueError("some of its storages are missing")
    return values


def _check_room(storage: Storage, room: int, key: str) -> None:
    if storage.bytes > room:
        raise ValueError(f"storage {key} needs {storage.bytes} bytes and has {room}")


def _split(path: Path, values: Any, within: str) -> tuple[dict[str, StoredTensor], dict[str, Any]]:
    """The named tensors, and the checkpoint's other values that JSON can hold."""
    holder = values.get(within) if within and isinstance(values, dict) else values
    if not isinstance(holder, dict):
        keys = ", ".join(map(str, list(values)[:20])) if isinstance(values, dict) else "no names"
        message = f"{path} has no tensors by name (it has: {plain(keys)[:LONGEST_REASON]})"
        raise ModelError("bad_weights", message, REFUSED)
    tensors = {k: v for k, v in holder.items() if type(k) is str and isinstance(v, StoredTensor)}
    if not tensors:
        raise ModelError("bad_weights", f"{path} holds no tensors under {within!r}", REFUSED)
    for name in tensors:
        if name == METADATA or not name.isprintable():
            raise ForbiddenError("a tensor's name that no file can have")
    sizes: dict[int, int] = {}
    try:
        others = {k: v for k, v in values.items() if k != within and _parts(v, sizes)}
    except RecursionError:
        raise ForbiddenError("values nested too deeply") from None
    if sum(_parts(value, sizes) for value in others.values()) > MOST_PARTS:
        raise ForbiddenError(f"values of more than {MOST_PARTS} parts")
    return tensors, others


def _parts(value: Any, sizes: dict[int, int]) -> int:
    """How many parts a value has in JSON, where what is repeated is written again; 0: JSON cannot
    hold it. `sizes`: of the lists and dictionaries seen, by id; 0 while one is being counted."""
    if value is None or isinstance(value, (bool, int, float)):
        return 1
    if isinstance(value, str):
        return 1 + len(value) // 8
    if not isinstance(value, (list, tuple, dict)):
        return 0  # an optimizer's state, twice as large as the model, and of no use here
    if id(value) not in sizes:
        sizes[id(value)] = 0  # one that holds itself never ends
        inside = value.values() if isinstance(value, dict) else value
        counts = [_parts(part, sizes) for part in inside]
        sizes[id(value)] = 1 + len(counts) + sum(counts) if all(counts) else 0
    return sizes[id(value)]


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
    storages = {tensor.storage for tensor in tensors.values()}
    written = sum(tensors[name].bytes for name in first.values())
    if written > MOST_COPIES * sum(storage.bytes for storage in storages):
        raise ForbiddenError("tensors that look at the same numbers again and again")
    # The widest numbers first, so that all of them lie on multiples of their size.
    names = sorted(first.values(), key=lambda name: -ITEM_BYTES[tensors[name].storage.dtype])
    metadata = {"aliases": json.dumps(aliases), "values": json.dumps(values)}
    header: dict[str, Any] = {METADATA: metadata}
    end = 0
    for name in names:
        tensor = tensors[name]
        start, end = end, end + tensor.bytes
        header[name] = {
            "dtype": tensor.storage.dtype, "shape": tensor.shape, "data_offsets": [start, end]
        }  # fmt: skip
    text = json.dumps(header).encode()
    text += b" " * (-len(text) % 8)
    with replacing(target, 8 + len(text) + end) as file:
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
