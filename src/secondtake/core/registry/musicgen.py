"""MusicGen, by Meta: instrumentals, 32 kHz mono, by the code of transformers."""

from secondtake.core.prompts.instrumental import description, description_remarks
from secondtake.core.prompts.source_audio import BASELINE, NONE, check_baseline, format_baseline
from secondtake.core.registry.spec import (
    EPYC,
    GIB,
    MAIN,
    Checkpoint,
    ModelSpec,
    Parameter,
    Speed,
    WeightFile,
)

LICENCE = "CC-BY-NC 4.0"


CONFIG_BYTES, TOKENIZER_BYTES = 10_000, 2_400_000  # about


def _weights(
    repository: str, tensor_bytes: int, *names: str, revision: str = MAIN
) -> tuple[WeightFile, ...]:
    """A checkpoint's configuration, its tokenizer, and its tensors, which are `tensor_bytes`
    together, in the first of these files that its repository has."""
    model, *alternatives = names
    return tuple(
        WeightFile(key, file, repository, revision, bytes=count, alternatives=others)
        for key, file, count, others in (
            ("config", "config.json", CONFIG_BYTES, ()),
            ("tokenizer", "tokenizer.json", TOKENIZER_BYTES, ()),
            ("model", model, tensor_bytes, tuple(alternatives)),
        )
    )


MUSICGEN = ModelSpec(
    name="musicgen",
    title="MusicGen",
    roles=("instrumental",),
    sample_rate=32_000,
    channels=1,
    bandwidth_hz=16_000,
    exact_length=True,
    code_licence="Apache-2.0",
    supports=("prompt", "seconds", "seed"),  # style, tempo and key through the prompt
    devices=("cpu", "cuda", "mps"),
    imports=("torch", "transformers", "tokenizers", "soundfile"),
    environment_bytes=6 * GIB,
    checkpoints=(
        Checkpoint(
            name="small",
            title="MusicGen (small)",
            weights=_weights(
                "facebook/musicgen-small",
                2_364_427_256,
                "model.safetensors",
                revision="4c8334b02c6ec4e8664a91979669a501ec497792",
            ),
            licence=LICENCE,
            longest_seconds=600.0,  # trained on 30 s; longer takes go on in windows
            converted_bytes=2 * GIB,
            memory_bytes=6 * GIB,  # measured, of random weights: 4.9 GiB exact, 2.2 fast
            graphics_bytes=7 * GIB // 2,  # 1.6 GiB in float32, 0.7 of a take's caches
            speed=Speed(EPYC, work=1.29, load_seconds=2.9),
        ),
        Checkpoint(
            name="medium",
            title="MusicGen (medium)",
            weights=_weights(
                "facebook/musicgen-medium",
                8_042_008_856,
                "model.safetensors",
                "model.safetensors.index.json",
                "pytorch_model.bin",
                "pytorch_model.bin.index.json",
            ),
            licence=LICENCE,
            converted_bytes=15 * GIB,  # its pickle turned into safetensors is 8 GB of them
            memory_bytes=11 * GIB,
            graphics_bytes=10 * GIB,  # 6.9 GiB in float32, 1.9 of a take's caches
        ),
        Checkpoint(
            name="melody",
            title="MusicGen (melody)",
            weights=_weights(
                "facebook/musicgen-melody",
                6_229_559_576,
                "model.safetensors.index.json",
                "model.safetensors",
                "pytorch_model.bin",
            ),
            licence=LICENCE,
            converted_bytes=7 * GIB,
            memory_bytes=9 * GIB,
            graphics_bytes=35 * GIB // 4,  # 5.2 GiB in float32, 2.4 of a take's caches
        ),
    ),
    parameters=(
        Parameter.number(
            "guidance",
            3.0,
            "how closely to follow the prompt; 1: not compared with no prompt, twice as fast",
            1.0,
            15.0,
        ),
        Parameter.number("top_k", 250, "of how many of the likeliest tokens one is drawn", 1, 2048),
        Parameter.number("temperature", 1.0, "how freely they are drawn", 0.01, 2.0),
        Parameter(
            "mode",
            "auto",
            "exact: the tokens of unmodified transformers; fast: quicker arithmetic; auto: fast "
            "where it was measured to be faster",
            choices=("auto", "exact", "fast"),
        ),
        Parameter(
            "melody",
            NONE,
            "baseline: follow the melody of the segment's baseline (checkpoint melody only)",
            choices=(NONE, BASELINE),
            resolve_for_segment=format_baseline,
            check_for_segment=check_baseline,
            from_baseline=True,
            only=("melody",),
        ),
    ),
    prompt=description,
    remarks=description_remarks,
    generation_version=2,  # 2: a step in one call, its own arithmetic
)
