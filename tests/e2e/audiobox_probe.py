"""Audiobox Aesthetics beside its authors' predictor, in its environment: audiobox_probe.py FOLDER

FOLDER is written by tests/tiny/audiobox.py. Prints JSON: the scores of the unmodified predictor and
ours for the same samples, from either file of weights, alone and in company.
"""

import json
import math
import sys
import tempfile
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np
import soundfile
import torch
from safetensors.torch import load_file, save_file
from tests.tiny.audiobox import CONFIG, MODEL, PICKLE, REPOSITORY, SETTINGS, small
from tiny_weights import weights_in

from secondtake.analysis.audio_io import AudioError
from secondtake.core.errors import ModelError
from secondtake.core.files import sha256_of
from secondtake.core.judgments import JudgeJob, Judgment
from secondtake.core.registry.audiobox import AUDIOBOX
from secondtake.core.weights import Weights
from secondtake.judges import audiobox
from secondtake.judges.audiobox import AXES, SAMPLE_RATE, load_audiobox, wavlm_config
from secondtake.judges.damage import damaged_copies
from secondtake.judges.recordings import read_mono

CHECKPOINT = AUDIOBOX.checkpoint("all-axes")
LENGTHS = {  # s
    "short": 3.0, "a window": 10.0, "a sample more": 10 + 1 / SAMPLE_RATE, "long": 25.3,
    "five windows": 50.0, "a click": 1 / SAMPLE_RATE,
}  # fmt: skip


def quiet(phase: str, done: int, total: int) -> None:
    pass


def music(seconds: float, seed: int) -> np.ndarray:
    """Notes that change twice a second over a hiss, (frames,) float32."""
    rng = np.random.default_rng(seed)
    frames = round(seconds * SAMPLE_RATE)
    time = np.arange(frames) / SAMPLE_RATE
    notes = 110 * 2 ** (rng.integers(0, 36, math.ceil(2 * seconds) + 1) / 12)
    phase = 2 * np.pi * np.cumsum(notes[(2 * time).astype(int)]) / SAMPLE_RATE
    sound = 0.3 * np.sin(phase) + 0.1 * np.sin(3 * phase) + 0.02 * rng.standard_normal(frames)
    return np.asarray(sound, np.float32)


def recordings() -> dict[str, np.ndarray]:
    by_length = {name: music(s, seed) for seed, (name, s) in enumerate(LENGTHS.items())}
    noise = np.random.default_rng(9).standard_normal(5 * SAMPLE_RATE)
    others = {"silence": np.zeros(12 * SAMPLE_RATE, np.float32), "loud": np.float32(3) * noise}
    return {**by_length, **{name: np.asarray(one, np.float32) for name, one in others.items()}}


def job_of(folder: Path, samples: np.ndarray, rate: int = SAMPLE_RATE, **facts: Any) -> JudgeJob:
    path = folder / "heard.wav"
    soundfile.write(path, samples, rate, subtype="FLOAT")
    return JudgeJob(AUDIOBOX.name, CHECKPOINT.name, "take", str(path), "", **facts)


def judged(judge: Callable[..., Judgment], job: JudgeJob) -> Judgment:
    return judge(job, quiet)


def means(judgment: Judgment) -> dict[str, float]:
    """By axis, the mean over the windows by their length."""
    lengths = [end - begin for begin, end in judgment.windows]
    return {
        axis: float(np.average(judgment.scales[name].values, weights=lengths))
        for axis, name in AXES.items()
    }


def their_predictor(pickle: Path) -> Any:
    """The authors' predictor of a pickle, on this processor.

    What its module downloads with is not installed, and stands empty for its import.
    """
    for name in ("requests", "tqdm.rich"):
        sys.modules[name] = ModuleType(name)
    sys.modules["tqdm.rich"].tqdm = None  # type: ignore[attr-defined]
    from audiobox_aesthetics.infer import AesPredictor

    with small():
        return AesPredictor(checkpoint_pth=str(pickle))


def beside_theirs(folder: Path, judge: Any) -> dict[str, Any]:
    """Ours and theirs for the same samples, and how far they are apart."""
    theirs = their_predictor(folder / REPOSITORY / PICKLE)
    facts: dict[str, Any] = {}
    for name, samples in recordings().items():
        judgment = judged(judge, job_of(folder, samples))
        sound = torch.from_numpy(samples)[None]
        (their,) = theirs.forward([{"path": sound, "sample_rate": SAMPLE_RATE}])
        ours = means(judgment)
        facts[name] = {
            "ours": ours,
            "difference": max(abs(ours[axis] - their[axis]) for axis in AXES),
            "windows": judgment.windows,
            "axes": sorted(their),
        }
    return facts


def as_heard(folder: Path, judge: Any) -> dict[str, Any]:
    """A file of two channels at another rate, and a stretch of it, as theirs get our samples."""
    theirs = their_predictor(folder / REPOSITORY / PICKLE)
    stereo = np.stack([music(12.0, 1), music(12.0, 2)], axis=1)
    job = job_of(folder, stereo, 44_100)
    facts = {}
    for name, asked in {"file": job, "stretch": replace(job, start=1.0, end=3.5)}.items():
        sound = torch.from_numpy(read_mono(asked, SAMPLE_RATE))[None]
        (their,) = theirs.forward([{"path": sound, "sample_rate": SAMPLE_RATE}])
        ours = means(judged(judge, asked))
        facts[name] = [sound.shape[1], max(abs(ours[axis] - their[axis]) for axis in AXES)]
    return facts


def from_pickle(folder: Path, judge: Any) -> dict[str, Any]:
    """checkpoint.pt without a config.json, and the settings that it holds itself."""
    pickle = folder / REPOSITORY / PICKLE
    weights = Weights({"model": pickle}, {"model": sha256_of(pickle)}, folder / "cache")
    job = job_of(folder, music(12.0, 3))
    other = load_audiobox(weights, "cpu").judge
    again = load_audiobox(weights, "cpu").judge
    whole = judged(judge, job)
    return {"same": judged(other, job) == whole == judged(again, job)}


def in_company(folder: Path, judge: Any) -> float:
    """How far scores move with the number of windows that are computed at once."""
    job = job_of(folder, music(47.0, 4))
    usual, found = audiobox.BATCH, []
    for audiobox.BATCH in (1, 3, usual):
        scales = judged(judge, job).scales
        found.append([scales[name].values for name in AXES.values()])
    audiobox.BATCH = usual
    return float(np.ptp(np.array(found), axis=0).max())


def with_damage(folder: Path, judge: Any) -> dict[str, Any]:
    """A judgment with damaged copies, each held against the judgment of that copy alone."""
    samples = music(23.0, 5)
    steps: list[tuple[str, int, int]] = []
    job = job_of(folder, samples)
    plain = judged(judge, job)
    whole = judge(replace(job, damage=True), lambda *step: steps.append(step))
    apart = 0.0
    for words, copy in damaged_copies(samples, SAMPLE_RATE):
        alone = judged(judge, job_of(folder, copy))
        for name in AXES.values():
            both = np.array([whole.scales[name].others[words], alone.scales[name].values])
            apart = max(apart, float(np.ptp(both, axis=0).max()))
    reading = next(iter(whole.scales.values()))
    return {
        "same_otherwise": {name: one.values for name, one in whole.scales.items()}
        == {name: one.values for name, one in plain.scales.items()},
        "kinds": {name: list(one.others) for name, one in whole.scales.items()},
        "plain": [len(one.others) for one in plain.scales.values()],
        "apart": apart,
        "heard": all(values != reading.values for values in reading.others.values()),
        "steps": steps,
    }


def of_the_true_shape(folder: Path) -> dict[str, Any]:
    """The authors' network in its full size: its WavLM, and the bytes of its file."""
    from audiobox_aesthetics.model.aes import DEFAULT_AUDIO_CFG, AesMultiOutput

    settings = {**SETTINGS, "proj_num_layer": 5, "nth_layer": 13}
    network = AesMultiOutput(**settings)
    with tempfile.TemporaryDirectory(dir=folder) as there:
        network.save_pretrained(there)
        size = (Path(there) / MODEL).stat().st_size
    derived = wavlm_config(network.state_dict())
    return {
        "same_wavlm": vars(derived) == vars(DEFAULT_AUDIO_CFG),
        "bytes": size,
        "parameters": sum(parameter.numel() for parameter in network.parameters()),
    }


def refused(folder: Path) -> dict[str, Any]:
    """Weights and recordings that cannot be: code, message and hint of each."""
    there = weights_in(folder, CHECKPOINT)
    tensors = load_file(there["model"])
    settings = json.loads(there["config"].read_text())
    name = "wavlm_model.encoder.layers.1.fc2.weight"
    nan = {**tensors, name: torch.full_like(tensors[name], math.nan)}
    changed_tensors = {
        "a tensor less": {key: value for key, value in tensors.items() if key != name},
        "a tensor more": {**tensors, "more": torch.zeros(2)},
        "no WavLM": {"more": torch.zeros(2)},
        "another shape": {**tensors, name: torch.zeros(3, 3)},
        "not a number": nan,
    }
    target = settings["target_transform"]
    axes: dict[str, Any] = {
        "an axis less": {},
        "no points": {"mean": 1, "std": math.nan},
        "no spread": {"mean": 1, "std": 0},
    }
    changed_settings: dict[str, Any] = {
        **{
            case: {**settings, "target_transform": {**target, "PQ": axis}}
            for case, axis in axes.items()
        },
        "too many layers": {**settings, "proj_num_layer": 1_000_000_000},
        "another activation": {**settings, "proj_act_fn": "relu"},
        "a list": [settings],
    }
    facts = {}
    for case, changed in changed_tensors.items():
        save_file(changed, folder / "changed.safetensors")
        facts[case] = refusal(folder, there, model=folder / "changed.safetensors")
    for case, config in changed_settings.items():
        (folder / "changed.json").write_text(json.dumps(config))
        facts[case] = refusal(folder, there, config=folder / "changed.json")
    (folder / "cut.safetensors").write_bytes(there["model"].read_bytes()[:-4])
    facts["cut off"] = refusal(folder, there, model=folder / "cut.safetensors")
    torch.save({"state_dict": tensors}, folder / "settings.pt")
    facts["a pickle without settings"] = refusal(folder, there, model=folder / "settings.pt")
    return facts


def refusal(folder: Path, there: Weights, **paths: Path) -> list[str]:
    hashes = {key: sha256_of(path) for key, path in paths.items()}
    weights = Weights({**there.paths, **paths}, {**there.hashes, **hashes}, there.cache)
    try:
        load_audiobox(weights, "cpu").judge(job_of(folder, music(1.0, 1)), quiet)
    except ModelError as error:
        return [error.code, error.message, error.hint]
    return []


def unheard(folder: Path, judge: Any) -> dict[str, Any]:
    broken = music(2.0, 1)
    broken[100] = math.nan
    facts = {}
    for case, samples in {"no samples": broken[:0], "not a number": broken}.items():
        try:
            facts[case] = [str(judged(judge, job_of(folder, samples)))]
        except ModelError as error:
            facts[case] = [error.code, error.message]
    try:
        judged(judge, JudgeJob(AUDIOBOX.name, "", "take", str(folder / "none.wav"), ""))
    except AudioError as error:
        facts["no file"] = [str(error)]
    return facts


def main(folder: Path) -> dict[str, Any]:
    loaded = load_audiobox(weights_in(folder, CHECKPOINT), "cpu")
    judge = loaded.judge
    return {
        "device": [loaded.device.name, loaded.dtype],
        "precision": json.loads((folder / REPOSITORY / CONFIG).read_text())["precision"],
        "beside_theirs": beside_theirs(folder, judge),
        "as_heard": as_heard(folder, judge),
        "from_pickle": from_pickle(folder, judge),
        "in_company": in_company(folder, judge),
        "with_damage": with_damage(folder, judge),
        "of_the_true_shape": of_the_true_shape(folder),
        "refused": refused(folder),
        "unheard": unheard(folder, judge),
    }


if __name__ == "__main__":
    print(json.dumps(main(Path(sys.argv[1]))))
