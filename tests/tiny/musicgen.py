"""MusicGen's checkpoints in their exact formats, about 1.5 MB of seeded noise each.

    python tests/tiny/musicgen.py FOLDER        (in venv-musicgen)

They know no music: every key, tensor name and code path is true, the numbers are not. Written are
facebook/musicgen-small (one safetensors file), facebook/musicgen-medium (a pickle, which is all
that its main branch has) and facebook/musicgen-melody (two safetensors files).
"""

import json
import string
import sys
from pathlib import Path
from typing import Any

SEED = 20230608
SMALL, MEDIUM, MELODY = (f"facebook/musicgen-{size}" for size in ("small", "medium", "melody"))
CODES = 64  # tokens of each codebook; 2048 in the real ones
BOOKS = 4
PROJECTIONS = ("enc_to_dec_proj.", "audio_enc_to_dec_proj.")
LOUDER = 10.0  # of the codec's last layer: -20 dBFS
SHARED = "text_encoder.shared.weight"
TIED = "text_encoder.encoder.embed_tokens.weight"  # the same; safetensors hold it once
LETTERS = string.ascii_letters + string.digits + ".,;:!?'\"-()&/#"
SENTINELS = 100  # <extra_id_…>, which T5's tokenizer adds to every vocabulary
PARTS = ("model-00001-of-00002.safetensors", "model-00002-of-00002.safetensors")


def write(folder: Path) -> dict[str, Path]:
    """Write every file that the checkpoints are made of: repository/file -> its path."""
    import torch
    from safetensors.torch import save_file

    for repository in (SMALL, MEDIUM, MELODY):
        target = folder / repository
        target.mkdir(parents=True, exist_ok=True)
        model = _model(with_melody=repository == MELODY)
        model.config.architectures = [type(model).__name__]
        model.config.save_pretrained(target)
        model.generation_config.save_pretrained(target)
        _write_tokenizer(target / "tokenizer.json")
        tensors = _as_published(model)
        if repository == MEDIUM:
            torch.save(tensors | {TIED: tensors[SHARED]}, target / "pytorch_model.bin")
        elif repository == MELODY:
            _write_parts(target, tensors)
        else:
            save_file(tensors, target / "model.safetensors", {"format": "pt"})
    files = sorted(path for path in folder.rglob("*") if path.is_file())
    return {path.relative_to(folder).as_posix(): path for path in files}


def _as_published(model: Any) -> dict[str, Any]:
    """The tensors under the names of 2023, when the checkpoints were written."""
    import torch

    tensors = {name: tensor.detach().clone() for name, tensor in model.state_dict().items()}
    del tensors[TIED]
    for new, old in (("original0", "weight_g"), ("original1", "weight_v")):
        new = f"parametrizations.weight.{new}"
        tensors = {name.replace(new, old): tensor for name, tensor in tensors.items()}
    # Sinusoids; whoever reads them makes them anew, so that these may be anything.
    places = torch.randn(2048, model.config.decoder.hidden_size)
    return {**tensors, "decoder.model.decoder.embed_positions.weights": places}


def _write_parts(folder: Path, tensors: dict[str, Any]) -> None:
    """Two safetensors files, and the index that says which tensor is where."""
    from safetensors.torch import save_file

    places = {name: PARTS[n % 2] for n, name in enumerate(sorted(tensors))}
    for file in PARTS:
        own = {name: tensors[name] for name, place in places.items() if place == file}
        save_file(own, folder / file, {"format": "pt"})
    size = sum(tensor.nbytes for tensor in tensors.values())
    index = {"metadata": {"total_size": size}, "weight_map": places}
    _write_json(folder / "model.safetensors.index.json", index)


def _model(*, with_melody: bool) -> Any:
    """The whole of MusicGen. What begins at zero, or hardly above, is moved from there."""
    import torch
    import transformers as of

    text = of.T5Config(
        vocab_size=len(_pieces()) + SENTINELS, d_model=24, d_kv=8, d_ff=32, num_layers=1,
        num_heads=3, decoder_start_token_id=0,
    )  # fmt: skip
    audio = of.EncodecConfig(
        sampling_rate=32_000, num_filters=4, hidden_size=16, upsampling_ratios=[8, 5, 4, 4],
        codebook_size=CODES, target_bandwidths=[0.05 * 6 * BOOKS], use_causal_conv=False,
        use_conv_shortcut=False, norm_type="weight_norm",
    )  # fmt: skip
    sizes = {
        "vocab_size": CODES, "num_hidden_layers": 2, "ffn_dim": 64, "hidden_size": 32,
        "num_attention_heads": 4, "num_codebooks": BOOKS, "audio_channels": 1,
        "pad_token_id": CODES, "bos_token_id": CODES,
    }  # fmt: skip
    kinds = {
        False: (of.MusicgenDecoderConfig, of.MusicgenConfig, of.MusicgenForConditionalGeneration),
        True: (of.MusicgenMelodyDecoderConfig, of.MusicgenMelodyConfig,
               of.MusicgenMelodyForConditionalGeneration),
    }  # fmt: skip
    make_decoder, make_config, make_model = kinds[with_melody]
    torch.manual_seed(SEED)
    config = make_config(
        text_encoder=text.to_dict(),
        audio_encoder=audio.to_dict(),
        decoder=make_decoder(**sizes).to_dict(),
    )
    model = make_model(config)
    with torch.no_grad():
        for name, parameter in model.named_parameters():
            if name.startswith(("decoder.", *PROJECTIONS)) and parameter.dim() > 1:
                parameter.normal_(std=2 * parameter.shape[1] ** -0.5)
            elif name.startswith("audio_encoder.") and name.endswith("conv.bias"):
                parameter.zero_()  # else it hums at 0 Hz above all that the tokens say
        for name, buffer in model.named_buffers():
            if name.endswith("codebook.embed"):  # of zeros, with which every seed sounds the same
                buffer.normal_()
        last = model.audio_encoder.decoder.layers[-1].conv.parametrizations.weight
        last.original0 *= LOUDER
    model.generation_config = of.GenerationConfig(
        do_sample=True, guidance_scale=3.0, max_length=1500,
        pad_token_id=CODES, bos_token_id=CODES, decoder_start_token_id=CODES,
    )  # fmt: skip
    return model


def _pieces() -> list[tuple[str, float]]:
    special = [(piece, 0.0) for piece in ("<pad>", "</s>", "<unk>")]
    return special + [(piece, -3.0) for piece in "▁" + LETTERS]


def _write_tokenizer(path: Path) -> None:
    """T5's, as transformers publishes it beside the weights."""
    from tokenizers import Tokenizer, models, normalizers, pre_tokenizers, processors

    tokenizer = Tokenizer(models.Unigram(_pieces(), unk_id=2))
    tokenizer.normalizer = normalizers.NFKC()
    tokenizer.pre_tokenizer = pre_tokenizers.Metaspace()
    tokenizer.post_processor = processors.TemplateProcessing(
        single="$A </s>", pair="$A </s> $B </s>", special_tokens=[("</s>", 1)]
    )
    tokenizer.add_special_tokens(["<pad>", "</s>", "<unk>"])
    tokenizer.save(str(path))


def _write_json(path: Path, value: dict[str, Any]) -> None:
    path.write_text(json.dumps(value, indent=4) + "\n", encoding="utf-8")


if __name__ == "__main__":
    for name, path in write(Path(sys.argv[1])).items():
        print(name, path.stat().st_size)
