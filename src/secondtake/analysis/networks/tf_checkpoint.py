"""Reader of the tensors of a TensorFlow checkpoint, without TensorFlow.

A checkpoint is a pair of files. `.index` is a sorted table (LevelDB's format): a footer points to
an index block, which points to data blocks of key and value; a value is a BundleEntryProto with a
tensor's dtype, shape, offset and size in `.data-00000-of-00001`, which holds nothing but numbers.
The format's own checksums are not looked at: whoever reads a bundle knows its sha256.
"""

import math
import struct
from collections.abc import Iterator, Mapping

import numpy as np

FOOTER_BYTES = 48
MAGIC = 0xDB4775248B80FB57
TRAILER_BYTES = 5  # after each block: kind of compression, checksum
FLOAT32 = 1  # DataType.DT_FLOAT
MOST_ENTRIES = 10_000  # variables with their optimizer's; musicnn has 200
LONGEST_KEY = 1000  # bytes
MOST_DIMENSIONS = 8
MOST_ITEMS = 1 << 40  # of a tensor, the empty dimensions left out
COUNT_BYTES = 4  # at a block's end: how many places there are at which a key is written in full


class BundleError(ValueError):
    """Bytes that are no tensor bundle that can be read here; the message says where."""


def read_tensors(index: bytes, data: bytes) -> dict[str, np.ndarray]:
    """All float32 tensors of a checkpoint, by their variable's name; others are left out.

    BundleError if the bytes are cut short, are none of this, or a tensor lies outside of `data`.
    """
    tensors = {}
    room = len(data)  # every number belongs to one tensor
    for count, (key, value) in enumerate(_pairs(index)):
        if count > MOST_ENTRIES:
            raise BundleError(f"the index has more than {MOST_ENTRIES} entries")
        if not key:
            continue  # the header: which format, how many shards
        dtype, shape, offset, size = _entry(value)
        if dtype != FLOAT32:
            continue
        name = key.decode(errors="replace")
        room -= size
        if size != 4 * math.prod(shape) or offset + size > len(data) or room < 0:
            raise BundleError(f"tensor {name} lies outside of its file, or on another")
        tensors[name] = np.frombuffer(data[offset : offset + size], "<f4").reshape(shape)
    return tensors


def _pairs(table: bytes) -> Iterator[tuple[bytes, bytes]]:
    """Keys and values of the whole table, in order."""
    if len(table) < FOOTER_BYTES or struct.unpack("<Q", table[-8:])[0] != MAGIC:
        raise BundleError("the index is no sorted table, or it is cut short")
    at = len(table) - FOOTER_BYTES
    for _ in range(2):  # the block of meta data, which holds nothing here
        _, at = _varint(table, at)
    offset, at = _varint(table, at)
    size, _ = _varint(table, at)
    room = len(table)  # no block is read twice
    for _, handle in _block(table, offset, size):
        offset, after = _varint(handle, 0)
        size, _ = _varint(handle, after)
        room -= size + TRAILER_BYTES
        if room < 0:
            raise BundleError("blocks lie on each other")
        yield from _block(table, offset, size)


def _block(table: bytes, offset: int, size: int) -> Iterator[tuple[bytes, bytes]]:
    """Keys and values of one block; a key may begin as the one before it does."""
    if offset + size + TRAILER_BYTES > len(table):
        raise BundleError("a block lies outside of the index")
    if table[offset + size] != 0:
        raise BundleError("a compressed index is not read here")
    block = table[offset : offset + size]
    restarts = int.from_bytes(block[-COUNT_BYTES:], "little")
    end = len(block) - COUNT_BYTES * (restarts + 1)
    if end < 0:
        raise BundleError("a block is shorter than its list of keys")
    at, key = 0, b""
    while at < end:
        shared, at = _varint(block, at)
        added, at = _varint(block, at)
        length, at = _varint(block, at)
        if at + added + length > end:
            raise BundleError("a key or a value is cut short")
        if shared + added > LONGEST_KEY:
            raise BundleError(f"a key of {shared + added} bytes")
        key = key[:shared] + block[at : at + added]
        at += added
        yield key, block[at : at + length]
        at += length


def _entry(value: bytes) -> tuple[int, tuple[int, ...], int, int]:
    """A BundleEntryProto: a tensor's dtype, shape, offset and size in the data file."""
    fields = dict(_fields(value))
    dimensions = [part for number, part in _fields(_message(fields.get(2, b""))) if number == 2]
    shape = tuple(_number(dict(_fields(_message(part))), 1) for part in dimensions)
    if len(shape) > MOST_DIMENSIONS or math.prod(size or 1 for size in shape) > MOST_ITEMS:
        raise BundleError("a tensor has a shape that cannot be")
    return _number(fields, 1), shape, _number(fields, 4), _number(fields, 5)


def _message(value: int | bytes) -> bytes:
    if isinstance(value, bytes):
        return value
    raise BundleError("a number stands where a message should")


def _number(fields: Mapping[int, int | bytes], field: int) -> int:
    """A field that is a number; 0 if it is left out, as protocol buffers do."""
    value = fields.get(field, 0)
    if isinstance(value, int):
        return value
    raise BundleError("a message stands where a number should")


def _fields(message: bytes) -> Iterator[tuple[int, int | bytes]]:
    """Number and value of a protocol buffer's fields; fixed32 (a checksum) is skipped."""
    at = 0
    while at < len(message):
        tag, at = _varint(message, at)
        number, kind = tag >> 3, tag & 7
        if kind == 0:
            value, at = _varint(message, at)
            yield number, value
        elif kind == 2:
            length, at = _varint(message, at)
            if at + length > len(message):
                raise BundleError("a field is cut short")
            yield number, message[at : at + length]
            at += length
        elif kind == 5:
            at += 4
        else:
            raise BundleError(f"a field of kind {kind} is not read here")


def _varint(data: bytes, at: int) -> tuple[int, int]:
    """The number at `at`, seven bits to a byte, and where it ends."""
    value = shift = 0
    while at < len(data) and shift < 64:
        byte = data[at]
        value |= (byte & 0x7F) << shift
        at, shift = at + 1, shift + 7
        if byte < 0x80:
            return value, at
    raise BundleError("a number is cut short")
