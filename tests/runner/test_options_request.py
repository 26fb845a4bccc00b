"""What a person types after the verbs, and what is said of every mistake in it."""

import pytest

from secondtake.core.errors import UserError
from secondtake.runner.options import checkpoints, model_names, whole_number, wish

NUMBER = "is not a whole number from 0 to 2147483647"


def typed(models="", segments="", takes="1", device="auto", checkpoint="", seed=""):
    return wish(models, segments, takes, device, checkpoint, seed)


def test_nothing_typed_is_everything_wanted():
    told = typed()
    assert (told.models, told.segments, told.takes, told.device) == ((), (), 1, "auto")
    assert (told.seed, told.checkpoints) == (None, {})


def test_all_of_it():
    told = typed("bark,stable-audio", "7, 10 18", "3", "cpu", "bark=small", "0")
    assert told.models == ("bark", "stable_audio")
    assert told.segments == (7, 10, 18)
    assert (told.takes, told.device, told.seed) == (3, "cpu", 0)
    assert told.checkpoints == {"bark": "small"}


def test_commas_spaces_and_dashes_are_as_people_type_them():
    assert model_names(" sketch ,, stable-audio,") == ("sketch", "stable_audio")
    assert checkpoints("stable-audio=open-small bark=large") == {
        "stable_audio": "open-small",
        "bark": "large",
    }


@pytest.mark.parametrize(
    ("mistake", "message"),
    [
        ({"models": "barc"}, "--models: no model 'barc'; did you mean 'bark'? known: bark, "),
        ({"models": "../../etc"}, "--models: no model '../../etc'; known: bark, "),
        ({"segments": "7,ten"}, f"--segments: 'ten' {NUMBER}"),
        ({"segments": "-7"}, f"--segments: '-7' {NUMBER}"),
        ({"segments": "7.0"}, f"--segments: '7.0' {NUMBER}"),
        ({"segments": "²"}, f"--segments: '²' {NUMBER}"),
        ({"segments": "2147483648"}, f"--segments: '2147483648' {NUMBER}"),
        ({"takes": "two"}, f"--takes: 'two' {NUMBER}"),
        ({"takes": ""}, f"--takes: '' {NUMBER}"),
        ({"seed": "1e9"}, f"--seed: '1e9' {NUMBER}"),
        ({"device": "gpu"}, "--device: no device 'gpu'; did you mean 'cpu'? known: auto, cpu, "),
        ({"device": "CUDA:0"}, "--device: no device 'CUDA:0'; known: auto, cpu, cuda, mps"),
        ({"checkpoint": "small"}, "--checkpoint: 'small' is not of the form model=checkpoint"),
        ({"checkpoint": "bark="}, "--checkpoint: 'bark=' is not of the form model=checkpoint"),
        ({"checkpoint": "barc=small"}, "--checkpoint: no model 'barc'; did you mean 'bark'?"),
        (
            {"checkpoint": "bark=smal"},
            "--checkpoint bark: no checkpoint 'smal'; did you mean 'small'? known: large, small",
        ),
    ],
)  # fmt: skip
def test_a_mistake_names_the_option_and_the_remedy(mistake, message):
    with pytest.raises(UserError) as told:
        typed(**mistake)
    assert str(told.value).startswith(message)


def test_a_number_of_thousands_of_digits_is_one_short_line():
    with pytest.raises(UserError) as told:
        whole_number("9" * 5000, "--seed")
    assert len(str(told.value)) < 200


def test_the_largest_number_is_one():
    assert whole_number("2147483647", "--seed") == 2**31 - 1
