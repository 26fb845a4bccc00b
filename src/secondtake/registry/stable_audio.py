"""Stable Audio, by Stability AI: instrumentals, 44.1 kHz stereo."""

from secondtake.model import GIB, Checkpoint, Model, Parameter, Weight


def _stable_audio_weights(repository: str, checkpoint_file: str) -> tuple[Weight, ...]:
    # The text encoder is no part of the checkpoint. transformers needs these three files of it,
    # and no spiece.model, which tokenizer.json replaces; there is no tokenizer_config.json.
    encoder = ("config.json", "model.safetensors", "tokenizer.json")
    return (
        Weight(key="config", repository=repository, file="model_config.json"),
        Weight(key="model", repository=repository, file=checkpoint_file),
        *(Weight(key=f"t5/{name}", repository="t5-base", file=name) for name in encoder),
    )


STABLE_AUDIO_SAMPLERS = (  # what may be asked for; secondtake_models.stable_audio: by whom
    "dpmpp-3m-sde", "dpmpp-2m-sde", "dpmpp-2m",
    "k-heun", "k-lms", "k-dpm-2", "k-dpmpp-2s-ancestral",
    "v-ddim", "v-ddim-cfgpp",
    "pingpong", "euler", "rk4", "dpmpp",
)  # fmt: skip

STABLE_AUDIO = Model(
    name="stable_audio",
    title="Stable Audio",
    roles=("instrumental",),
    sample_rate=44_100,
    channels=2,
    bandwidth_hz=20_000,
    exact_length=True,
    code_licence="MIT",
    honours=("prompt", "seed", "seconds"),
    devices=("cpu", "cuda", "mps"),
    imports=("torch", "torchaudio", "transformers", "stable_audio_tools"),
    environment_bytes=6 * GIB,
    checkpoints=(
        Checkpoint(
            name="open-1.0",
            title="Stable Audio Open 1.0",
            weights=_stable_audio_weights("stabilityai/stable-audio-open-1.0", "model.safetensors"),
            licence="Stability AI Community License",
            longest_seconds=47.5,
            memory_bytes=11 * GIB,
            gate="https://huggingface.co/stabilityai/stable-audio-open-1.0",
        ),
        Checkpoint(
            name="open-small",
            title="Stable Audio Open Small",
            weights=_stable_audio_weights("stabilityai/stable-audio-open-small", "model.ckpt"),
            licence="Stability AI Community License",
            longest_seconds=11.8,
            converted_bytes=2 * GIB,
            memory_bytes=5 * GIB,
            gate="https://huggingface.co/stabilityai/stable-audio-open-small",
            defaults={"steps": 8, "cfg_scale": 1.0, "sampler": "pingpong"},
        ),
    ),
    parameters=(
        Parameter("negative_prompt", "", "what the sound should keep away from"),
        Parameter("steps", 100, "denoising steps", low=1, high=1000, kind=int),
        Parameter(
            "cfg_scale", 7.0, "how closely to follow the prompt", low=0.0, high=30.0, kind=float
        ),
        Parameter(
            "sampler",
            "dpmpp-3m-sde",
            "how to denoise: one of the first nine for open-1.0, of the last four for open-small",
            choices=STABLE_AUDIO_SAMPLERS,
        ),
    ),
)
