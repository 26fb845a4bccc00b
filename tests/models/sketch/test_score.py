"""The input that is accepted, and the words about the rest."""

import pytest

from secondtake.core.errors import ModelError
from secondtake.models.sketch.score import Key, SketchInput, parse_key


@pytest.mark.parametrize(
    ("text", "key"),
    [
        ("A minor", Key(9, True)),
        ("F# major", Key(6, False)),
        ("Bb min", Key(10, True)),
        ("C", Key(0, False)),
        ("E♭m", Key(3, True)),
        ("Cb major", Key(11, False)),
    ],
)
def test_keys_are_read(text: str, key: Key) -> None:
    assert parse_key(text) == key


@pytest.mark.parametrize(
    "wrong", [{"key": "H minor"}, {"seconds": 0.5}, {"seconds": 181}, {"bpm": 20}, {"bpm": 400}]
)
def test_what_cannot_be_arranged_is_refused_with_a_remedy(wrong: dict[str, str]) -> None:
    with pytest.raises(ModelError) as caught:
        SketchInput(**{"kind": "verse", "seconds": 10, **wrong})
    assert caught.value.code == "unsupported"
    assert caught.value.hint


def test_language_tags_lose_their_region() -> None:
    assert SketchInput("verse", 10, language=("es-AR", "en_GB")).languages == ("es", "en")
    assert SketchInput("verse", 10, language="en").languages == ("en",)
