"""A prompt, and a melody if there is one, as the decoder reads them."""

import math
from collections import OrderedDict
from typing import Any

from secondtake.errors import ModelError
from secondtake.weights import Weights
from secondtake_models.musicgen.checkpoint import REMEDY, TEXT, Checkpoint
from secondtake_models.musicgen.passage import Conditions

PROMPTS = 64  # that are remembered: 24 to 200 KiB each
TEXT_TOKENS = 512  # T5 was trained on no more


class TextEncoder:
    """T5's encoder, its tokenizer, and the prompts that went through them lately."""

    def __init__(self, checkpoint: Checkpoint, weights: Weights, device: str) -> None:
        self.checkpoint, self.device = checkpoint, device
        self.spell = _read_tokenizer(weights)
        self.model = _read_t5(checkpoint, device)
        projection = checkpoint.tensors("enc_to_dec_proj.")
        self.projection = {name: tensor.to(device).float() for name, tensor in projection.items()}
        self._known: OrderedDict[str, Any] = OrderedDict()

    def states(self, prompt: str) -> Any:
        """(tokens, width of the decoder) float32; the same tensor for the same prompt."""
        if prompt not in self._known:
            self._known[prompt] = self._states(prompt)
            while len(self._known) > PROMPTS:
                self._known.popitem(last=False)
        self._known.move_to_end(prompt)
        return self._known[prompt]

    def is_too_long(self, prompt: str) -> bool:
        """Whether its end is not read."""
        return len(self.spell.encode(prompt).ids) > TEXT_TOKENS

    def _states(self, prompt: str) -> Any:
        import torch

        ids = self.spell.encode(prompt).ids
        if len(ids) > TEXT_TOKENS:
            ids = [*ids[: TEXT_TOKENS - 1], ids[-1]]  # the last one says that the text ends
        tokens = torch.tensor([ids], device=self.device)
        states = self.model(input_ids=tokens).last_hidden_state[0].float()
        return torch.nn.functional.linear(states, **self.projection) if self.projection else states


def _read_tokenizer(weights: Weights) -> Any:
    """tokenizer.json, as transformers' fast T5 tokenizer reads it. ModelError bad_weights."""
    from tokenizers import Tokenizer

    path = weights["tokenizer"]
    try:
        tokenizer = Tokenizer.from_file(str(path))
    except Exception as error:  # the library raises nothing more particular
        message = f"{path} is no tokenizer: {error}"
        raise ModelError("bad_weights", message, REMEDY) from error
    tokenizer.no_padding()
    tokenizer.no_truncation()
    return tokenizer


def _read_t5(checkpoint: Checkpoint, device: str) -> Any:
    """T5's encoder with the checkpoint's tensors, without drawing random ones beforehand."""
    import torch
    from transformers import T5Config, T5EncoderModel

    tensors = {name: tensor.float() for name, tensor in checkpoint.tensors(TEXT).items()}
    try:
        config = T5Config.from_dict(dict(checkpoint.config["text_encoder"]))
        model, told = T5EncoderModel.from_pretrained(
            None, config=config, state_dict=tensors, dtype=torch.float32, output_loading_info=True
        )
    except (KeyError, TypeError, ValueError, RuntimeError) as error:
        message = f"{checkpoint.files[0]} holds no T5: {error}"
        raise ModelError("bad_weights", message, REMEDY) from error
    if told["missing_keys"]:
        message = f"{checkpoint.files[0]} lacks {sorted(told['missing_keys'])[0]} of its T5"
        raise ModelError("bad_weights", message, REMEDY)
    return model.eval().to(device)


def conditions(
    encoder: TextEncoder, checkpoint: Checkpoint, prompt: str, chroma: Any = None
) -> Conditions:
    """What a passage is to sound like. chroma: (time, 12) float32, or None for no melody."""
    import torch

    states = encoder.states(prompt)
    if not checkpoint.takes_melody:
        return Conditions(prompt, text=states)
    silent = torch.zeros((1, int(checkpoint.config.get("num_chroma", 12))))
    silent[:, 0] = 1  # how the model was trained to be told of no melody
    melody = _melody(checkpoint, silent if chroma is None else chroma, encoder.device)
    none = _melody(checkpoint, silent, encoder.device)
    return Conditions(
        prompt,
        beginning=torch.cat((melody, states)),
        unguided=torch.cat((none, torch.zeros_like(states))),
    )


def _melody(checkpoint: Checkpoint, chroma: Any, device: str) -> Any:
    """(chroma_length, width): repeated if it is shorter, cut if it is longer."""
    import torch

    length = int(checkpoint.config.get("chroma_length", 235))
    projection = checkpoint.tensors("audio_enc_to_dec_proj.")
    states = chroma.to(device)
    if projection:
        moved = {name: tensor.to(device).float() for name, tensor in projection.items()}
        states = torch.nn.functional.linear(states, **moved)
    return states.repeat(math.ceil(length / len(states)), 1)[:length]
