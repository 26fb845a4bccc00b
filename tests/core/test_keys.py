"""Keys, as people and measurements write them."""

import pytest

from secondtake.core.errors import ModelError
from secondtake.core.keys import Key, parse_key


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


@pytest.mark.parametrize("text", ["", "H minor", "A lydian", "minor", "A##"])
def test_what_is_no_key_is_refused(text: str) -> None:
    with pytest.raises(ModelError, match="is not a key"):
        parse_key(text)
