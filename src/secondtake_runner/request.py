"""What a person typed, made into a wish. Every mistake names the option and the remedy."""

from secondtake.errors import UserError
from secondtake.model import DEVICES
from secondtake.models import find_model
from secondtake.names import did_you_mean, shown
from secondtake.plan import Wish
from secondtake.song import MAX_SEED

DIGITS = 10  # of the largest number; Python refuses to read one of thousands


def wish(models: str, segments: str, takes: str, device: str, checkpoint: str, seed: str) -> Wish:
    """The wish of --models a,b --segments 7,10 --checkpoint bark=small …"""
    if device not in DEVICES:
        raise UserError(f"--device: no device {shown(device)}; {did_you_mean(device, DEVICES)}")
    return Wish(
        models=model_names(models),
        segments=tuple(whole_number(word, "--segments") for word in _words(segments)),
        takes=whole_number(takes, "--takes"),
        device=device,
        seed=whole_number(seed, "--seed") if seed else None,
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
        name, _, value = word.partition("=")
        if not value:
            raise UserError(f"--checkpoint: {shown(word)} is not of the form model=checkpoint")
        model = find_model(name.replace("-", "_"), "--checkpoint")
        chosen[model.name] = model.checkpoint(value, f"--checkpoint {name}").name
    return chosen


def _words(text: str) -> list[str]:
    return [word for word in text.replace(",", " ").split() if word]


def whole_number(word: str, option: str) -> int:
    """The number of "10"; UserError naming the option if it is none."""
    if not word.isascii() or not word.isdigit() or len(word) > DIGITS or int(word) > MAX_SEED:
        raise UserError(f"{option}: {shown(word)} is not a whole number from 0 to {MAX_SEED}")
    return int(word)
