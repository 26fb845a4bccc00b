"""MusicGen beside transformers' own, in its environment: python musicgen_probe.py FOLDER PART

FOLDER is written by tests/tiny/musicgen.py. PART: everything or arithmetics. Prints JSON: the same
tokens and the same sound as unmodified transformers makes, alone or in any company.
"""

import dataclasses
import json
import os
import sys
import wave
from pathlib import Path
from typing import Any

import numpy as np
import torch
from safetensors.torch import load_file, save_file
from tiny_weights import weights_in
from torchaudio.functional import resample
from transformers import (
    MusicgenForConditionalGeneration,
    MusicgenMelodyFeatureExtractor,
    MusicgenMelodyForConditionalGeneration,
    PreTrainedTokenizerFast,
)
from transformers.utils import logging

from secondtake.audio.seams import fade_edges
from secondtake.core.environ import LOW_MEMORY
from secondtake.core.errors import ModelError
from secondtake.core.files import sha256_of
from secondtake.core.generate import GeneratedAudio
from secondtake.core.jobs import Job
from secondtake.core.registry.musicgen import MUSICGEN
from secondtake.core.weights import Weights
from secondtake.models.inference import recordings
from secondtake.models.inference.quantization import FLOAT32, candidate_precisions
from secondtake.models.musicgen import codec, pipeline, windows
from secondtake.models.musicgen.autotune import autotune
from secondtake.models.musicgen.conditioning import WindowRequest
from secondtake.models.musicgen.generation import generate_tokens
from secondtake.models.musicgen.pipeline import MusicGen, load_musicgen, start_take

PIANO = "a calm piano piece, 92 BPM, A minor"
BAND = "loud guitars"
RATE = 32_000
TUNES = {"short": (3.0, RATE), "other rate": (3.0, 22_050), "long": (40.0, RATE)}
SHORTER = (60, 24, 36)  # frames of a window, kept and added, so that windows are soon over


def weights_of(folder: Path, name: str) -> Weights:
    return weights_in(folder, MUSICGEN.checkpoint(name))


def a_job(
    prompt: str = PIANO, seconds: float = 0.8, seed: int = 1, number: int = 1, **settings: Any
) -> Job:
    usual = {"guidance": 3.0, "top_k": 250, "temperature": 1.0, "mode": "exact", "melody": ""}
    return Job(
        song="s", segment=number, kind="solo", title="", model="musicgen", checkpoint="small",
        take=1, seed=seed, seconds=seconds, prompt=prompt, style="", lyrics="", languages=(),
        bpm=0.0, key="", settings={**usual, **settings},
    )  # fmt: skip


def quiet(phase: str, done: int, total: int) -> None:
    pass


def played(musicgen: MusicGen, *jobs: Job) -> list[GeneratedAudio | ModelError]:
    """The result of each job, in the order of the jobs."""
    done = list(musicgen(jobs, quiet))
    assert len(done) == len(jobs)
    return [next(sound for job, sound in done if job is asked) for asked in jobs]


def sound_of(musicgen: MusicGen, job: Job) -> GeneratedAudio:
    (sound,) = played(musicgen, job)
    if isinstance(sound, ModelError):
        raise sound
    return sound


def same(first: GeneratedAudio | ModelError, second: GeneratedAudio | ModelError) -> bool:
    if isinstance(first, ModelError) or isinstance(second, ModelError):
        return False
    return bool(np.array_equal(first.samples, second.samples))


class Theirs:
    """Unmodified transformers, and the tokens that it gives its codec."""

    def __init__(self, folder: Path, name: str) -> None:
        repository = folder / MUSICGEN.checkpoint(name).weights[0].repository
        melody = name == "melody"
        kind = (
            MusicgenMelodyForConditionalGeneration if melody else MusicgenForConditionalGeneration
        )
        self.model = kind.from_pretrained(repository, dtype=torch.float32).eval()
        self.spell = PreTrainedTokenizerFast(tokenizer_file=str(repository / "tokenizer.json"))
        self.tokens: Any = None
        decode = self.model.audio_encoder.decode

        def noted(codes: Any, **more: Any) -> Any:
            self.tokens = codes[0, 0]
            return decode(codes, **more)

        self.model.audio_encoder.decode = noted

    def play(self, job: Job, chroma: Any = None, given: Any = None) -> tuple[Any, Any]:
        """Tokens (books, frames) and samples (frames,) of a job."""
        settings = job.settings
        inputs = self.spell(job.prompt, return_tensors="pt", return_token_type_ids=False)
        frames = round(job.seconds * 50) - (0 if given is None else given.shape[1])
        more = {} if chroma is None else {"input_features": chroma[None]}
        more |= {} if given is None else {"decoder_input_ids": given}
        torch.manual_seed(job.seed)
        sound = self.model.generate(
            **inputs, **more, do_sample=True, guidance_scale=settings["guidance"],
            top_k=settings["top_k"], temperature=settings["temperature"],
            max_new_tokens=frames + 3,
        )  # fmt: skip
        return self.tokens, sound[0, 0].numpy()


def ours_of(musicgen: MusicGen, job: Job, given: Any = None) -> Any:
    """Our tokens (books, frames) of a job of one window."""
    instruments = musicgen.components
    request = start_take(instruments, job, FLOAT32).next_request()
    if given is not None:
        request = dataclasses.replace(request, prefix_tokens=given)
    generate_tokens(instruments.decoder(FLOAT32), [request], instruments.pad_token, quiet)
    return request.tokens


CASES = {
    "usual": a_job(seconds=1.2, top_k=64),
    "another seed": a_job(seconds=1.2, top_k=64, seed=2),
    "another prompt": a_job(BAND, seconds=1.2, top_k=64),
    "short": a_job(BAND, seconds=0.5, seed=3),
    "few to choose from": a_job(seconds=0.9, top_k=5, seed=4),
    "cold": a_job(seconds=0.9, temperature=0.6, top_k=30, seed=5),
    "hot": a_job(seconds=0.9, temperature=1.4, top_k=40, seed=6),
    "much guided": a_job(seconds=0.9, guidance=7.5, top_k=40, seed=7),
    "not guided": a_job(seconds=0.9, guidance=1.0, seed=8),
    "no words": a_job("", seconds=0.6, seed=9),
}


def compared(ours: Any, theirs: Any, sound: Any, other: Any) -> dict[str, Any]:
    return {
        "tokens": bool(torch.equal(ours, theirs)),
        "heard": int(torch.unique(ours).numel()),
        "difference": float(abs(sound - other).max()) if len(sound) == len(other) else 1.0,
        "loudest": float(abs(other).max()),
        "line": ours.flatten().tolist()[:40],
    }


def beside_transformers(folder: Path, musicgen: MusicGen, name: str) -> dict[str, Any]:
    theirs = Theirs(folder, name)
    facts = {}
    for case, job in CASES.items():
        tokens, wave_ = theirs.play(job)
        ours = sound_of(musicgen, job).samples[:, 0]
        faded = fade_edges(wave_[:, None], RATE)[:, 0]
        facts[case] = compared(ours_of(musicgen, job), tokens, ours, faded)
    job = CASES["usual"]
    given = ours_of(musicgen, job)[:, :25]
    tokens, _ = theirs.play(job, given=given)
    facts["going on"] = {
        "tokens": bool(torch.equal(ours_of(musicgen, job, given), tokens)),
        "kept": bool(torch.equal(tokens[:, :25], given)),
    }
    return facts


def with_a_melody(folder: Path, musicgen: MusicGen) -> dict[str, Any]:
    """By transformers' extractor and model, and by us."""
    theirs, facts = Theirs(folder, "melody"), {}
    extractor = MusicgenMelodyFeatureExtractor()
    for name, (seconds, rate) in TUNES.items():
        path = Path(os.environ["SECONDTAKE_ROOT"]) / f"{name}.wav"
        tune = write_tune(path, seconds, rate)
        setting = f"{path.name}@0-@sha256:{sha256_of(path)}"
        job = a_job(seconds=0.9, top_k=64, melody=setting)
        if rate != RATE:
            resampled = resample(torch.from_numpy(tune), rate, RATE, 24, 0.945)
            tune = resampled.numpy()
        chroma = extractor(tune, sampling_rate=RATE, return_tensors="pt")["input_features"][0]
        tokens, wave_ = theirs.play(job, chroma)
        sound = sound_of(musicgen, job)
        faded = fade_edges(wave_[:, None], RATE)[:, 0]
        facts[name] = compared(ours_of(musicgen, job), tokens, sound.samples[:, 0], faded)
        facts[name]["details"] = sound.details["melody"]
        facts[name]["classes"] = sorted(set(chroma.argmax(-1).tolist()))
    stretch = a_job(seconds=0.9, top_k=64, melody=setting.replace("@0-@", "@4-9@"))
    changed = a_job(melody=f"{path.name}@0-@sha256:{'0' * 64}")
    facts["stretch"] = dict(sound_of(musicgen, stretch).details["melody"])
    facts["changed"] = told(played(musicgen, changed)[0])
    past = a_job(melody=setting.replace("@0-@", "@40.5-50@"))
    facts["past its end"] = told(played(musicgen, past)[0])
    facts["missing"] = told(played(musicgen, a_job(melody="none.wav@0-@sha256:"))[0])
    return facts


def resampling() -> dict[str, bool]:
    """Ours beside torchaudio's, to the bit: by rates, of two channels."""
    facts = {}
    for rate, new_rate in ((44_100, RATE), (48_000, RATE), (22_050, 48_000), (96_000, 48_000)):
        sound = torch.randn((2, rate + 137), generator=torch.Generator().manual_seed(rate))
        theirs = resample(sound, rate, new_rate, 24, 0.945)
        facts[f"{rate} {new_rate}"] = bool(
            torch.equal(recordings.resample(sound, rate, new_rate), theirs)
        )
    return facts


def write_tune(path: Path, seconds: float, rate: int) -> Any:
    """A note every half second, up a scale of whole tones from A; as float32 samples."""
    time = np.arange(round(seconds * rate)) / rate
    pitch = 220.0 * 2 ** (np.floor(time * 2) % 6 / 6)
    sound = (12_000 * np.sin(2 * np.pi * pitch * time)).astype("<i2")
    with wave.open(str(path), "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(rate)
        file.writeframes(sound.tobytes())
    return (sound / 32768).astype(np.float32)


def told(sound: GeneratedAudio | ModelError) -> list[str]:
    """An error's words, or the warnings."""
    if isinstance(sound, ModelError):
        return [sound.code, sound.message, sound.hint]
    return list(sound.warnings)


def together(musicgen: MusicGen) -> dict[str, Any]:
    """Jobs of all kinds at once, one of which cannot be played; and each of them alone."""
    jobs = {
        "one": a_job(number=1),
        "as one, another seed": a_job(number=2, seed=11),
        "longer": a_job(BAND, 1.3, 12, 3, temperature=0.8),
        "short": a_job("drums and bass, and a long story to tell of them", 0.51, 13, 4),
        "not guided": a_job(PIANO, 0.7, 14, 5, guidance=1.0),
        "following": a_job(melody="x.wav@0-@sha256:", number=6),
        "few": a_job(PIANO, 0.7, 15, 7, top_k=5, guidance=6.0),
    }
    facts: dict[str, Any] = {"as_alone": {}}
    steps: dict[str, list[tuple[int, int]]] = {}
    for arithmetic in (FLOAT32, *candidate_precisions("cpu")):
        musicgen.precisions["fast"] = arithmetic
        fast_jobs = {
            name: dataclasses.replace(job, settings={**job.settings, "mode": "fast"})
            for name, job in jobs.items()
        }
        done = list(
            musicgen(
                list(fast_jobs.values()), lambda p, n, of: steps.setdefault(p, []).append((n, of))
            )
        )
        got = {name: sound for name, job in fast_jobs.items() for one, sound in done if one is job}
        facts["refused"] = told(got.pop("following"))
        facts["as_alone"][arithmetic.name] = {
            name: same(sound, played(musicgen, fast_jobs[name])[0]) for name, sound in got.items()
        }
        facts["dtypes"] = [s.dtype for s in got.values() if isinstance(s, GeneratedAudio)]
    facts["exact_is_fast_in_float32"] = same(*_exact_and_fast(musicgen))
    facts["stages"] = sorted(steps)
    facts["steps_end"] = all(n <= of for of_phase in steps.values() for n, of in of_phase)
    return facts


def _exact_and_fast(musicgen: MusicGen) -> list[GeneratedAudio | ModelError]:
    musicgen.precisions["fast"] = FLOAT32
    return played(musicgen, a_job(), a_job(mode="fast"))


def in_windows(musicgen: MusicGen) -> dict[str, Any]:
    """Takes longer than a window, with windows made short; and none longer, for comparison."""
    usual = windows.WINDOW, windows.OVERLAP, windows.STRIDE
    windows.WINDOW, windows.OVERLAP, windows.STRIDE = SHORTER
    jobs = [a_job(seconds=3.3), a_job(BAND, 2.1, 5, number=2)]
    try:
        both = played(musicgen, *jobs)
        alone = [sound_of(musicgen, job) for job in jobs]
        first = start_take(musicgen.components, jobs[0], FLOAT32)
    finally:
        windows.WINDOW, windows.OVERLAP, windows.STRIDE = usual
    whole = sound_of(musicgen, a_job(seconds=1.2))
    agreed = round(1.08 * RATE)  # the codec looks 0.1 s ahead
    return {
        "as_alone": [same(one, other) for one, other in zip(both, alone, strict=True)],
        "frames": [len(sound.samples) for sound in alone],
        "windows": [sound.details["windows"] for sound in alone],
        "starts": [sound.details["window_starts_seconds"] for sound in alone],
        "begins_as_one_window": bool(
            np.allclose(alone[0].samples[200:agreed], whole.samples[200:agreed], atol=1e-5)
        ),
        "planned": [dataclasses.astuple(window) for window in first.windows],
    }


def sound_in_windows(musicgen: MusicGen) -> dict[str, Any]:
    """The codec at once, and in windows with and without context: how far they are apart."""
    network = musicgen.components.codec()
    tokens = torch.randint(musicgen.components.pad_token, (4, 2 * codec.WINDOW + 77))
    facts = {}
    usual = codec.CONTEXT
    whole = network.decode(tokens[None, None], audio_scales=[None]).audio_values[0, 0].numpy()
    for context in (0, usual):
        codec.CONTEXT = context
        facts[str(context)] = float(abs(codec.decode_tokens(network, tokens) - whole).max())
    codec.CONTEXT = usual
    return {"difference": facts, "loudest": float(abs(whole).max())}


def older_names(folder: Path, musicgen: MusicGen) -> dict[str, Any]:
    """The names of 2023, which the checkpoint has, and of today; numbers of 16 bits; gaps."""
    there = weights_of(folder, "small")
    tensors = load_file(there["model"])
    new = {
        name.replace("weight_g", "parametrizations.weight.original0").replace(
            "weight_v", "parametrizations.weight.original1"
        ): tensor
        for name, tensor in tensors.items()
    }
    assert set(new) != set(tensors)
    del new["decoder.model.decoder.embed_positions.weights"]
    new["text_encoder.encoder.embed_tokens.weight"] = new.pop("text_encoder.shared.weight")
    facts = {}
    for name, changed in {
        "new": new,
        "half": {name: tensor.half() for name, tensor in tensors.items()},
        "cut": {name: tensor for name, tensor in tensors.items() if "lm_heads.2" not in name},
        "no codec": {name: t for name, t in tensors.items() if "decoder.layers.0.conv" not in name},
    }.items():
        path = folder / f"{name}.safetensors"
        save_file(changed, path)
        files = {**there.paths, "model": path}
        other = load_musicgen(
            Weights(files, {**there.hashes, "model": sha256_of(path)}, there.cache), "cpu"
        )
        try:
            sound = sound_of(other, a_job())
            facts[name] = [same(sound, sound_of(musicgen, a_job())), len(sound.samples)]
        except ModelError as error:
            facts[name] = [error.code, error.message, error.hint]
    return facts


def in_shards(folder: Path, musicgen: MusicGen) -> dict[str, bool]:
    """The same tensors in two files with an index, by the format of the files."""
    there = weights_of(folder, "small")
    tensors = load_file(there["model"])
    facts = {}
    for ending, save in ((".safetensors", save_file), (".bin", torch.save)):
        paths = {"model": folder / f"cut{ending}.index.json"}
        for number, names in enumerate((sorted(tensors)[::2], sorted(tensors)[1::2]), 1):
            paths[f"model{number}"] = folder / f"cut-{number}{ending}"
            save({name: tensors[name] for name in names}, paths[f"model{number}"])
        hashes = {key: sha256_of(path) for key, path in paths.items() if key != "model"}
        weights = Weights({**there.paths, **paths}, {**there.hashes, **hashes}, there.cache)
        sound = sound_of(load_musicgen(weights, "cpu"), a_job())
        facts[ending] = same(sound, sound_of(musicgen, a_job()))
    return facts


def measured(musicgen: MusicGen) -> dict[str, Any]:
    for of_another_processor in (musicgen.components.checkpoint.cache / "measured").glob("*.json"):
        of_another_processor.unlink()
    counted: list[int] = []
    first = autotune(musicgen.components, lambda _, done, total: counted.append(done))
    count = len(counted)
    again = autotune(musicgen.components, lambda _, done, total: counted.append(done))
    return {
        "compared": {name: dataclasses.asdict(one) for name, one in first.measured.items()},
        "wanted": sorted(a.name for a in (FLOAT32, *candidate_precisions("cpu"))),
        "read_back": again == first and len(counted) == count > 0,
        "chosen": first.choice.name,
    }


def low_memory(folder: Path, musicgen: MusicGen) -> dict[str, Any]:
    os.environ[LOW_MEMORY] = "1"
    sparing = load_musicgen(weights_of(folder, "small"), "cpu")
    del os.environ[LOW_MEMORY]
    jobs = [a_job(), a_job(BAND, number=2)]
    pairs = zip(played(sparing, *jobs), played(musicgen, *jobs), strict=True)
    return {
        "same": [same(one, other) for one, other in pairs],
        "held": len(sparing.components.loaded),
    }


def main(folder: Path) -> dict[str, Any]:
    logging.disable_progress_bar()
    logging.set_verbosity_error()
    small, medium, melody = (
        load_musicgen(weights_of(folder, name), "cpu") for name in ("small", "medium", "melody")
    )
    long_words = sound_of(small, a_job("many words " * 60))
    exact = sound_of(small, a_job(seconds=0.613))
    return {
        "beside_transformers": beside_transformers(folder, small, "small"),
        "melody_beside_transformers": beside_transformers(folder, melody, "melody"),
        "with_a_melody": with_a_melody(folder, melody),
        "resampling": resampling(),
        "pickled": len(sound_of(medium, a_job()).samples),
        "together": together(small),
        "melody_together": together_with_melodies(melody),
        "windows": in_windows(small),
        "melody_windows": melody_in_windows(melody),
        "codec": sound_in_windows(small),
        "older": older_names(folder, small),
        "in_shards": in_shards(folder, small),
        "low_memory": low_memory(folder, small),
        "long_words": list(long_words.warnings),
        "length": [len(exact.samples), float(abs(exact.samples[0, 0])), list(exact.samples.shape)],
        "details": dict(exact.details),
    }


def together_with_melodies(musicgen: MusicGen) -> list[bool]:
    """With and without a melody, and prompts of several lengths: rows are not in step."""
    path = Path(os.environ["SECONDTAKE_ROOT"]) / "tune.wav"
    write_tune(path, 5.0, RATE)
    setting = f"{path.name}@1-4@sha256:{sha256_of(path)}"
    jobs = [
        a_job(number=1, melody=setting),
        a_job(BAND, 0.9, 3, number=2),
        a_job(BAND, 0.5, 4, number=3, melody=setting),
        a_job(seed=5, number=4),
    ]
    both = played(musicgen, *jobs)
    return [same(sound, played(musicgen, job)[0]) for job, sound in zip(jobs, both, strict=True)]


def melody_in_windows(musicgen: MusicGen) -> dict[str, Any]:
    """The part of the tune that each window follows."""
    path = Path(os.environ["SECONDTAKE_ROOT"]) / "tune.wav"
    setting = f"{path.name}@0-@sha256:{sha256_of(path)}"
    usual = windows.WINDOW, windows.OVERLAP, windows.STRIDE
    windows.WINDOW, windows.OVERLAP, windows.STRIDE = SHORTER
    try:
        take = pipeline.start_take(musicgen.components, a_job(seconds=2.5, melody=setting), FLOAT32)
        sound = sound_of(musicgen, a_job(seconds=2.5, melody=setting))
    finally:
        windows.WINDOW, windows.OVERLAP, windows.STRIDE = usual
    melody = take.melody
    assert melody is not None
    request: WindowRequest = take.next_request()
    return {
        "frames": len(sound.samples),
        "windows": sound.details["windows"],
        "differ": bool((take.conditioning[0].prefix != take.conditioning[-1].prefix).any()),
        "begins": [int(melody.chroma(at)[1].argmax()) for at in (0.0, 1.0, 2.0)],
        "again": bool(torch.equal(melody.chroma(0.0), melody.chroma(5.0))),
        "guided": request.is_guided,
    }


def arithmetics(folder: Path) -> dict[str, Any]:
    """The measurements of every precision on this processor."""
    return measured(load_musicgen(weights_of(folder, "small"), "cpu"))


if __name__ == "__main__":
    ask = {"everything": main, "arithmetics": arithmetics}[sys.argv[2]]
    with torch.inference_mode():
        print(json.dumps(ask(Path(sys.argv[1]))))
