"""`.env`: its variables, and a sentence for every line that cannot be read.

A sentence names file, line and the right form, never what stands there: it may be a token.
"""

import io
import os
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from dotenv.parser import Binding, parse_stream

from secondtake.core.environ import SECRETS
from secondtake.core.errors import UserError
from secondtake.core.redaction import looks_like_token, one_line, redact
from secondtake.core.validation import did_you_mean, suggest_nearest

TOKEN = "HF_TOKEN"  # noqa: S105 - a variable's name
TOKEN_FORM = f"{TOKEN}=hf_…"
NAME = re.compile(r"\s*(?:export\s+)?[\"'“”‘’]?([A-Za-z_]\w*)")
OTHER_QUOTES = "“”„‟‘’‚‛«»"  # what word processors make of quotation marks
MOST_BYTES = 1 << 16
UTF_16 = (b"\xff\xfe", b"\xfe\xff")


@dataclass(frozen=True)
class DotEnv:
    """What the file says."""

    values: Mapping[str, str]
    warnings: tuple[str, ...] = ()


def read_dotenv(path: Path, known: Sequence[str]) -> DotEnv:
    """The variables of the file, none if there is none. UserError if it is no readable text.

    known: the variables that are read from it.
    """
    if path.is_dir() or not os.path.lexists(path):  # an environment of Python's may be called so
        return DotEnv({})
    bindings = [binding for binding in parse_stream(io.StringIO(_text(path))) if _is_said(binding)]
    values = {b.key: b.value.strip() for b in bindings if b.key and b.value and not _fault(b)}
    return DotEnv(values, tuple(_warnings(bindings, known)))


def _text(path: Path) -> str:
    try:
        with path.open("rb") as file:  # which may be a pipe
            data = file.read(MOST_BYTES + 1)
        if len(data) > MOST_BYTES:
            raise UserError(f"{path}: larger than {MOST_BYTES} bytes; is it a .env file?")
        if data.startswith(UTF_16) or b"\0" in data:
            raise UserError(f"{path} cannot be read: it is UTF-16 text; save it as UTF-8")
        return data.decode("utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        reason = error.strerror if isinstance(error, OSError) else "it is not UTF-8 text"
        raise UserError(f"{path} cannot be read: {reason}; see .env.example") from None


def _is_said(binding: Binding) -> bool:
    """True unless it is a comment or an empty line."""
    return binding.error or binding.key is not None


def _warnings(bindings: Sequence[Binding], known: Sequence[str]) -> Iterator[str]:
    lines: dict[str, list[int]] = {}
    for binding in bindings:
        line, name = _line(binding), binding.key or ""
        if fault := _fault(binding):
            yield f".env, line {line}: write {_form(binding.original.string, known)}; {fault}"
        elif name not in known:
            yield f".env, line {line}: {_unknown(name, binding.value or '', known)}"
        else:
            lines.setdefault(name, []).append(line)
    for name, places in lines.items():
        if len(places) > 1:
            *first, last = map(str, places)
            where = f"{', '.join(first)} and {last}"
            yield f".env, lines {where}: {name} is set more than once; the last one counts"


def _line(binding: Binding) -> int:
    """The number of its line; the parser counts empty ones before it as its own."""
    text = binding.original.string
    empty = text[: len(text) - len(text.lstrip())]
    return int(binding.original.line) + len(empty.splitlines()) - bool(empty and empty[-1] in " \t")


def _fault(binding: Binding) -> str:
    """The reason why a line says nothing; "" if it does."""
    text, value = binding.original.string.strip(), binding.value or ""
    if "\n" in value or (binding.error and re.search(r"=\s*[\"']", text)):
        return "its quotation mark is not closed"
    if binding.error or binding.value is None:
        return "what stands there is not read"
    if value.strip(OTHER_QUOTES) != value:
        return "quotation marks of this kind are read as part of it"
    return ""


def _form(text: str, known: Sequence[str]) -> str:
    """What a line should look like."""
    match = NAME.match(text)
    name = match[1] if match else ""
    if _means_token(name, known) or redact(text) != text:
        return TOKEN_FORM
    nearest = suggest_nearest(name, known)
    return f"{nearest.split(chr(39))[1]}=…" if nearest else "NAME=value"


def _unknown(name: str, value: str, known: Sequence[str]) -> str:
    shown = one_line(name, 60)
    if _means_token(name, known) or looks_like_token(value) or looks_like_token(name):
        return f"write {TOKEN_FORM}; {shown} is not read: {did_you_mean(shown, known)}"
    return f"{shown} is not read from here; {did_you_mean(shown, known)}"


def _means_token(name: str, known: Sequence[str]) -> bool:
    """True for HF_TOKEN, its old names, and what is near to it."""
    alike = {name.upper(), name.upper().replace("HUGGINGFACE", "HF").replace("HUGGING_FACE", "HF")}
    is_hub = any(each.startswith("HF") and "TOK" in each for each in alike)
    return is_hub or name.upper() in SECRETS or f"{TOKEN!r}" in suggest_nearest(name, known)
