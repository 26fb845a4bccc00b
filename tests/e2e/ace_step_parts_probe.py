"""Runs inside venv-ace-step: python ace_step_parts_probe.py FOLDER. Prints JSON.

FOLDER is what tests/tiny/ace_step.py wrote. Our decoding, encoding and transformer beside those of
diffusers: every length, every precision, and what is remembered from step to step.
"""

import hashlib
import json
import sys
import warnings
from pathlib import Path
from typing import Any

import numpy as np
import torch
from diffusers import AutoencoderOobleck
from diffusers.models.transformers.ace_step_transformer import _ace_step_rotary_freqs
from tests.e2e.tiny_weights import weights_in

from secondtake.core.registry.ace_step import ACE_STEP
from secondtake.models.ace_step import attention, autoencoder, autotune, transformer
from secondtake.models.ace_step.model import AceStepModel, build_module, load_ace_step
from secondtake.models.inference.oobleck import Convolution
from secondtake.models.inference.oobleck_layers import load_decoder
from secondtake.models.inference.oobleck_pieces import decode_on_cpu
from secondtake.models.inference.quantization import (
    FLOAT32,
    Precision,
    candidate_precisions,
)

RATIO = 1920
STRIDES = [2, 4, 4, 6, 10]
LENGTHS = (1, 2, 23, 24, 25, 61)  # latents: one piece, one that is full, two, four
PRECISIONS = candidate_precisions("cpu")  # int8 is the last one on x86
CHECKPOINTS = ("turbo", "base", "xl-turbo")
# Rows, latents, tokens: an odd number of latents, less than a window, more than one.
SHAPES = ((1, 31, 5), (2, 20, 40), (1, 350, 40))


def quiet(*_: Any) -> None:
    pass


def load(folder: Path, name: str) -> AceStepModel:
    checkpoint = ACE_STEP.checkpoint(name)
    return load_ace_step(weights_in(folder, checkpoint), checkpoint, "cpu")


def noise(*shape: int) -> torch.Tensor:
    return torch.randn(shape, generator=torch.Generator().manual_seed(sum(shape)))


def apart(sound: Any, reference: Any) -> float:
    """The largest difference, as a part of the loudest sample."""
    return float(abs(sound - reference).max() / abs(reference).max())


def off(value: torch.Tensor, reference: torch.Tensor) -> float:
    """Root mean square of the difference, as a share of the reference's."""
    return float((value - reference).square().mean().sqrt() / reference.square().mean().sqrt())


def varied_vae(strides: list[int]) -> Any:
    """An autoencoder of the true kernels whose Snakes differ from channel to channel."""
    torch.manual_seed(4)
    vae = AutoencoderOobleck(encoder_hidden_size=16, downsampling_ratios=strides,
                             decoder_channels=4, decoder_input_channels=8,
                             sampling_rate=48_000)  # fmt: skip
    for name, parameter in vae.named_parameters():
        if name.endswith(("alpha", "beta")):
            parameter.data.normal_(0, 0.3)
    return vae.eval().requires_grad_(False)


def decoding(model: AceStepModel) -> dict[str, Any]:
    vae = varied_vae(STRIDES)
    ours = load_decoder(vae.decoder)
    errors, taps = [], without_onednn(vae)
    for count in LENGTHS:
        latents = noise(1, 8, count)
        theirs = vae.decode(latents).sample[0]
        errors.append(apart(decode_on_cpu(ours, latents[0], count, quiet), theirs))
    latents, events = noise(1, 8, 61), []
    whole = autoencoder.decode(model, latents, 61 * RATIO, lambda *event: events.append(event))
    theirs = whole_vae(model).decode(latents).sample[0].numpy().T
    return {
        "errors": errors,
        "by_taps": apart(decode_on_cpu(taps, latents[0], 61, quiet), vae.decode(latents).sample[0]),
        "margins": ours.margins,
        "reach": reach(vae),
        "odd_strides": load_decoder(varied_vae([2, 4, 4, 6, 5]).decoder) is None,
        "checkpoint_error": apart(whole, theirs),
        "cut": cut(model, latents, whole),
        "told": events,
        "threads": by_threads(model, latents),
        "elsewhere": elsewhere(model, noise(1, 8, 300)),
    }


def without_onednn(vae: Any) -> Any:
    """Our decoder as it is where PyTorch has no oneDNN: a convolution is a sum of its taps."""
    available = torch.backends.mkldnn.is_available
    torch.backends.mkldnn.is_available = lambda: False
    try:
        decoder = load_decoder(vae.decoder)
    finally:
        torch.backends.mkldnn.is_available = available
    assert isinstance(decoder.first, Convolution) and not decoder.first.is_packed
    return decoder


def reach(vae: Any) -> int:
    """The latents beyond a frame's own that its sound depends on, by diffusers."""
    decoder, changed = vae.decoder.double(), noise(1, 8, 61).double()
    sounds = [decoder(changed)[0]]
    changed[:, :, 45] += 1000.0
    sounds.append(decoder(changed)[0])
    vae.decoder.float()
    first = int((sounds[0] != sounds[1]).any(dim=0).nonzero()[0])
    return 45 - first // RATIO


def cut(model: AceStepModel, latents: torch.Tensor, whole: np.ndarray) -> list[Any]:
    """The first frames of a longer sound: their shape, and their difference from the whole."""
    frames = 30 * RATIO - 5
    part = autoencoder.decode(model, latents, frames, quiet)
    return [part.shape, str(part.dtype), part.flags.c_contiguous, apart(part, whole[:frames])]


def by_threads(model: AceStepModel, latents: torch.Tensor) -> dict[str, Any]:
    """Hashes of what one, two and three threads make, and how many are set afterwards."""
    allowed, hashes, after = torch.get_num_threads(), set(), []
    for threads in (1, 2, 3):
        torch.set_num_threads(threads)
        sound = autoencoder.decode(model, latents, 61 * RATIO, quiet)
        hashes.add(hashlib.sha256(sound.tobytes()).hexdigest())
        after.append(torch.get_num_threads())
    torch.set_num_threads(allowed)
    return {"different": len(hashes), "after": after}


def elsewhere(model: AceStepModel, latents: torch.Tensor) -> float:
    """The difference of pieces that diffusers decodes, as on a GPU, from its whole."""
    load_ours, autoencoder._decoder = autoencoder._decoder, lambda _: None
    try:
        pieces = autoencoder.decode(model, latents, 300 * RATIO, quiet)
    finally:
        autoencoder._decoder = load_ours
    return apart(pieces, whole_vae(model).decode(latents).sample[0].numpy().T)


def whole_vae(model: AceStepModel) -> Any:
    """diffusers' own autoencoder, both halves, in float32."""
    vae: Any = build_module("vae", model.config("vae"))
    state = {name: tensor.float() for name, tensor in model.state("vae").items()}
    vae.load_state_dict(state, assign=True)
    return vae


def encoding(model: AceStepModel) -> dict[str, Any]:
    """Pieces beside AutoencoderOobleck.encode of the whole, with noise of the same generator."""
    errors = {}
    for count in (1, 7, 100, 101, 260):
        samples = noise(count * RATIO, 2).numpy() * 0.2
        ours = autoencoder.encode(model, samples, torch.Generator().manual_seed(3))
        whole = whole_vae(model).encode(torch.from_numpy(samples.T.copy())[None]).latent_dist
        theirs = whole.sample(torch.Generator().manual_seed(3)).transpose(1, 2)
        errors[count] = [tuple(ours.shape), apart(ours, theirs)]
    short = autoencoder.encode(model, samples[: 5 * RATIO - 7], torch.Generator().manual_seed(3))
    filled = np.concatenate((samples[: 5 * RATIO - 7], np.zeros((7, 2), np.float32)))
    whole = autoencoder.encode(model, filled, torch.Generator().manual_seed(3))
    return {"errors": list(errors.values()), "filled": torch.equal(short, whole)}


def step(network: Any, inputs: dict[str, torch.Tensor], time: float = 0.7) -> torch.Tensor:
    times = torch.full((len(inputs["hidden_states"]),), time)
    return network(timestep=times, timestep_r=times, **inputs, return_dict=False)[0]


def inputs_of(model: AceStepModel, rows: int, latents: int, tokens: int) -> dict[str, Any]:
    width = model.config("condition_encoder")["hidden_size"]
    return {
        "hidden_states": noise(rows, latents, 8),
        "encoder_hidden_states": noise(rows, tokens, width),
        "context_latents": noise(rows, latents, 16),
    }


def unmodified(model: AceStepModel) -> Any:
    """diffusers' own, with the weights of the file in float32."""
    network: Any = build_module("transformer", model.config("transformer"))
    state = {name: tensor.float() for name, tensor in model.state("transformer").items()}
    network.load_state_dict(state, assign=True)
    return network


def transformers(model: AceStepModel) -> dict[str, Any]:
    theirs, results = unmodified(model), {"exact": [], **{each.name: [] for each in PRECISIONS}}
    for shape in SHAPES:
        inputs = inputs_of(model, *shape)
        for time in (1.0, 0.3, 0.3):  # the last one has everything remembered
            expected = step(theirs, inputs, time)
            exact = transformer.load_transformer(model, FLOAT32)
            results["exact"].append(torch.equal(step(exact, inputs, time), expected))
            for precision in PRECISIONS:
                network = transformer.load_transformer(model, precision)
                results[precision.name].append(off(step(network, inputs, time), expected))
    return results


def remembering(model: AceStepModel, precision: Precision) -> dict[str, Any]:
    """What a transformer that has read other prompts makes, beside one that has not."""
    network = transformer.load_transformer(model, precision)
    first, other = inputs_of(model, 1, 31, 5), inputs_of(model, 1, 31, 5)
    other["encoder_hidden_states"] = -other["encoder_hidden_states"]
    changed = {**first, "encoder_hidden_states": first["encoder_hidden_states"].clone()}
    batch = {key: torch.cat((first[key], other[key])) for key in first}
    context = {**first, "context_latents": -first["context_latents"]}
    longer = inputs_of(model, 1, 52, 5)
    fresh, kept = {}, {}
    cases = {"first": first, "other": other, "batch": batch, "context": context, "longer": longer}
    for name, inputs in cases.items():
        model.loaded.clear()
        fresh[name] = step(transformer.load_transformer(model, precision), inputs)
    for name in ("first", "other", "first", "batch", "first", "context", "longer", "first"):
        kept[name] = torch.equal(step(network, cases[name]), fresh[name])
    step(network, changed)
    changed["encoder_hidden_states"].neg_()  # in place: the same tensor with other numbers
    in_place = torch.equal(step(network, changed), fresh["other"])
    rows = step(network, {key: torch.cat((first[key], first[key])) for key in first})
    return {
        "kept": kept,
        "in_place": in_place,
        "prompts_matter": not torch.equal(fresh["first"], fresh["other"]),
        "rows": off(rows[1:], fresh["first"]),
        "computed": computed(model, precision, first),
    }


def computed(model: AceStepModel, precision: Precision, inputs: dict[str, Any]) -> list[int]:
    """How often a prompt's keys were computed: after one step, after three, after another one."""
    model.loaded.clear()
    network, counts, calls = transformer.load_transformer(model, precision), [], []
    if precision.exact:
        key = network.layers[0].cross_attn.to_k.linear
        key.register_forward_hook(lambda *_: calls.append(1))
    else:
        product = network.layers[0].products["cross_kv"]
        (linear,) = product.linears
        product.linears = (lambda x: (calls.append(1), linear(x))[1],)
    for time in (0.9, 0.5, 0.1):
        step(network, {**inputs, "encoder_hidden_states": inputs["encoder_hidden_states"]}, time)
        counts.append(len(calls))
    step(network, {**inputs, "encoder_hidden_states": -inputs["encoder_hidden_states"]})
    return [*counts, len(calls)]


def files(model: AceStepModel) -> dict[str, Any]:
    """The cached matrices: written once, and read afterwards by what shares them."""
    folder = model.weights.cache / "converted"
    before = {path.name: path.stat().st_mtime_ns for path in folder.iterdir()}
    model.loaded.clear()
    for precision in PRECISIONS:
        transformer.load_transformer(model, precision)
    after = {path.name: path.stat().st_mtime_ns for path in folder.iterdir()}
    return {"names": sorted(before), "untouched": before == after}


def attentions() -> dict[str, float]:
    """Windowed attention beside one with a mask over all, and our rotary tables beside theirs."""
    torch.manual_seed(1)
    errors = {}
    for count, window in ((300, 16), (128, 128), (130, 128), (700, 128)):
        query, key, value = (torch.randn(2, count, heads, 8) for heads in (4, 2, 2))
        at = torch.arange(count)
        mask = torch.where((at[:, None] - at).abs() <= window, 0.0, float("-inf"))
        expected = torch.nn.functional.scaled_dot_product_attention(
            *(x.transpose(1, 2) for x in (query, key, value)), attn_mask=mask, enable_gqa=True
        )
        ours = attention.attend(query, key, value, window)
        errors[f"{count}/{window}"] = apart(ours, expected.transpose(1, 2).flatten(2))
    cosines, sines = _ace_step_rotary_freqs(50, 8, 1e6, torch.device("cpu"), torch.float32)
    ours = attention.rotary_tables(50, 8, 1e6, "cpu")
    errors["cosines"] = float((ours[0][:, 0] - cosines).abs().max())
    errors["sines"] = float((ours[1][:, 0].abs() - sines.abs()).abs().max())
    return errors


def choosing(model: AceStepModel) -> dict[str, Any]:
    """The precision by settings, and what is measured, with guidance and without."""
    from tests.e2e.ace_step_probe import a_job

    def chosen(**settings: Any) -> str:
        return autotune.select_precision(model, a_job(model, **settings), quiet).name

    timings = autotune.measure_precisions(model, a_job(model, mode="fast"), quiet)
    inputs = autotune._inputs(model, a_job(model, mode="fast"))
    return {
        "exact": chosen(mode="exact"),
        "asked": chosen(mode="fast", dtype="float32"),
        "auto": chosen(mode="fast", dtype="auto"),
        "again": chosen(mode="fast", dtype="auto"),
        "measured": {name: timing.error for name, timing in timings.items()},
        "possible": [each.name for each in PRECISIONS],
        "rows": len(inputs[0]),
        "kept": len(list((model.weights.cache / "measured").iterdir())),
    }


def facts(folder: Path) -> dict[str, Any]:
    results: dict[str, Any] = {"attention": attentions()}
    models = {name: load(folder, name) for name in CHECKPOINTS}
    with torch.no_grad():
        results["decoding"] = decoding(models["turbo"])
        results["encoding"] = encoding(models["turbo"])
        for name, model in models.items():
            results[name] = {"transformer": transformers(model), "files": files(model)}
        for name, precision in (("exact", FLOAT32), ("fast", PRECISIONS[-1])):
            results[f"remembering {name}"] = remembering(models["turbo"], precision)
    for name in ("turbo", "base"):
        results[name]["choosing"] = choosing(models[name])
    return results


if __name__ == "__main__":
    warnings.simplefilter("ignore", FutureWarning)
    print(json.dumps(facts(Path(sys.argv[1]))))
