"""CLAP: how well a recording fits the words that it was made from."""

from secondtake.core.registry.judge import HIGHER, JudgeScale, JudgeSpec
from secondtake.core.registry.spec import GIB, Checkpoint, WeightFile

LICENCE = "Apache-2.0"
GENERAL, GENERAL_COMMIT = "laion/larger_clap_general", "ada0c23a36c4e8582805bb38fec3905903f18b41"
MUSIC, MUSIC_COMMIT = "laion/larger_clap_music", "a0b4534a14f58e20944452dff00a22a06ce629d1"
BYTES = 776_444_665  # of pytorch_model.bin, in both
# Key -> name, bytes and sha256 of the small files of the general checkpoint.
GENERAL_FILES = {
    "config": (
        "config.json",
        643,
        "6268f76a067e3104bf9001e97d7dcc0fcfb16f3086cfb478ee72d95900d7fc1d",
    ),
    "preprocessor": (
        "preprocessor_config.json",
        541,
        "9739f58296aa6f9ac18008fd0150fb2649bc554985fbde86d0a4041c882ac753",
    ),
    "vocabulary": (
        "vocab.json",
        798_293,
        "ed19656ea1707df69134c4af35c8ceda2cc9860bf2c3495026153a133670ab5e",
    ),
    "merges": (
        "merges.txt",
        456_318,
        "1ce1664773c50f3e0cc8842619a93edc4624525b728b188a9e0be33b7726adc5",
    ),
    "tokenizer_config": (
        "tokenizer_config.json",
        1_362,
        "e2eb445cfdbf4711de620cbdf10478b0423950799e85652d9f28da47066ab86d",
    ),
    "special_tokens": (
        "special_tokens_map.json",
        280,
        "06e405a36dfe4b9604f484f6a1e619af1a7f7d09e34a8555eb0b77b66318067f",
    ),
}
PROMPT_ADHERENCE = JudgeScale(
    name="prompt adherence",
    unit="cosine",
    closer_is=HIGHER,
    least_span=0.05,  # unlike prompts scatter by as much
    others="other prompts",
    doc="""How well the sound fits the style that was asked for.

    Definition: cosine of CLAP's embedding of the recording and of the words of the segment's style,
    mean over windows of 10 s. Interval: from how far windows lie from the mean of their recording,
    over all recordings of the song.
    Range: -1 to 1. Floor: the same recording under other prompts; ceiling: the baseline under the
    same one.
    Source: Wu et al., Large-scale Contrastive Language-Audio Pretraining (2023); the CLAP score of
    text-to-music papers.
    Fails: it knows genres, moods and instruments, and hears no tempo, key or words. Of a style, the
    first 512 tokens are read, some 380 words. Windows of silence are left out.
    """,
)

CLAP = JudgeSpec(
    name="clap",
    title="CLAP",
    question="prompt",
    asks="how well a take fits the style that was asked for",
    scales=(PROMPT_ADHERENCE,),
    reads_style=True,
    code_licence="Apache-2.0",
    devices=("cpu", "cuda", "mps"),
    imports=("torch", "transformers", "tokenizers", "safetensors", "soundfile", "soxr"),
    environment_bytes=6 * GIB,
    checkpoints=(
        Checkpoint(
            name="general",
            title="CLAP (larger, general)",
            weights=(
                WeightFile(
                    "model",
                    "pytorch_model.bin",
                    GENERAL,
                    GENERAL_COMMIT,
                    sha256="314eb00cce6ad68d25237b8446b659ccdb136ed4672c1bca470f142f72455026",
                    bytes=BYTES,
                ),
                *(
                    WeightFile(key, name, GENERAL, GENERAL_COMMIT, sha256=sha256, bytes=size)
                    for key, (name, size, sha256) in GENERAL_FILES.items()
                ),
            ),
            licence=LICENCE,
            converted_bytes=GIB,  # its pickle turned into safetensors
            memory_bytes=2 * GIB,  # measured, of random weights: 1.5 GiB
        ),
        Checkpoint(
            name="music",
            title="CLAP (larger, music)",
            note="as published, its words are nearly the same whatever they say (mteb issue 5069); "
            "it is refused when it is loaded, unless that was mended",
            weights=(
                WeightFile(
                    "model",
                    "pytorch_model.bin",
                    MUSIC,
                    MUSIC_COMMIT,
                    sha256="5c289311f4a030d768af7ffbfdecd01b008aa64824211899a4e59f4f9d154fd1",
                    bytes=BYTES,
                ),
                *(
                    WeightFile(key, name, MUSIC, MUSIC_COMMIT, bytes=size)
                    for key, (name, size, _) in GENERAL_FILES.items()
                ),
            ),
            licence=LICENCE,
            converted_bytes=GIB,
            memory_bytes=2 * GIB,
        ),
    ),
)
