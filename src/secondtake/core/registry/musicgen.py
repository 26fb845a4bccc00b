"""MusicGen, by Meta: instrumentals, 32 kHz mono, by the code of transformers."""

from secondtake.core.prompts.instrumental import description, description_remarks
from secondtake.core.prompts.melody import BASELINE, NONE, check_melody, format_melody
from secondtake.core.registry.spec import (
    GIB,
    Checkpoint,
    ModelSpec,
    Parameter,
    Speed,
    WeightFile,
)

LICENCE = "CC-BY-NC 4.0"


CONFIG_BYTES, TOKENIZER_BYTES = 10_000, 2_400_000  # about


def _weights(repository: str, tensor_bytes: int, *files: str) -> tuple[WeightFile, ...]:
    """A checkpoint's configuration, its tokenizer, and the file, or files, of its tensors, which
    are `tensor_bytes` together."""
    share = tensor_bytes // len(files)  # what each shard has of them is not known
    keys = ["model"] if len(files) == 1 else [f"model{n}" for n in range(1, len(files) + 1)]
    return (
        WeightFile("config", "config.json", repository, bytes=CONFIG_BYTES),
        WeightFile("tokenizer", "tokenizer.json", repository, bytes=TOKENIZER_BYTES),
        *(
            WeightFile(key, file, repository, bytes=share)
            for key, file in zip(keys, files, strict=True)
        ),
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
            weights=_weights("facebook/musicgen-small", 2_364_427_256, "model.safetensors"),
            licence=LICENCE,
            longest_seconds=600.0,  # trained on 30 s; longer takes go on in windows
            converted_bytes=2 * GIB,
            memory_bytes=6 * GIB,  # measured, of random weights: 4.9 GiB exact, 2.2 fast
            graphics_bytes=6 * GIB,  # 2.2 GiB in float32, 3 of caches for eight takes at most
            speed=Speed("an EPYC with AVX-512 and VNNI, 2 threads", work=1.29, load_seconds=2.9),
        ),
        Checkpoint(
            name="medium",
            title="MusicGen (medium)",
            weights=_weights("facebook/musicgen-medium", 8_042_008_856, "pytorch_model.bin"),
            licence=LICENCE,
            converted_bytes=15 * GIB,  # its pickle turned into safetensors is 8 GB of them
            memory_bytes=11 * GIB,
            graphics_bytes=11 * GIB,  # 7.5 GiB in float32, 3 of caches
        ),
        Checkpoint(
            name="melody",
            title="MusicGen (melody)",
            weights=_weights(
                "facebook/musicgen-melody",
                6_229_559_576,
                "model-00001-of-00002.safetensors",
                "model-00002-of-00002.safetensors",
            ),
            licence=LICENCE,
            converted_bytes=7 * GIB,
            memory_bytes=9 * GIB,
            graphics_bytes=9 * GIB,  # 5.8 GiB in float32, 3 of caches
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
            resolve_for_segment=format_melody,
            check_for_segment=check_melody,
            only=("melody",),
        ),
    ),
    prompt=description,
    remarks=description_remarks,
)
