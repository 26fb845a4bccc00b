"""Stable Audio, by Stability AI: instrumentals, 44.1 kHz stereo."""

from secondtake.core.errors import UnsupportedError
from secondtake.core.prompts.bark_prompt import PromptJob
from secondtake.core.registry.spec import (
    GIB,
    XEON,
    CheckedJob,
    Checkpoint,
    ModelSpec,
    Parameter,
    Speed,
    WeightFile,
)
from secondtake.core.schedules import FLOW_SAMPLERS, SAMPLERS, Schedule

SMALL_MUSIC = "stabilityai/stable-audio-3-small-music"


# The text encoder of the first two is no part of the checkpoint. transformers needs three files,
# and no spiece.model, which tokenizer.json replaces; t5-base has no tokenizer_config.json.
T5_BYTES = {"config.json": 1_208, "model.safetensors": 891_646_390, "tokenizer.json": 1_389_353}
T5 = tuple(WeightFile(f"t5/{name}", name, "t5-base", bytes=n) for name, n in T5_BYTES.items())
# Google's T5Gemma comes with Small Music, in a folder, and its terms on the same page.
T5_GEMMA_BYTES = {
    "config.json": 2_540,
    "model.safetensors": 1_183_022_944,
    "tokenizer.json": 34_362_429,
    "tokenizer_config.json": 46_437,
}
T5_GEMMA = tuple(
    WeightFile(f"t5/{name}", f"t5gemma-b-b-ul2/{name}", SMALL_MUSIC, bytes=count)
    for name, count in T5_GEMMA_BYTES.items()
)
CONFIG_BYTES = 10_341  # of 3-small-music; those of the others are as short


def _weights(
    repository: str,
    encoder: tuple[WeightFile, ...],
    model_bytes: int,
    model: str = "model.safetensors",
) -> tuple[WeightFile, ...]:
    config = WeightFile("config", "model_config.json", repository, bytes=CONFIG_BYTES)
    return (config, WeightFile("model", model, repository, bytes=model_bytes), *encoder)


WINDOW, WINDOW_SMALL = 2_097_152, 524_288  # frames that the first two were trained on
RATE = 44_100  # Hz
# stable_audio_3 offers no rk4: it returns the noise that it was given.
STABLE_AUDIO_3_SAMPLERS = ("pingpong", "euler", "dpmpp")
# The devices that compute an arithmetic; processors not all (secondtake.core.devices).
DTYPE_DEVICES = {
    "bfloat16": ("cpu", "cuda"),
    "float16": ("cuda", "mps"),
    "int8-weights": ("cpu",),
    "int8": ("cpu",),
}
NEGATIVE_IGNORED = "the negative prompt does nothing at cfg_scale 1"


def schedule_for(job: CheckedJob) -> Schedule:
    """The schedule of a job's settings."""
    sampler, steps = str(job.settings["sampler"]), int(job.settings["steps"])
    sigmas = float(job.settings["sigma_min"]), float(job.settings["sigma_max"])
    return Schedule(sampler, steps, *sigmas)


def check_stable_audio(job: CheckedJob) -> None:
    """UnsupportedError for a dtype that a mode has not, or a schedule that no sampler goes."""
    dtype, mode = job.settings["dtype"], job.settings["mode"]
    if mode == "exact" and dtype not in ("auto", "float32"):
        message = f"exact is computed in float32, {dtype} was asked for"
        raise UnsupportedError("dtype", message, "use --mode fast, or leave --dtype away")
    schedule_for(job).check()


def unheard_settings(job: PromptJob) -> tuple[str, ...]:
    """Sentences about settings that change nothing."""
    unheard = job.settings.get("negative_prompt") and job.settings.get("cfg_scale") == 1.0
    return (NEGATIVE_IGNORED,) if unheard else ()


STABLE_AUDIO = ModelSpec(
    name="stable_audio",
    title="Stable Audio",
    roles=("instrumental",),
    sample_rate=RATE,
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
            weights=_weights("stabilityai/stable-audio-open-1.0", T5, 4_853_889_016),
            licence="Stability AI Community License",
            longest_seconds=WINDOW / RATE,
            continued_seconds=600.0,  # 17 windows; what drifts has then had its time
            choices={"sampler": SAMPLERS["v"]},
            converted_bytes=4 * GIB,  # bfloat16 and int8 of its matrices
            memory_bytes=7 * GIB,  # measured, of random weights: 5.9 GiB exact, 4.1 fast
            graphics_bytes=8 * GIB,  # 4.5 GiB in float32, 2.0 of its halves, 0.8 to decode
            speed=Speed(XEON, work=0.6, step_work=0.193, load_seconds=13.0),
            gate="https://huggingface.co/stabilityai/stable-audio-open-1.0",
        ),
        Checkpoint(
            name="open-small",
            title="Stable Audio Open Small",
            weights=_weights(  # reckoned from its shapes: no listing of it was seen
                "stabilityai/stable-audio-open-small", T5, 1_989_054_240, "model.ckpt"
            ),
            licence="Stability AI Community License",
            longest_seconds=WINDOW_SMALL / RATE,
            continued_seconds=600.0,
            choices={"sampler": FLOW_SAMPLERS},
            converted_bytes=3 * GIB,  # its pickle, and bfloat16 and int8 of its matrices
            memory_bytes=4 * GIB,
            graphics_bytes=4 * GIB,  # 1.9 GiB in float32, 0.6 of its halves, 0.8 to decode
            gate="https://huggingface.co/stabilityai/stable-audio-open-small",
            defaults={"steps": 8, "cfg_scale": 1.0, "sampler": "pingpong"},
        ),
        Checkpoint(
            name="3-small-music",
            title="Stable Audio 3 Small Music",
            weights=_weights(SMALL_MUSIC, T5_GEMMA, 2_270_384_940),
            licence="Stability AI Community License + Gemma Terms of Use",
            longest_seconds=120.0,
            choices={"sampler": STABLE_AUDIO_3_SAMPLERS},
            converted_bytes=2 * GIB,
            memory_bytes=6 * GIB,
            graphics_bytes=6 * GIB,  # 2.1 GiB and 1.1 of its encoder, 0.9 of halves, 1.4 to decode
            # docs/lab/stable-audio.md: in float32, of random weights, beside other programs
            speed=Speed("2 busy cores", work=0.2, step_work=0.2),
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
            choices=(*SAMPLERS["v"], *FLOW_SAMPLERS),
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
            choices=("auto", "float32", *DTYPE_DEVICES),
            devices=DTYPE_DEVICES,
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
    check=check_stable_audio,
    remarks=unheard_settings,
    generation_version=2,  # 2: fitted windows, measured arithmetic, noise from the CPU
)
