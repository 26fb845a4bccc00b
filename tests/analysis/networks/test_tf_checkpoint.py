"""The reader of TensorFlow's checkpoints, on a small one that is written here, byte by byte."""

import struct

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from secondtake.analysis.networks.tf_checkpoint import MAGIC, BundleError, read_tensors

KERNEL = np.arange(6, dtype="<f4").reshape(2, 3)
STEP = np.array([7], dtype="<i8")  # no float: left out
BIAS = np.array([0.5, -0.5], dtype="<f4")
DATA = KERNEL.tobytes() + STEP.tobytes() + BIAS.tobytes()


def varint(value: int) -> bytes:
    head = b""
    while value >= 0x80:
        head += bytes([value & 0x7F | 0x80])
        value >>= 7
    return head + bytes([value])


def message(number: int, content: bytes) -> bytes:
    return varint(number << 3 | 2) + varint(len(content)) + content


def number(field: int, value: int) -> bytes:
    return varint(field << 3) + varint(value)


def entry(dtype: int, shape: tuple[int, ...], offset: int, size: int) -> bytes:
    dimensions = b"".join(message(2, number(1, length)) for length in shape)
    checksum = varint(6 << 3 | 5) + b"\0\0\0\0"
    numbers = number(4, offset) + number(5, size)
    return number(1, dtype) + message(2, dimensions) + numbers + checksum


def block(pairs: list[tuple[bytes, bytes]]) -> bytes:
    """Keys in order, each without what it shares with the one before; trailer and all."""
    written, before = b"", b""
    for key, value in pairs:
        shared = 0
        while shared < min(len(key), len(before)) and key[shared] == before[shared]:
            shared += 1
        written += varint(shared) + varint(len(key) - shared) + varint(len(value))
        written += key[shared:] + value
        before = key
    return written + struct.pack("<II", 0, 1) + b"\0" + b"\0\0\0\0"


def table(pairs: list[tuple[bytes, bytes]]) -> bytes:
    """An index of two data blocks."""
    half = len(pairs) // 2
    blocks, handles, at = b"", [], 0
    for part in (pairs[:half], pairs[half:]):
        made = block(part)
        handles.append((part[-1][0], varint(at) + varint(len(made) - 5)))
        blocks, at = blocks + made, at + len(made)
    index = block(handles)
    places = varint(0) + varint(0) + varint(at) + varint(len(index) - 5)
    return blocks + index + places.ljust(40, b"\0") + struct.pack("<Q", MAGIC)


INDEX = table(
    [
        (b"", number(1, 1)),
        (b"conv2d/bias", entry(1, (2,), 32, 8)),
        (b"conv2d/kernel", entry(1, (2, 3), 0, 24)),
        (b"step", entry(9, (1,), 24, 8)),
    ]
)


def test_tensors_come_back_by_name_and_in_shape():
    tensors = read_tensors(INDEX, DATA)
    assert sorted(tensors) == ["conv2d/bias", "conv2d/kernel"]
    assert np.array_equal(tensors["conv2d/kernel"], KERNEL)
    assert np.array_equal(tensors["conv2d/bias"], BIAS)


@pytest.mark.parametrize("length", range(0, len(INDEX), 3))
def test_an_index_that_is_cut_short_is_refused(length):
    with pytest.raises(BundleError):
        read_tensors(INDEX[:length], DATA)


def test_data_that_are_cut_short_are_refused_by_the_tensor_that_they_lack():
    with pytest.raises(BundleError, match="conv2d/bias lies outside"):
        read_tensors(INDEX, DATA[:-1])


def test_a_compressed_index_is_refused():
    compressed = bytearray(INDEX)
    first = len(block([(b"", number(1, 1)), (b"conv2d/bias", entry(1, (2,), 32, 8))]))
    compressed[first - 5] = 1
    with pytest.raises(BundleError, match="compressed"):
        read_tensors(bytes(compressed), DATA)


@given(st.integers(0, len(INDEX) - 1), st.integers(0, 255))
def test_a_wrong_byte_is_refused_or_harmless_and_nothing_else(at, byte):
    altered = bytearray(INDEX)
    altered[at] = byte
    try:
        tensors = read_tensors(bytes(altered), DATA)
    except BundleError:
        return
    assert sum(one.nbytes for one in tensors.values()) <= 2 * len(DATA)


@pytest.mark.parametrize(
    "pairs",
    [
        [(b"", b"")] + [(b"v%03d" % n, entry(1, (2, 3), 0, 24)) for n in range(9)],
        [(b"", b""), (b"kernel", entry(1, (0, 1 << 62), 0, 0))],
        [(b"", b""), (b"kernel", entry(1, (0, 1 << 40, 1 << 40), 0, 0))],
        [(b"", b""), (b"kernel", entry(1, (1,) * 99, 0, 4))],
        [(b"", b""), (b"k" * 2000, entry(1, (2,), 0, 8))],
        [(b"", b"")] + [(b"%06d" % n, entry(2, (), 0, 0)) for n in range(20_000)],
    ],
    ids=[
        "one place for many",
        "a size beyond 2**40",
        "a shape beyond 2**63",
        "many dimensions",
        "a long key",
        "many keys",
    ],
)
def test_what_would_cost_more_than_the_file_holds_is_refused(
    pairs: list[tuple[bytes, bytes]],
) -> None:
    with pytest.raises(BundleError):
        read_tensors(table(pairs), DATA)
