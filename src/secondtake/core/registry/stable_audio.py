"""Stable Audio, by Stability AI: instrumentals, 44.1 kHz stereo."""

from collections.abc import Mapping

from secondtake.core.errors import UnsupportedError
from secondtake.core.prompts.bark_prompt import PromptJob
from secondtake.core.prompts.instrumental import (
    description,
    description_remarks,
    tagged_description,
)
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

OPEN_1_0 = "stabilityai/stable-audio-open-1.0"
OPEN_SMALL = "stabilityai/stable-audio-open-small"
SMALL_MUSIC = "stabilityai/stable-audio-3-small-music"
MEDIUM = "stabilityai/stable-audio-3-medium"
SHA256_DIGITS, GIT_DIGITS = 64, 40
OWN_KEYS = {"model_config.json": "config", "model.safetensors": "model"}


def _listed(
    repository: str,
    revision: str,
    listing: str,
    keys: Mapping[str, str] | None = None,  # of the listed names; without: of a text encoder's
    folder: str = "",
) -> tuple[WeightFile, ...]:
    """Published files, one a line: name (or several, where not all revisions have the first),
    bytes, sha256 (or the id of its git blob; -: no listing of it was seen)."""
    files = []
    for names, count, listed in (line.split() for line in listing.strip().splitlines()):
        name, *others = names.split("|")
        files.append(
            WeightFile(
                keys[name] if keys else f"t5/{name}",
                f"{folder}{name}",
                repository,
                revision,
                sha256=listed if len(listed) == SHA256_DIGITS else "",
                git_id=listed if len(listed) == GIT_DIGITS else "",
                bytes=int(count),
                alternatives=tuple(others),
            )
        )
    return tuple(files)


# The text encoder of the first two is no part of the checkpoint. transformers needs three files,
# and no spiece.model, which tokenizer.json replaces; t5-base has no tokenizer_config.json.
T5 = _listed(
    "google-t5/t5-base",
    "a9723ea7f1b39c1eae772870f3b547bf6ef7e6c1",
    """
config.json 1208 46dd7cb62d29c81fb551e0ef1ea274c24a46ba441eeb948897706252933df033
model.safetensors 891646390 a90903540cc02cbeb7ff9f823f1a80eb778c7e22426a0e620b01c77a5ec8f5b4
tokenizer.json 1389353 d2acde0d8d71dd30a711834b07781b9c89feaac33fd332f60507699282740066
""",
)
# Google's T5Gemma comes with either of the last two, in a folder, its terms on the same page.
T5_GEMMA = """
config.json 2540 575334409716886ac2952f5a275ed92868deef8a0ea560258d9970a431c6fb3a
model.safetensors 1183022944 9b05ea5a4f211d023832f706fb2c0e83e4fc721b6da35ab69ceb0b55eb7800d3
tokenizer.json 34362429 7794135caa3ea73918949c902a781cc61dab674a4b59c17d85931c77c1114cbd
tokenizer_config.json 46437 9546baec0dfefec0e29873edea9488ecde153f846e18c06ea48cb44587bf408f
"""


def _with_t5(repository: str, revision: str, listing: str) -> tuple[WeightFile, ...]:
    return (*_listed(repository, revision, listing, OWN_KEYS), *T5)


def _with_t5_gemma(repository: str, revision: str, listing: str) -> tuple[WeightFile, ...]:
    encoder = _listed(repository, revision, T5_GEMMA, folder="t5gemma-b-b-ul2/")
    return (*_listed(repository, revision, listing, OWN_KEYS), *encoder)


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


def remarks(job: PromptJob) -> tuple[str, ...]:
    """Sentences about what a prompt leaves out, and about settings that change nothing."""
    unheard = job.settings.get("negative_prompt") and job.settings.get("cfg_scale") == 1.0
    return (*description_remarks(job), *((NEGATIVE_IGNORED,) if unheard else ()))


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
            weights=_with_t5(
                OPEN_1_0,
                "f21265c1e2710b3bd2386596943f0007f55f802e",
                """
model_config.json 10000 81ccbfd5593f990f8d64d64e361306d0d6bb07eb
model.safetensors 4853889016 7b20458a071231aaf32613b6fbc7945f28f34dbba4f295bb49bad56f5f66b57e
""",
            ),
            licence="Stability AI Community License",
            longest_seconds=WINDOW / RATE,
            continued_seconds=600.0,  # 17 windows; what drifts has then had its time
            choices={"sampler": SAMPLERS["v"]},
            converted_bytes=4 * GIB,  # bfloat16 and int8 of its matrices
            memory_bytes=7 * GIB,  # measured, of random weights: 5.9 GiB exact, 4.1 fast
            graphics_bytes=11 * GIB // 2,  # 3.9 GiB in float32, 0.5 of a step
            graphics_fast_bytes=13 * GIB // 4,  # 2.0 GiB of halves, 0.3 of a step
            speed=Speed(XEON, work=0.6, step_work=0.193, load_seconds=13.0),
            gate=f"https://huggingface.co/{OPEN_1_0}",
        ),
        Checkpoint(
            name="open-small",
            title="Stable Audio Open Small",
            weights=_with_t5(  # its bytes are reckoned from its shapes
                OPEN_SMALL,
                "dc620d91535857b72ebb59b4ca45978db6d417f5",
                """
model_config.json 10000 -
model.safetensors|model.ckpt 1989054240 -
""",
            ),
            licence="Stability AI Community License",
            longest_seconds=WINDOW_SMALL / RATE,
            continued_seconds=600.0,
            choices={"sampler": FLOW_SAMPLERS},
            converted_bytes=3 * GIB,  # its pickle, and bfloat16 and int8 of its matrices
            memory_bytes=4 * GIB,
            graphics_bytes=5 * GIB // 2,  # 1.3 GiB in float32, 0.1 of a step
            graphics_fast_bytes=5 * GIB // 2,  # its decoder takes as much as that
            gate=f"https://huggingface.co/{OPEN_SMALL}",
            defaults={"steps": 8, "cfg_scale": 1.0, "sampler": "pingpong"},
        ),
        Checkpoint(
            name="3-small-music",
            title="Stable Audio 3 Small Music",
            weights=_with_t5_gemma(
                SMALL_MUSIC,
                "0fef1392cd842149a2b6d445e181c97608faac06",
                """
model_config.json 10341 100776f25af5aa83f70e0c6b384de6690cb4e5ad01c24f7cfbb6524d18765f06
model.safetensors 2270384940 da85866b11b01d0694d990785f6abbd79c8064df1b0e6f8aea52935e0ef84b64
""",
            ),
            licence="Stability AI Community License + Gemma Terms of Use",
            longest_seconds=120.0,
            choices={"sampler": STABLE_AUDIO_3_SAMPLERS},
            converted_bytes=2 * GIB,
            memory_bytes=6 * GIB,
            graphics_bytes=13 * GIB // 4,  # 1.8 GiB in float32, 0.4 of a step
            graphics_fast_bytes=5 * GIB // 2,  # 0.9 GiB of halves, 1.4 to decode
            # docs/lab/stable-audio.md: in float32, of random weights, beside other programs
            speed=Speed("2 busy cores", work=0.2, step_work=0.2),
            gate=f"https://huggingface.co/{SMALL_MUSIC}",
            defaults={"steps": 8, "cfg_scale": 1.0, "sampler": "pingpong"},
            prompt=tagged_description,
        ),
        Checkpoint(
            name="3-medium",
            title="Stable Audio 3 Medium",
            weights=_with_t5_gemma(
                MEDIUM,
                "27b5a21b791b1b033d193a9e1e3ce78493f102f9",
                """
model_config.json 10360 4f8846649df59167e1792d134acb6fc2bb7105227c5455300bad6cb107e20c88
model.safetensors 9222116660 48d9c65e290e7bcd5194e0633bfc2424a59ee9683f5c2d58762d997b7d8ce0b5
""",
            ),
            licence="Stability AI Community License + Gemma Terms of Use",
            longest_seconds=380.0,
            choices={"sampler": STABLE_AUDIO_3_SAMPLERS},
            converted_bytes=6 * GIB,  # bfloat16 and int8 of its matrices
            memory_bytes=12 * GIB,  # measured, of random weights: 8.9 GiB exact; 2.7 of halves
            graphics_bytes=17 * GIB // 2,  # 5.4 GiB in float32, 1.9 of a step of 380 s
            graphics_fast_bytes=19 * GIB // 4,  # 2.7 GiB of halves, 1.0 of a step
            gate=f"https://huggingface.co/{MEDIUM}",
            defaults={"steps": 8, "cfg_scale": 1.0, "sampler": "pingpong"},
            prompt=tagged_description,
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
            "pingpong, euler or dpmpp for 3-small-music and 3-medium",
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
    prompt=description,
    remarks=remarks,
    # 2: fitted windows, measured arithmetic, noise from the CPU; 3: independent noise in fast
    generation_version=3,
)
