"""CLAP beside transformers' own, in its environment: python clap_probe.py FOLDER

FOLDER is written by tests/tiny/clap.py. Prints JSON: the same embeddings and cosines as unmodified
transformers gives on the same windows, and what is said of files that are not as they should be.
"""

import json
import os
import shutil
import sys
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import soundfile
import soxr
import torch
from tiny_weights import weights_in
from transformers import ClapModel, ClapProcessor

from secondtake.core.errors import ModelError
from secondtake.core.files import sha256_of
from secondtake.core.judgments import JudgeJob, Judgment
from secondtake.core.registry.clap import CLAP, GENERAL
from secondtake.core.weights import Weights
from secondtake.judges import clap
from secondtake.judges.clap import Clap, load_clap, mean_cosine
from secondtake.judges.clap_prompts import OTHER_PROMPTS

ROOT = Path(os.environ["SECONDTAKE_ROOT"])
RATE, WINDOW, HOP = 48_000, 480_000, 240_000
STYLE = "a calm piano piece, Köln 1975, 92 BPM"
SCALE = "prompt adherence"
RECORDINGS = {  # name -> seconds, sample rate, channels
    "short": (3.3, 32_000, 1),
    "a window": (10.0, 48_000, 2),
    "just longer": (10.01, 48_000, 1),
    "long": (37.2, 44_100, 2),
}
TEXTS = {
    "long": "a very long story of drums, told again and again; " * 200,
    "marks": "</s><pad><mask> ♪ 🎹 \u3042 \x00",
    "one letter": "a",
    "one of the others": f"{OTHER_PROMPTS[3].upper()}!",
    "within another": "bandoneon and violin",
}


def quiet(phase: str, done: int, total: int) -> None:
    pass


def write_recording(name: str, seconds: float, rate: int, channels: int) -> Path:
    """Bursts of noise over a tone that rises, so that no window is like another."""
    time = np.arange(round(seconds * rate)) / rate
    noise = np.random.default_rng(len(name)).standard_normal((len(time), channels))
    bursts = 0.2 * noise * (time % 0.5 < 0.02 * (1 + time % 11))[:, None]
    tone = 0.3 * np.sin(2 * np.pi * time * (200 + 30 * np.floor(time)))
    path = ROOT / f"{name}.wav"
    soundfile.write(path, bursts + tone[:, None], rate, subtype="FLOAT")
    return path


def a_job(path: Path, style: str = STYLE, **options: Any) -> JudgeJob:
    return JudgeJob(
        "clap", "general", path.stem, str(path), sha256_of(path), style=style, **options
    )


class Theirs:
    """transformers as its own documentation uses it."""

    def __init__(self, folder: Path) -> None:
        self.processor = ClapProcessor.from_pretrained(folder)
        self.model = ClapModel.from_pretrained(folder).eval()

    def judge(self, path: Path, texts: list[str]) -> tuple[Any, Any, int]:
        """Embeddings of the windows, one after the other; cosines, (windows, texts); windows."""
        sound, rate = soundfile.read(path, dtype="float32", always_2d=True)
        mono = soxr.resample(sound.mean(axis=1), rate, RATE)
        starts = [*range(0, max(1, len(mono) - WINDOW + HOP), HOP)]
        starts[-1] = max(0, min(starts[-1], len(mono) - WINDOW))  # rather than be short
        embeddings, cosines = [], []
        for start in starts:
            window = mono[start : start + WINDOW]
            inputs = self.processor(
                text=texts, audio=window, sampling_rate=RATE, padding=True, return_tensors="pt"
            )
            outputs = self.model(**inputs)
            embeddings.append(outputs.audio_embeds[0])
            cosines.append(outputs.logits_per_audio[0] / self.model.logit_scale_a.exp())
        return torch.stack(embeddings).numpy(), torch.stack(cosines).numpy(), len(starts)


def furthest(ours: Any, theirs: Any) -> float:
    ours, theirs = np.asarray(ours), np.asarray(theirs)
    return float(abs(ours - theirs).max()) if ours.shape == theirs.shape else 1.0


def beside_transformers(judge: Clap, theirs: Theirs) -> dict[str, Any]:
    facts = {}
    for name, form in RECORDINGS.items():
        path = write_recording(name, *form)
        judgment = judge(a_job(path), quiet)
        reading = judgment.scales[SCALE]
        embeddings, cosines, windows = theirs.judge(path, [STYLE, *OTHER_PROMPTS])
        facts[name] = {
            "windows": [windows, *map(list, judgment.windows)],
            "embeddings": furthest(judgment.embeddings, embeddings),
            "cosines": furthest(reading.values, cosines[:, 0]),
            "others": furthest(list(reading.others.values()), cosines[:, 1:].T),
            "spread": float(cosines.std(axis=1).min()),
            "apart": mean_cosine(embeddings) if windows > 1 else 0.0,
        }
    return facts


def again(judge: Clap) -> dict[str, Any]:
    """The same recording again, in other batches, and a stretch of it."""
    path = ROOT / "long.wav"
    steps: list[list[Any]] = []
    first = judge(a_job(path), lambda *step: steps.append(list(step)))
    second = judge(a_job(path), quiet)
    usual, clap.BATCH = clap.BATCH, 1
    alone = judge(a_job(path), quiet)
    clap.BATCH = usual
    stretch = judge(a_job(path, start=10.0, end=20.0), quiet)
    return {
        "same": first == second,
        "batches": furthest(first.embeddings, alone.embeddings),
        "stretch": furthest(stretch.embeddings[0], first.embeddings[2]),
        "stretch_windows": list(map(list, stretch.windows)),
        "steps": steps,
        "lengths": furthest(np.linalg.norm(first.embeddings, axis=1), np.ones(len(first.windows))),
    }


def texts(judge: Clap) -> dict[str, Any]:
    path = ROOT / "short.wav"
    facts = {}
    for name, style in TEXTS.items():
        reading = judge(a_job(path, style), quiet).scales[SCALE]
        facts[name] = {
            "finite": bool(np.isfinite(reading.values).all()),
            "left_out": sorted(set(OTHER_PROMPTS) - set(reading.others)),
        }
    begun, other = (judge.embed_texts([TEXTS["long"] + end]) for end in ("piano", "guitar"))
    facts["long"]["end_unread"] = bool(np.array_equal(begun, other))
    facts["long"]["tokens"] = judge.longest
    return facts


def silence(judge: Clap) -> dict[str, Any]:
    """Of 40 s, of which 12 to 31 are silent; nothing but silence; no samples; no numbers."""
    sound, rate = soundfile.read(ROOT / "long.wav")
    sound[12 * rate : 31 * rate] = 5e-5
    forms = {
        "partly": sound,
        "silent": np.full((rate, 1), 5e-5),
        "empty": np.zeros((0, 1)),
        "no numbers": np.full((rate, 1), np.nan),
    }
    facts: dict[str, Any] = {}
    for name, samples in forms.items():
        path = ROOT / f"{name}.wav"
        soundfile.write(path, samples, rate, subtype="FLOAT")
        facts[name] = said(lambda path=path: judge(a_job(path), quiet))
    facts["missing"] = said(lambda: judge(replace(a_job(path), file=str(ROOT / "no.wav")), quiet))
    return facts


def said(ask: Any) -> list[Any]:
    """An error's code, words and hint, or the windows that were heard."""
    try:
        judgment: Judgment = ask()
    except ModelError as error:
        return [error.code, error.message, error.hint]
    except Exception as error:
        return [type(error).__name__, str(error), ""]
    return list(map(list, judgment.windows))


def refused(folder: Path) -> dict[str, Any]:
    """What is said of a checkpoint that tells no texts apart, and of files that are not CLAP's."""
    general = weights_in(folder, CLAP.checkpoint("general"))
    tensors = torch.load(general["model"])
    narrow = {**tensors, "text_projection.linear1.weight": torch.zeros(3, 5)}
    lacking = {k: v for k, v in tensors.items() if k != "audio_projection.linear2.bias"}
    old = {k: v for k, v in tensors.items() if not k.endswith(clap.COMPUTED)}
    facts = {"music": said(lambda: load_clap(weights_in(folder, CLAP.checkpoint("music")), "cpu"))}
    for name, state in {"narrow": narrow, "lacking": lacking, "old": old}.items():
        path = ROOT / f"{name}.bin"
        torch.save(state, path)
        facts[name] = loaded_with(general, {"model": path})
    for key in ("config", "preprocessor", "vocabulary"):
        foreign = ROOT / key
        shutil.copytree(general[key].parent, foreign)
        (foreign / general[key].name).write_text("[1, 2")
        facts[key] = loaded_with(general, {key: foreign / general[key].name})
    return facts


def loaded_with(weights: Weights, files: Mapping[str, Path]) -> list[Any]:
    hashes = {key: sha256_of(path) for key, path in files.items()}
    changed = Weights({**weights.paths, **files}, {**weights.hashes, **hashes}, weights.cache)
    try:
        load_clap(changed, "cpu")
    except ModelError as error:
        return [error.code, error.message, error.hint]
    return ["loaded", "", ""]


def main(folder: Path) -> dict[str, Any]:
    loaded = load_clap(weights_in(folder, CLAP.checkpoint("general")), "auto")
    judge = loaded.judge
    assert isinstance(judge, Clap)
    with torch.inference_mode():
        beside = beside_transformers(judge, Theirs(folder / GENERAL))
    return {
        "device": [loaded.device.name, loaded.dtype],
        "beside_transformers": beside,
        "again": again(judge),
        "texts": texts(judge),
        "silence": silence(judge),
        "refused": refused(folder),
        "words": mean_cosine(np.stack(list(judge.others.values()))),
    }


if __name__ == "__main__":
    print(json.dumps(main(Path(sys.argv[1]))))
