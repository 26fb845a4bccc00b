"""ACE-Step 1.5, by ACE Studio and StepFun: whole sung songs, 48 kHz stereo, by diffusers' code."""

from secondtake.core.errors import UnsupportedError
from secondtake.core.letters import words_in
from secondtake.core.lyrics import read_lyrics
from secondtake.core.prompts.ace_step_prompt import (
    LONGEST_CAPTION,
    LONGEST_LYRICS,
    ace_step_caption,
    ace_step_remarks,
    shown_texts,
    structured_lyrics,
)
from secondtake.core.prompts.source_audio import (
    BASELINE,
    NONE,
    check_baseline,
    format_baseline,
    source_remarks,
)
from secondtake.core.registry.spec import (
    EPYC,
    GIB,
    CheckedJob,
    Checkpoint,
    ModelSpec,
    Parameter,
    Speed,
    WeightFile,
)

MAIN = "ACE-Step/Ace-Step1.5"  # turbo, and what all in its authors' layout share
BASE, SFT = "ACE-Step/acestep-v15-base", "ACE-Step/acestep-v15-sft"
XL_TURBO = "ACE-Step/acestep-v15-xl-turbo-diffusers"  # no listing of its hashes was seen
TRAINED_SECONDS = 10.0  # the shortest that it was trained on
GUIDED = {"steps": 50, "guidance_scale": 7.0, "shift": 1.0}  # base and sft: not the pipeline's own
# The devices that compute an arithmetic; processors not all (secondtake.core.devices).
DTYPE_DEVICES = {
    "bfloat16": ("cpu", "cuda"),
    "float16": ("cuda", "mps"),
    "int8-weights": ("cpu",),
    "int8": ("cpu",),
}
LICENCE = "MIT + Apache-2.0"  # the second is that of the text encoder, Qwen3-Embedding
# Public revisions; and by file its size and sha256, as public listings agree on them.
REVISIONS = {
    MAIN: "19671f406d603126926c1b7e2adc169acbcade22",
    BASE: "e432212fec32b8965a14ffa57ae653438d6abd14",
    SFT: "c410d249e71ea9385a7b586865e65b1473e1098d",
}
MODEL_BYTES = 4_787_825_604  # transformer, condition encoder, tokenizer of a 2B model in bfloat16
FACTS = {
    "vae/config.json": (425, "14e019904df567f26df750317a70e2bd08f9f8f3c40ff4a24c97d1cd3f20ccd2"),
    "vae/diffusion_pytorch_model.safetensors": (
        337_431_388,
        "da17edb604c40deaf09e9b24974e590d1ca83a374070e5d0884cfa4bed9a99b0",
    ),
    "Qwen3-Embedding-0.6B/config.json": (
        1_359,
        "bb23c1607cfe059a58d8f0196cf1cebb52082b1056b8e358a579da80a5759420",
    ),
    "Qwen3-Embedding-0.6B/model.safetensors": (
        1_191_586_416,
        "0437e45c94563b09e13cb7a64478fc406947a93cb34a7e05870fc8dcd48e23fd",
    ),
    "Qwen3-Embedding-0.6B/tokenizer.json": (
        11_423_705,
        "def76fb086971c7867b829c23a26261e38d9d74e02139253b38aeb9df8b4b50a",
    ),
    "Qwen3-Embedding-0.6B/tokenizer_config.json": (
        5_404,
        "443bfa629eb16387a12edbf92a76f6a6f10b2af3b53d87ba1550adfcf45f7fa0",
    ),
}
CONFIG_BYTES = {MAIN: 1_968, BASE: 1_940, SFT: 1_940}
CONFIG_SHA256 = {
    MAIN: "74745ff704ea49164c3d2d1c99fc0670f3fc635a869f0aec2d1311e6a52d400a",
    BASE: "9bb4f832f2e5e6c8bf7bddab3c6a6da1b13c01d072efbf0ed3c830536c473359",
    SFT: "9bb4f832f2e5e6c8bf7bddab3c6a6da1b13c01d072efbf0ed3c830536c473359",  # the same
}
MODEL_SHA256 = {
    MAIN: "3f6e0797fad420a39bd33979eb6e840e30989e34a3794e843d23b60ec6e422d7",
    BASE: "4177f600501a6d4bd81cadaa0abac557ffd15c54e5c8cb52053cdb24a0844d6b",
    SFT: "d4dd3a93870f06720027965b90771f529ab02094b3d29e2518f1d5e097e1af7e",
}
SILENCE_BYTES = 3_841_215  # 15,000 latents of 64 channels, the same file in all three
SILENCE_SHA256 = "a778e9dd942f5e8b2c09c55370782d318834432b03dabbcdf70e6ed49ad6358b"
TEXT_FILES = {  # by key, the file that transformers opens
    "config.json": "config.json",
    "model": "model.safetensors",
    "tokenizer.json": "tokenizer.json",
    "tokenizer_config.json": "tokenizer_config.json",
}


def _shared(key: str, file: str) -> WeightFile:
    count, sha256 = FACTS[file]
    return WeightFile(key, file, MAIN, REVISIONS[MAIN], sha256=sha256, bytes=count)


SHARED = (  # by all checkpoints in their authors' layout: the autoencoder and the text encoder
    _shared("vae/config.json", "vae/config.json"),
    _shared("vae/model", "vae/diffusion_pytorch_model.safetensors"),
    *(_shared(f"text/{key}", f"Qwen3-Embedding-0.6B/{file}") for key, file in TEXT_FILES.items()),
)


def _upstream(repository: str, folder: str = "") -> tuple[WeightFile, ...]:
    """The files of a checkpoint in its authors' own layout."""

    def own(key: str, file: str, sha256: str, count: int) -> WeightFile:
        revision = REVISIONS[repository]
        return WeightFile(key, folder + file, repository, revision, sha256=sha256, bytes=count)

    return (
        own("config", "config.json", CONFIG_SHA256[repository], CONFIG_BYTES[repository]),
        own("model", "model.safetensors", MODEL_SHA256[repository], MODEL_BYTES),
        own("silence", "silence_latent.pt", SILENCE_SHA256, SILENCE_BYTES),
        *SHARED,
    )


XL_CONFIG_BYTES = 1_000  # about


def _component(key: str, count: int, optional: bool = False) -> tuple[WeightFile, ...]:
    """A component of diffusers' layout: its configuration, and its tensors in one file or more."""
    name = f"{key}/diffusion_pytorch_model.safetensors"
    return (
        WeightFile(
            f"{key}/config.json",
            f"{key}/config.json",
            XL_TURBO,
            optional=optional,
            bytes=XL_CONFIG_BYTES,
        ),
        WeightFile(
            f"{key}/model",
            f"{name}.index.json" if count > 5_000_000_000 else name,
            XL_TURBO,
            optional=optional,
            bytes=count,
            alternatives=(name if count > 5_000_000_000 else f"{name}.index.json",),
        ),
    )


XL_TEXT_ENCODER = tuple(
    WeightFile(
        f"text/{key}",
        f"{'tokenizer' if key.startswith('tokenizer') else 'text_encoder'}/{file}",
        XL_TURBO,
        bytes=FACTS[f"Qwen3-Embedding-0.6B/{file}"][0],
    )
    for key, file in TEXT_FILES.items()
)


def _guided(name: str, repository: str) -> Checkpoint:
    """A checkpoint of turbo's size that is guided: two rows a step."""
    return Checkpoint(
        name=name,
        title=f"ACE-Step 1.5 {name}",
        weights=_upstream(repository),
        licence=LICENCE,
        converted_bytes=3 * GIB // 2,
        memory_bytes=9 * GIB,
        graphics_bytes=15 * GIB // 2,  # 5.9 GiB in float32, 0.5 of a step of 60 s
        graphics_fast_bytes=17 * GIB // 4,
        speed=Speed(EPYC, work=0.67, step_work=0.082, load_seconds=6.0),
        defaults=GUIDED,
    )


def check_ace_step(job: CheckedJob) -> None:
    """UnsupportedError for guidance of a checkpoint that has it inside, for a dtype that mode
    exact has not, and for texts that are longer than the model reads or say nothing."""
    turbo, settings = job.checkpoint.endswith("turbo"), job.settings
    if turbo and settings["guidance_scale"] != 1.0:
        message = f"{job.checkpoint} has its guidance distilled into it, and would ignore any other"
        hint = "leave guidance_scale away, or choose --checkpoint ace_step=base or sft"
        raise UnsupportedError("guidance_scale", message, hint)
    if settings["mode"] == "exact" and settings["dtype"] not in ("auto", "float32"):
        message = f"exact is computed in float32, {settings['dtype']} was asked for"
        raise UnsupportedError("dtype", message, "use --mode fast, or leave --dtype away")
    if len(job.prompt) > LONGEST_CAPTION:
        message = f"its caption has {len(job.prompt)} characters, more than the {LONGEST_CAPTION} "
        raise UnsupportedError("prompt", f"{message}that are read", "shorten the style or prompt")
    if job.lyrics and not any(words_in(read_lyrics(job.lyrics).text)):
        hint = "add the words, or remove the lyrics"
        raise UnsupportedError("lyrics", "nothing in them is sung", hint)
    if (length := len(structured_lyrics(job.kind, job.lyrics))) > LONGEST_LYRICS:
        message = f"they have {length} characters, more than the {LONGEST_LYRICS} that are read"
        raise UnsupportedError("lyrics", message, "cut them into several segments")


def remarks(job: CheckedJob) -> tuple[str, ...]:
    """Sentences for a person about a job that runs all the same."""
    short = f"{job.seconds:g} s is shorter than the {TRAINED_SECONDS:g} s that it was trained on"
    first = (short,) if job.seconds < TRAINED_SECONDS else ()
    return (*source_remarks(job.settings), *first, *ace_step_remarks(job))


ACE_STEP = ModelSpec(
    name="ace_step",
    title="ACE-Step 1.5",
    roles=("vocal", "instrumental", "song"),
    sample_rate=48_000,
    channels=2,
    bandwidth_hz=17_000,  # at least; the band of its real weights was not seen
    exact_length=True,
    code_licence="Apache-2.0",
    supports=("prompt", "lyrics", "languages", "seconds", "bpm", "meter", "key", "seed"),
    devices=("cpu", "cuda", "mps"),
    imports=("torch", "transformers", "diffusers", "soundfile"),
    environment_bytes=6 * GIB,
    checkpoints=(
        Checkpoint(
            name="turbo",
            title="ACE-Step 1.5 turbo",
            weights=_upstream(MAIN, "acestep-v15-turbo/"),
            licence=LICENCE,
            converted_bytes=3 * GIB // 2,  # int8 of its matrices; bfloat16 is the file's own
            memory_bytes=9 * GIB,  # measured, of random weights: 7.9 GiB exact, 4.2 fast
            graphics_bytes=29 * GIB // 4,  # 5.9 GiB in float32, 0.2 of a step of 60 s
            graphics_fast_bytes=17 * GIB // 4,
            speed=Speed(EPYC, work=0.67, step_work=0.041, load_seconds=6.0),
        ),
        _guided("base", BASE),
        _guided("sft", SFT),
        Checkpoint(
            name="xl-turbo",
            title="ACE-Step 1.5 XL turbo",
            weights=(
                *_component("transformer", 8_337_900_000),
                *_component("condition_encoder", 1_220_000_000),
                *_component("vae", 337_431_388),
                *XL_TEXT_ENCODER,
                *_component("audio_tokenizer", 210_000_000, optional=True),
                *_component("audio_token_detokenizer", 210_000_000, optional=True),
            ),
            licence=LICENCE,
            converted_bytes=4 * GIB,  # all reckoned, as 2.65 times the numbers of turbo
            memory_bytes=20 * GIB,  # exact, and the probe's float32
            graphics_bytes=17 * GIB,
            graphics_fast_bytes=9 * GIB,
            speed=Speed(EPYC, work=0.67, step_work=0.11, load_seconds=12.0),
        ),
    ),
    parameters=(
        Parameter.number("steps", 8, "denoising steps", 1, 200),
        Parameter.number(
            "guidance_scale",
            1.0,
            "how closely to follow the prompt (base and sft; turbo has it inside)",
            1.0,
            20.0,
        ),
        Parameter.number("shift", 3.0, "how many of the steps are spent on noise", 1.0, 5.0),
        Parameter(
            "mode",
            "fast",
            "fast: quick arithmetic; exact: float32, as unmodified AceStepPipeline",
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
            "repaint", "", "the stretch of a take to make anew, in seconds: 6:9", option="--repaint"
        ),
        Parameter(
            "cover",
            NONE,
            "baseline: a cover of the segment's baseline, which is then no independent take",
            choices=(NONE, BASELINE),
            resolve_for_segment=format_baseline,
            check_for_segment=check_baseline,
            from_baseline=True,
            option="--from-baseline",
        ),
    ),
    check=check_ace_step,
    prompt=ace_step_caption,
    remarks=remarks,
    texts=shown_texts,
)
