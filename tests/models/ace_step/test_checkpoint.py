"""Configurations and names of both layouts; what does not fit is named."""

import json
from pathlib import Path
from typing import Any

import pytest

from secondtake.core.errors import ModelError
from secondtake.core.registry.ace_step import ACE_STEP
from secondtake.core.registry.spec import Checkpoint
from secondtake.core.weights import Weights
from secondtake.models.ace_step.checkpoint import (
    check_configs,
    check_state,
    convert_config,
    convert_name,
    is_turbo,
    read_configs,
    tensor_key,
)

TURBO = ACE_STEP.checkpoint("turbo")
UPSTREAM: dict[str, Any] = {  # the 2B model's, as far as it is read
    "hidden_size": 2048, "intermediate_size": 6144, "num_hidden_layers": 24,
    "num_attention_heads": 16, "num_key_value_heads": 8, "head_dim": 128, "in_channels": 192,
    "audio_acoustic_hidden_dim": 64, "patch_size": 2, "rope_theta": 1_000_000,
    "attention_bias": False, "attention_dropout": 0.0, "rms_norm_eps": 1e-6,
    "sliding_window": 128, "layer_types": ["sliding_attention", "full_attention"] * 12,
    "is_turbo": True, "model_version": "turbo", "text_hidden_dim": 1024, "timbre_hidden_dim": 64,
    "num_lyric_encoder_hidden_layers": 8, "num_timbre_encoder_hidden_layers": 4,
}  # fmt: skip
XL = {
    "hidden_size": 2560, "num_attention_heads": 20, "encoder_hidden_size": 2048,
    "encoder_intermediate_size": 6144, "encoder_num_attention_heads": 16,
    "encoder_num_key_value_heads": 8,
}  # fmt: skip
VAE = {
    "sampling_rate": 48_000, "downsampling_ratios": [2, 4, 4, 6, 10], "audio_channels": 2,
    "decoder_input_channels": 64,
}  # fmt: skip


def configs(**changes: dict[str, Any]) -> dict[str, dict[str, Any]]:
    """Every component's configuration, some of them changed."""
    parts = ("transformer", "condition_encoder")
    good = {part: convert_config(UPSTREAM, part) for part in parts}
    good |= {"vae": VAE, "text_encoder": {"hidden_size": 1024}}
    return {part: {**config, **changes.get(part, {})} for part, config in good.items()}


def weights_of(folder: Path, checkpoint: Checkpoint = TURBO, without: str = "") -> Weights:
    """Files that hold nothing but what a test writes."""
    wanted = [w for w in checkpoint.weights if not (without and w.key.startswith(without))]
    paths = {weight.key: folder / weight.key for weight in wanted}
    for path in paths.values():
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text("{}")
    return Weights(paths, {}, folder / "cache")


@pytest.mark.parametrize(
    ("theirs", "component", "ours"),
    [
        ("decoder.proj_in.1.weight", "transformer", "proj_in_conv.weight"),
        ("decoder.proj_out.1.bias", "transformer", "proj_out_conv.bias"),
        (
            "decoder.layers.3.cross_attn.o_proj.weight",
            "transformer",
            "layers.3.cross_attn.to_out.0.weight",
        ),
        (
            "encoder.lyric_encoder.layers.0.self_attn.k_norm.weight",
            "condition_encoder",
            "lyric_encoder.layers.0.self_attn.norm_k.weight",
        ),
        ("encoder.text_projector.weight", "condition_encoder", "text_projector.weight"),
        ("null_condition_emb", "condition_encoder", "null_condition_emb"),
        (
            "tokenizer.attention_pooler.layers.1.self_attn.q_proj.weight",
            "audio_tokenizer",
            "attention_pooler.layers.1.self_attn.to_q.weight",
        ),
        ("detokenizer.special_tokens", "audio_token_detokenizer", "special_tokens"),
        ("loss.weight", "", "loss.weight"),
    ],
)
def test_the_authors_names_become_those_of_diffusers(
    theirs: str, component: str, ours: str
) -> None:
    assert convert_name(theirs) == (component, ours)


def test_one_configuration_becomes_four() -> None:
    transformer = convert_config(UPSTREAM, "transformer")
    assert transformer["encoder_hidden_size"] == 2048 and transformer["is_turbo"] is True
    conditions = convert_config(UPSTREAM, "condition_encoder")
    assert conditions["hidden_size"] == 2048 and conditions["text_hidden_dim"] == 1024
    assert "layer_types" not in conditions  # its encoders alternate by themselves
    tokenizer = convert_config(UPSTREAM, "audio_tokenizer")
    assert tokenizer["layer_types"] == ["sliding_attention", "full_attention"]
    assert tokenizer["fsq_dim"] == 2048 and tokenizer["fsq_input_levels"] == [8, 8, 8, 5, 5, 5]
    detokenizer = convert_config({**UPSTREAM, "pool_window_size": 4}, "audio_token_detokenizer")
    assert detokenizer["pool_window_size"] == 4 and "fsq_dim" not in detokenizer


def test_a_transformer_may_be_wider_than_its_condition_encoder() -> None:
    wide = {**UPSTREAM, **XL}
    assert convert_config(wide, "transformer")["hidden_size"] == 2560
    assert convert_config(wide, "transformer")["encoder_hidden_size"] == 2048
    conditions = convert_config(wide, "condition_encoder")
    assert (conditions["hidden_size"], conditions["num_attention_heads"]) == (2048, 16)


def test_a_base_model_says_nothing_of_turbo() -> None:
    base = {key: value for key, value in UPSTREAM.items() if key not in ("is_turbo",)}
    assert not is_turbo(convert_config({**base, "model_version": "base"}, "transformer"))
    assert is_turbo(convert_config(base, "transformer"))  # by its version alone


@pytest.mark.parametrize(
    ("change", "file", "words"),
    [
        ({"transformer": {"is_turbo": False, "model_version": None}}, "config", "is_turbo is"),
        ({"vae": {"sampling_rate": 44_100}}, "vae/config.json", "44100 Hz"),
        ({"vae": {"downsampling_ratios": [2, 4, 4, 8, 8]}}, "vae/config.json", "2048 frames"),
        ({"vae": {"audio_channels": 1}}, "vae/config.json", "1 channels"),
        ({"vae": {"decoder_input_channels": 128}}, "vae/config.json", "128, where the others"),
        ({"transformer": {"in_channels": 128}}, "config", "in_channels is 128"),
        ({"condition_encoder": {"timbre_hidden_dim": 8}}, "config", "timbre_hidden_dim is 8"),
        ({"text_encoder": {"hidden_size": 2560}}, "config", "text_hidden_dim is 1024"),
        ({"condition_encoder": {"hidden_size": 1024}}, "config", "hidden_size is 1024"),
        ({"vae": {"downsampling_ratios": 1920}}, "config", "TypeError"),
    ],
)
def test_a_configuration_of_another_model_is_named(
    tmp_path: Path, change: dict[str, Any], file: str, words: str
) -> None:
    weights = weights_of(tmp_path)
    check_configs(weights, configs(), TURBO)
    with pytest.raises(ModelError) as error:
        check_configs(weights, configs(**change), TURBO)
    assert error.value.code == "bad_weights"
    assert f"{weights[file]} is of another model" in error.value.message
    assert words in error.value.message and "invoke fetch" in error.value.hint


@pytest.mark.parametrize("name", ["base", "sft"])
def test_a_turbo_model_is_no_base_model(tmp_path: Path, name: str) -> None:
    checkpoint = ACE_STEP.checkpoint(name)
    weights = weights_of(tmp_path, checkpoint)
    with pytest.raises(ModelError, match="is_turbo is True"):
        check_configs(weights, configs(), checkpoint)
    base = {"is_turbo": False, "model_version": name}
    check_configs(weights, configs(transformer=base), checkpoint)


def test_each_layout_has_its_files(tmp_path: Path) -> None:
    upstream = weights_of(tmp_path / "upstream")
    assert tensor_key(upstream, "audio_tokenizer") == "model"
    assert tensor_key(upstream, "text_encoder") == "text/model"
    xl = weights_of(tmp_path / "xl", ACE_STEP.checkpoint("xl-turbo"))
    assert tensor_key(xl, "transformer") == "transformer/model"
    assert tensor_key(xl, "vae") == "vae/model"


def test_components_that_were_not_published_are_left_out(tmp_path: Path) -> None:
    weights = weights_of(tmp_path, ACE_STEP.checkpoint("xl-turbo"), without="audio_token")
    assert set(read_configs(weights)) == {"transformer", "condition_encoder", "vae", "text_encoder"}


@pytest.mark.parametrize("text", ["", "[]", "[1, 2]", '{"hidden_size": 2048}', '"text"', "\x00"])
def test_what_is_no_configuration_is_named(tmp_path: Path, text: str) -> None:
    weights = weights_of(tmp_path)
    weights["config"].write_text(json.dumps(UPSTREAM))
    assert read_configs(weights)["transformer"]["patch_size"] == 2
    weights["config"].write_text(text)
    with pytest.raises(ModelError, match=r"/config is no configuration of ACE-Step's transformer"):
        read_configs(weights)


SHAPES = {"a.weight": (2, 3), "b.weight": (4,), "silence_latent": (1, 15_000, 64)}


def test_tensors_that_fit_are_accepted_and_silence_may_be_short() -> None:
    check_state(SHAPES, SHAPES, Path("model"))
    check_state({**SHAPES, "silence_latent": (1, 750, 64)}, SHAPES, Path("model"))


@pytest.mark.parametrize(
    ("shapes", "words"),
    [
        ({"a.weight": (2, 3)}, "it lacks b.weight, and 1 more"),
        ({**SHAPES, "c.weight": (1,)}, "c.weight is none of its tensors"),
        ({**SHAPES, "a.weight": (3, 2)}, "a.weight is (3, 2), not (2, 3)"),
        ({**SHAPES, "silence_latent": (1, 750, 128)}, "silence_latent is (1, 750, 128)"),
        ({**SHAPES, "silence_latent": (15_000, 64)}, "silence_latent is (15000, 64)"),
    ],
)
def test_tensors_that_do_not_fit_are_named(shapes: dict[str, Any], words: str) -> None:
    with pytest.raises(ModelError) as error:
        check_state(shapes, SHAPES, Path("a/model.safetensors"))
    assert error.value.code == "bad_weights" and words in error.value.message
    assert error.value.message.startswith("a/model.safetensors does not fit")
