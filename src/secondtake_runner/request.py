"""What a person typed, made into a wish. Every mistake names the option and the remedy."""

from secondtake.errors import UserError
from secondtake.models import DEVICES, find_model
from secondtake.names import did_you_mean
from secondtake.plan import Wish


def wish(models: str, segments: str, takes: int, device: str, checkpoint: str, seed: str) -> Wish:
    """The wish of --models a,b --segments 7,10 --checkpoint bark=small …"""
    if device not in DEVICES:
        raise UserError(f"--device: {did_you_mean(device, DEVICES)}")
    return Wish(
        models=model_names(models),
        segments=tuple(_number(word, "--segments") for word in _words(segments)),
        takes=takes,
        device=device,
        seed=_number(seed, "--seed") if seed else None,
        checkpoints=checkpoints(checkpoint),
    )


def model_names(text: str) -> tuple[str, ...]:
    """The models of "bark,stable-audio"; all that exist for ""."""
    names = tuple(word.replace("-", "_") for word in _words(text))
    return tuple(find_model(name, "--models").name for name in names)


def checkpoints(text: str) -> dict[str, str]:
    """{"bark": "small"} of "bark=small"."""
    chosen = {}
    for word in _words(text):
        name, equals, value = word.partition("=")
        if not equals:
            raise UserError(f"--checkpoint: {word!r} is not of the form model=checkpoint")
        model = find_model(name.replace("-", "_"), "--checkpoint")
        chosen[model.name] = model.checkpoint(value, f"--checkpoint {name}").name
    return chosen


def _words(text: str) -> list[str]:
    return [word for word in text.replace(",", " ").split() if word]


def _number(word: str, option: str) -> int:
    if not word.isascii() or not word.isdigit() or int(word) >= 2**31:
        raise UserError(f"{option}: {word!r} is not a whole number from 0 to 2147483647")
    return int(word)
