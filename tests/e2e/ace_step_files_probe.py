"""Runs inside venv-ace-step: python ace_step_files_probe.py FOLDER. Prints JSON.

FOLDER is what tests/tiny/ace_step.py wrote. Files that are not a checkpoint's, each damaged in its
own way, and texts that are too long, and what is said of them; and latents of silence in every form
that torch.save writes.
"""

import json
import shutil
import sys
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import torch
from safetensors.torch import load_file, save_file
from tests.e2e.ace_step_probe import a_job, away, load, played, said, sound_of
from tests.tiny import ace_step as tiny

from secondtake.core.errors import ModelError
from secondtake.models.ace_step.checkpoint import PREFIXES, SILENCE, convert_config
from secondtake.models.ace_step.model import build_module

TRUE = {  # sizes of the published config.json
    "hidden_size": 2048, "intermediate_size": 6144, "num_hidden_layers": 24, "head_dim": 128,
    "num_attention_heads": 16, "num_key_value_heads": 8, "in_channels": 192,
    "audio_acoustic_hidden_dim": 64, "timbre_hidden_dim": 64, "text_hidden_dim": 1024,
    "num_lyric_encoder_hidden_layers": 8, "num_timbre_encoder_hidden_layers": 4, "fsq_dim": 2048,
}  # fmt: skip
TURBO, XL = tiny.FOLDERS["turbo"], tiny.XL_TURBO
BAD_FILES: dict[str, tuple[str, str, Callable[[Path], None]]] = {}  # checkpoint, file, what is done


def bad(name: str, checkpoint: str, file: str) -> Callable[..., Any]:
    def add(damage: Callable[[Path], None]) -> Callable[[Path], None]:
        BAD_FILES[name] = (checkpoint, file, damage)
        return damage

    return add


def with_tensors(path: Path, change: Callable[[dict[str, torch.Tensor]], Any]) -> None:
    tensors = dict(load_file(path))
    change(tensors)
    path.unlink()
    save_file(tensors, path)


@bad("cut short", "turbo", f"{TURBO}/model.safetensors")
def cut_short(path: Path) -> None:
    path.write_bytes(path.read_bytes()[:-1000])


@bad("no header", "turbo", f"{TURBO}/model.safetensors")
def no_header(path: Path) -> None:
    path.write_bytes(b"\xff" * 5000)


@bad("missing", "turbo", f"{TURBO}/model.safetensors")
def missing(path: Path) -> None:
    with_tensors(path, lambda tensors: tensors.pop("decoder.layers.1.mlp.up_proj.weight"))


@bad("no null condition", "turbo", f"{TURBO}/model.safetensors")
def no_null_condition(path: Path) -> None:
    with_tensors(path, lambda tensors: tensors.pop("null_condition_emb"))


@bad("foreign", "turbo", f"{TURBO}/model.safetensors")
def foreign(path: Path) -> None:
    with_tensors(path, lambda tensors: tensors.update({"encoder.more.weight": torch.ones(2)}))


@bad("misshapen", "turbo", f"{TURBO}/model.safetensors")
def misshapen(path: Path) -> None:
    with_tensors(path, lambda tensors: tensors.update({"decoder.norm_out.weight": torch.ones(31)}))


@bad("a shard", "xl-turbo", f"{XL}/transformer/diffusion_pytorch_model-00002-of-00003.safetensors")
def a_shard(path: Path) -> None:
    with_tensors(path, lambda tensors: tensors.pop(min(tensors)))


@bad("autoencoder", "turbo", f"{tiny.MAIN}/vae/diffusion_pytorch_model.safetensors")
def autoencoder(path: Path) -> None:
    with_tensors(path, lambda tensors: tensors.pop("decoder.conv1.weight_g"))


@bad("text encoder", "turbo", f"{tiny.MAIN}/Qwen3-Embedding-0.6B/model.safetensors")
def text_encoder(path: Path) -> None:
    with_tensors(path, lambda tensors: tensors.update({"norm.weight": torch.ones(2)}))


@bad("tokenizer", "turbo", f"{tiny.MAIN}/Qwen3-Embedding-0.6B/tokenizer.json")
def tokenizer(path: Path) -> None:
    path.write_text("{}")


def with_config(path: Path, **changes: Any) -> None:
    path.write_text(json.dumps({**json.loads(path.read_text()), **changes}))


@bad("no turbo", "turbo", f"{TURBO}/config.json")
def no_turbo(path: Path) -> None:
    with_config(path, is_turbo=False, model_version="base")


@bad("no base", "base", "ACE-Step/acestep-v15-base/config.json")
def no_base(path: Path) -> None:
    with_config(path, is_turbo=True)


@bad("no json", "sft", "ACE-Step/acestep-v15-sft/config.json")
def no_json(path: Path) -> None:
    path.write_text("[")


@bad("lacks a size", "turbo", f"{TURBO}/config.json")
def lacks_a_size(path: Path) -> None:
    config = json.loads(path.read_text())
    del config["head_dim"]
    path.write_text(json.dumps(config))


@bad("a text for a size", "turbo", f"{TURBO}/config.json")
def a_text_for_a_size(path: Path) -> None:
    with_config(path, intermediate_size="many")


@bad("more layers", "xl-turbo", f"{XL}/transformer/config.json")
def more_layers(path: Path) -> None:
    with_config(path, num_hidden_layers=3, layer_types=["full_attention"] * 3)


@bad("other latents", "turbo", f"{tiny.MAIN}/vae/config.json")
def other_latents(path: Path) -> None:
    with_config(path, decoder_input_channels=16)


@bad("other rate", "turbo", f"{tiny.MAIN}/vae/config.json")
def other_rate(path: Path) -> None:
    with_config(path, sampling_rate=44_100)


@bad("silence of other channels", "turbo", f"{TURBO}/silence_latent.pt")
def silence_of_other_channels(path: Path) -> None:
    torch.save(torch.zeros(1, 15_000, 8), path)  # the other way round


@bad("silence in a dictionary", "turbo", f"{TURBO}/silence_latent.pt")
def silence_in_a_dictionary(path: Path) -> None:
    torch.save({"silence": torch.zeros(1, 8, 100)}, path)


@bad("silence cut short", "turbo", f"{TURBO}/silence_latent.pt")
def silence_cut_short(path: Path) -> None:
    path.write_bytes(path.read_bytes()[:3000])


@bad("whole numbers", "turbo", f"{TURBO}/silence_latent.pt")
def whole_numbers(path: Path) -> None:
    torch.save(torch.zeros(1, 8, 100, dtype=torch.int64), path)


def refusal(work: Callable[[], Any]) -> list[str]:
    try:
        work()
    except ModelError as error:
        return said(error)
    return []


def damaged(folder: Path) -> dict[str, Any]:
    """By kind of damage, what loading the checkpoint and playing on it says."""
    answers = {}
    for name, (checkpoint, file, damage) in BAD_FILES.items():
        copy = folder / "damaged"
        shutil.copytree(folder / "ACE-Step", copy / "ACE-Step")
        damage(copy / file)
        answers[name] = refusal(partial(load_and_play, copy, checkpoint))
        shutil.rmtree(copy)
    return answers


def load_and_play(folder: Path, checkpoint: str) -> None:
    model = load(folder, checkpoint)
    sound_of(model, a_job(model, steps=1, seconds=0.04))


def any_silence(folder: Path) -> dict[str, Any]:
    """Silence of another length, in another dtype, in torch's older format; and a short one."""
    copy = folder / "other"
    shutil.copytree(folder / "ACE-Step", copy / "ACE-Step")
    path, usual = copy / TURBO / "silence_latent.pt", load(folder, "turbo")
    whole = usual.silence_latent.transpose(1, 2).contiguous()
    job, facts = a_job(usual, seconds=1.0), {}
    expected = sound_of(usual, job).samples
    for name, values, options in (
        ("older format", whole, {"_use_new_zipfile_serialization": False}),
        ("view", whole[:, :, :1000], {}),
        ("half", whole.bfloat16(), {}),
        ("short", whole[:, :, :7].clone(), {}),
    ):
        torch.save(values, path, **options)
        facts[name] = away(expected, sound_of(load(copy, "turbo"), job).samples)
    shutil.rmtree(copy)
    return facts


def too_long(folder: Path) -> dict[str, list[str]]:
    """Texts with more tokens than are read; every x is a token here."""
    model = load(folder, "turbo")
    lyrics = "\n".join(["x" * 16] * 130)
    return {
        "prompt": said(played(model, a_job(model, prompt="x" * 250))[0]),
        "lyrics": said(played(model, a_job(model, lyrics=lyrics))[0]),
        "edge": said(played(model, a_job(model, prompt="x" * 30))[0]),
    }


def true_sizes() -> dict[str, Any]:
    """The tensors and parameters that the true turbo's configuration asks of its file."""
    types = ["sliding_attention", "full_attention"] * 12
    upstream = {**tiny.upstream_config("turbo"), **TRUE, "layer_types": types}
    states = [
        build_module(component, convert_config(upstream, component)).state_dict()
        for component in PREFIXES
    ]
    tensors = [tensor for state in states for name, tensor in state.items() if name != SILENCE]
    return {"tensors": len(tensors), "parameters": sum(tensor.numel() for tensor in tensors)}


def main(folder: Path) -> dict[str, Any]:
    return {
        "damaged": damaged(folder),
        "any_silence": any_silence(folder),
        "true_sizes": true_sizes(),
        "too_long": too_long(folder),
    }


if __name__ == "__main__":
    print(json.dumps(main(Path(sys.argv[1]))))
