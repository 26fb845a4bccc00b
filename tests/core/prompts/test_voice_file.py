"""Voices are read with the standard library: what numpy writes, and nothing that harms.

tests/models/bark/test_voices.py has the faults one by one.
"""

import io
import random
import zipfile

import numpy as np
import pytest

from secondtake.core.errors import UnsupportedError
from secondtake.core.prompts.voice_file import ARRAYS, LARGEST_BYTES, parse_voice_file

STEPS = {"semantic_prompt": (40,), "coarse_prompt": (2, 60), "fine_prompt": (8, 60)}


def voice(kind: str = "<i8", order: str = "C", save=np.savez) -> bytes:
    chance = np.random.default_rng(1)
    file = io.BytesIO()
    save(
        file,
        **{
            name: np.asarray(
                chance.integers(0, 200 if kind[-1] == "1" else 1024, shape).astype(kind),
                order=order,
            )
            for name, shape in STEPS.items()
        },
    )
    return file.getvalue()


@pytest.mark.parametrize("save", [np.savez, np.savez_compressed])
@pytest.mark.parametrize("order", "CF")
@pytest.mark.parametrize("kind", ["<i8", ">i8", "<u2", ">u4", "|u1", "<i4", "<u8"])
def test_arrays_are_those_that_numpy_reads(kind: str, order: str, save) -> None:
    data = voice(kind, order, save)
    ours = parse_voice_file(data, "me")
    with np.load(io.BytesIO(data)) as theirs:
        assert list(ours) == list(ARRAYS)
        for name, tokens in ours.items():
            order = "F" if tokens.fortran_order else "C"
            values = np.array(tokens.values).reshape(tokens.shape, order=order)
            assert np.array_equal(values, theirs[name])


def test_a_damaged_file_is_refused_and_never_a_surprise() -> None:
    """Bytes changed, cut out and put in anywhere: a voice, or a refusal in one line."""
    chance, refused = random.Random(7), 0
    for number in range(3000):
        data = bytearray(voice(save=np.savez_compressed if number % 2 else np.savez))
        for _ in range(chance.randint(1, 4)):
            at = chance.randrange(len(data))
            data[at : at + chance.randint(0, 3)] = chance.randbytes(chance.randint(0, 3))
        try:
            parse_voice_file(bytes(data), "me")
        except UnsupportedError as error:
            refused += 1
            assert error.key == "voice" and error.hint and error.message.startswith("me")
            assert error.message.isprintable() and len(error.message) < 400
    assert refused > 1500


def test_a_file_that_unpacks_to_more_than_it_says_is_not_unpacked() -> None:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("semantic_prompt.npy", bytes(64 * LARGEST_BYTES))
    data = file.getvalue()
    said = (64 * LARGEST_BYTES).to_bytes(4, "little")
    assert data.count(said) >= 2  # in both of its headers
    for stated in (said, (100).to_bytes(4, "little")):
        with pytest.raises(UnsupportedError):
            parse_voice_file(data.replace(said, stated), "me")
