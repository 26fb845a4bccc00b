"""Stable Audio, by Stability AI: instrumentals, 44.1 kHz stereo."""

from secondtake.core.registry.spec import GIB, Checkpoint, ModelSpec, Parameter, WeightFile

SMALL_MUSIC = "stabilityai/stable-audio-3-small-music"


# The text encoder of the first two is no part of the checkpoint. transformers needs three files,
# and no spiece.model, which tokenizer.json replaces; t5-base has no tokenizer_config.json.
ENCODER = ("config.json", "model.safetensors", "tokenizer.json")
T5 = tuple(WeightFile(f"t5/{name}", name, "t5-base") for name in ENCODER)
# Google's T5Gemma comes with Small Music, in a folder, and its terms on the same page.
T5_GEMMA = tuple(
    WeightFile(f"t5/{name}", f"t5gemma-b-b-ul2/{name}", SMALL_MUSIC)
    for name in (*ENCODER, "tokenizer_config.json")
)


def _weights(
    repository: str, encoder: tuple[WeightFile, ...], model: str = "model.safetensors"
) -> tuple[WeightFile, ...]:
    config = WeightFile("config", "model_config.json", repository)
    return (config, WeightFile("model", model, repository), *encoder)


STABLE_AUDIO_SAMPLERS = (  # secondtake.models.stable_audio says which checkpoint has which
    "dpmpp-3m-sde", "dpmpp-2m-sde", "dpmpp-2m",
    "k-heun", "k-lms", "k-dpm-2", "k-dpmpp-2s-ancestral",
    "v-ddim", "v-ddim-cfgpp",
    "pingpong", "euler", "rk4", "dpmpp",
)  # fmt: skip

STABLE_AUDIO = ModelSpec(
    name="stable_audio",
    title="Stable Audio",
    roles=("instrumental",),
    sample_rate=44_100,
    channels=2,
    bandwidth_hz=20_000,
    exact_length=True,
    code_licence="MIT",
    supports=("prompt", "seed", "seconds"),
    devices=("cpu", "cuda", "mps"),
    imports=("torch", "torchaudio", "transformers", "stable_audio_tools"),
    environment_bytes=6 * GIB,
    checkpoints=(
        Checkpoint(
            name="open-1.0",
            title="Stable Audio Open 1.0",
            weights=_weights("stabilityai/stable-audio-open-1.0", T5),
            licence="Stability AI Community License",
            longest_seconds=47.5,
            converted_bytes=4 * GIB,  # bfloat16 and int8 of its matrices
            memory_bytes=7 * GIB,  # measured, of random weights: 5.9 GiB exact, 4.1 fast
            gate="https://huggingface.co/stabilityai/stable-audio-open-1.0",
        ),
        Checkpoint(
            name="open-small",
            title="Stable Audio Open Small",
            weights=_weights("stabilityai/stable-audio-open-small", T5, "model.ckpt"),
            licence="Stability AI Community License",
            longest_seconds=11.8,
            converted_bytes=3 * GIB,  # its pickle, and bfloat16 and int8 of its matrices
            memory_bytes=4 * GIB,
            gate="https://huggingface.co/stabilityai/stable-audio-open-small",
            defaults={"steps": 8, "cfg_scale": 1.0, "sampler": "pingpong"},
        ),
        Checkpoint(
            name="3-small-music",
            title="Stable Audio 3 Small Music",
            weights=_weights(SMALL_MUSIC, T5_GEMMA),
            licence="Stability AI Community License + Gemma Terms of Use",
            longest_seconds=120.0,
            converted_bytes=2 * GIB,
            memory_bytes=6 * GIB,
            gate=f"https://huggingface.co/{SMALL_MUSIC}",
            defaults={"steps": 8, "cfg_scale": 1.0, "sampler": "pingpong"},
        ),
    ),
    parameters=(
        Parameter("negative_prompt", "", "what the sound should keep away from"),
        Parameter.number("steps", 100, "denoising steps", 1, 1000),
        Parameter.number("cfg_scale", 7.0, "how closely to follow the prompt", 0.0, 30.0),
        Parameter(
            "sampler",
            "dpmpp-3m-sde",
            "how to denoise: one of the first nine for open-1.0, of the last four for open-small; "
            "pingpong, euler or dpmpp for 3-small-music",
            choices=STABLE_AUDIO_SAMPLERS,
        ),
        Parameter(
            "mode",
            "fast",
            "fast: denoise what is asked for, in quick arithmetic; exact: the whole trained window "
            "in float32, as unmodified stable-audio-tools",
            choices=("fast", "exact"),
        ),
        Parameter(
            "dtype",
            "auto",
            "arithmetic of mode fast; auto: the fastest that was measured to be near enough",
            choices=("auto", "float32", "bfloat16", "float16", "int8-weights", "int8"),
        ),
        Parameter(
            "longer",
            "refuse",
            "what to do with more seconds than the checkpoint makes at once; continue: go on from "
            "the end of each window",
            choices=("refuse", "continue"),
        ),
        Parameter.number("sigma_min", 0.3, "lowest noise level (open-1.0)", 0.001, 10.0),
        Parameter.number("sigma_max", 500.0, "highest noise level (open-1.0)", 1.0, 1000.0),
    ),
    generation_version=2,  # 2: fitted windows, measured arithmetic, noise from the CPU
)
