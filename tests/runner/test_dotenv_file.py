"""`.env` as people write it: what is read, and what is said of what is not."""

from pathlib import Path

import pytest

from secondtake.core.errors import UserError
from secondtake.runner.dotenv_file import read_dotenv

KNOWN = ("HF_ENDPOINT", "HF_TOKEN", "SECONDTAKE_CACHE")
FORM = "write HF_TOKEN=hf_…"


@pytest.mark.parametrize(
    "text",
    [
        "HF_TOKEN=hf_aaaa", "export HF_TOKEN=hf_aaaa\r\n", "HF_TOKEN = 'hf_aaaa' # mine\n",
        "\ufeffHF_TOKEN=hf_aaaa\n", '# HF_TOKEN: x\n\nHF_TOKEN="hf_aaaa"\n',
    ],
)  # fmt: skip
def test_the_usual_ways_are_read(tmp_path: Path, text: str) -> None:
    (tmp_path / ".env").write_bytes(text.encode())
    read = read_dotenv(tmp_path / ".env", KNOWN)
    assert (read.values, read.warnings) == ({"HF_TOKEN": "hf_aaaa"}, ())


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("HF_TOKEN: hf_aaaa", (f"line 1: {FORM}",)),
        ("HF_TOKEN hf_aaaa", (f"line 1: {FORM}",)),
        ("\n \n\tHF_TOKEN\nhf_aaaa\n", (f"line 3: {FORM}", f"line 4: {FORM}")),
        ("=hf_aaaa", (f"line 1: {FORM}",)),
        ("$env:HF_TOKEN='hf_aaaa'", (f"line 1: {FORM}",)),
        ("HF_TOKEN='hf_aaaa\nHF_ENDPOINT=https://x\n", (f"line 1: {FORM}; its quotation",)),
        ("HF_TOKEN=“hf_aaaa”", (f"line 1: {FORM}; quotation marks of this kind",)),
        ("huggingface-token=hf_aaaa", (f"line 1: {FORM}",)),
        ("KEY=hf_aaaa", (f"line 1: {FORM}; KEY is not read",)),
        ("HF_ENDPOINT https://x", ("line 1: write HF_ENDPOINT=…",)),
        ("SECONDTAKE_CASH=/x", ("line 1: SECONDTAKE_CASH is not read from here; did you mean",)),
        ("HF_TOKEN=hf_bbbb\nHF_TOKEN=hf_aaaa", ("lines 1 and 2: HF_TOKEN is set more",)),
    ],
)  # fmt: skip
def test_a_line_that_is_not_read_is_named_without_its_value(
    tmp_path: Path, text: str, said: tuple[str, ...]
) -> None:
    (tmp_path / ".env").write_text(text, encoding="utf-8")
    warnings = read_dotenv(tmp_path / ".env", KNOWN).warnings
    assert len(warnings) == len(said)
    assert all(w.startswith(f".env, {s}") for w, s in zip(warnings, said, strict=True)), warnings
    assert "aaaa" not in "".join(warnings) and "https" not in "".join(warnings)


def test_a_link_that_leads_nowhere_is_named(tmp_path: Path) -> None:
    (tmp_path / ".env").symlink_to("gone")
    with pytest.raises(UserError, match=r"\.env cannot be read: No such file"):
        read_dotenv(tmp_path / ".env", KNOWN)


@pytest.mark.parametrize("data", ["HF_TOKEN=x".encode("utf-16"), b"A=\0", "A=é".encode("latin-1")])
def test_what_is_no_text_is_named(tmp_path: Path, data: bytes) -> None:
    (tmp_path / ".env").write_bytes(data)
    with pytest.raises(UserError, match=r"\.env cannot be read: it is (not )?UTF"):
        read_dotenv(tmp_path / ".env", KNOWN)


def test_a_folder_of_that_name_is_no_file(tmp_path: Path) -> None:
    (tmp_path / ".env").mkdir()
    assert not read_dotenv(tmp_path / ".env", KNOWN).values
    assert not read_dotenv(tmp_path / "absent", KNOWN).values
