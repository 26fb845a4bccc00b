"""The steps of uv: with which variables they run, logged, and followed while they last.

uv says which large packages it downloads, and when each is there. How much of those under way has
come is seen on Linux from the bytes that uv has written: it unpacks them as they come.
"""

import os
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from secondtake.core.environ import without_secrets
from secondtake.core.errors import ModelError, with_path
from secondtake.core.escape import plain
from secondtake.core.formatting import format_duration
from secondtake.core.registry.all_judges import setup_command
from secondtake.runner import child_process
from secondtake.runner.silence import Silence, silence_limit

OnStep = Callable[[str, int, int], None]  # a step, how much of it is done, of how much (0: unknown)
DOWNLOADING = re.compile(r"Downloading (\S+) \(([0-9.]+)([KMG]?)i?B\)")
DOWNLOADED = re.compile(r"Downloaded (\S+)")
SUMMARY = re.compile(r"(Prepared|Installed) \d+ packages?")
UNITS = {"": 1, "K": 1 << 10, "M": 1 << 20, "G": 1 << 30}
POLL_SECONDS = 0.5
SLOW_LINE = 100_000  # bytes a second; where only lines are heard, a download is silent so long
TAIL_LINES = 12  # of a failed step's output, shown to the user
# What uv says where nobody answers; an index that answers with an error is none of these.
UNREACHABLE = re.compile(r"error sending request|dns error|tcp connect error|operation timed out")
OFFLINE = re.compile(r"network (was|connectivity is) disabled", re.IGNORECASE)  # as it was told to

# All that uv and what it builds get of the caller's variables: who and where one is, …
KEPT = (
    "PATH HOME USER LOGNAME SHELL TERM TMPDIR TEMP TMP NETRC DBUS_SESSION_BUS_ADDRESS "
    "LD_LIBRARY_PATH "
    # … where compilers are (one package is compiled on Linux with an ARM processor), …
    "CC CXX SDKROOT DEVELOPER_DIR "
    # … how to get out, …
    "HTTP_PROXY HTTPS_PROXY ALL_PROXY NO_PROXY http_proxy https_proxy all_proxy no_proxy "
    "SSL_CERT_FILE SSL_CERT_DIR SSL_CLIENT_CERT REQUESTS_CA_BUNDLE CURL_CA_BUNDLE HTTP_TIMEOUT "
    # … and where uv finds, keeps and fetches things. What it chooses, the lock says alone.
    "UV_DEFAULT_INDEX UV_INDEX UV_INDEX_URL UV_EXTRA_INDEX_URL UV_INDEX_STRATEGY UV_NO_INDEX "
    "UV_FIND_LINKS UV_KEYRING_PROVIDER UV_CREDENTIALS_DIR "
    "UV_CACHE_DIR UV_NO_CACHE UV_LINK_MODE UV_LOCK_TIMEOUT UV_OFFLINE UV_INSECURE_HOST "
    "UV_NATIVE_TLS UV_SYSTEM_CERTS UV_HTTP_TIMEOUT UV_REQUEST_TIMEOUT UV_HTTP_CONNECT_TIMEOUT "
    "UV_HTTP_RETRIES UV_CONCURRENT_DOWNLOADS UV_CONCURRENT_BUILDS UV_CONCURRENT_INSTALLS "
    "UV_PYTHON_INSTALL_MIRROR UV_PYTHON_INSTALL_DIR UV_PYTHON_CACHE_DIR UV_PYTHON_DOWNLOADS "
    "UV_PYTHON_DOWNLOADS_JSON_URL"
).split()
KEPT_KINDS = re.compile(r"XDG_\w+|NIX_\w+|UV_INDEX_\w+_(USERNAME|PASSWORD)|SECONDTAKE_\w+")


@dataclass
class Downloads:
    """The large packages that uv downloads, as its lines tell of them."""

    sizes: dict[str, int] = field(default_factory=dict)
    finished: set[str] = field(default_factory=set)
    summary: str = ""  # its last line about all packages

    def follow(self, line: str) -> None:
        """A line of uv's output."""
        if match := DOWNLOADING.search(line):
            self.sizes[match[1]] = round(float(match[2]) * UNITS[match[3]])
        elif match := DOWNLOADED.search(line):
            self.finished.add(match[1])
        elif match := SUMMARY.match(line):
            self.summary = match[0].lower()

    def done(self, written: int | None, unpacked: Mapping[str, int]) -> int:
        """The bytes that came.

        written: what uv has written so far, None if nobody can tell. unpacked: the bytes on the
        disk of each package, where they are known.
        """
        whole = sum(self.sizes.get(name, 0) for name in self.finished)
        if written is None or not all(name in unpacked for name in self.sizes):
            return whole
        on_disk = sum(unpacked[name] for name in self.sizes)
        so_far = round(self.total * min(1.0, written / on_disk)) if on_disk else 0
        return max(whole, so_far if len(self.finished) < len(self.sizes) else self.total)

    @property
    def total(self) -> int:
        return sum(self.sizes.values())


@dataclass(frozen=True)
class Steps:
    """How the steps of one build run, and who hears of them."""

    environment: str  # its name
    cwd: Path
    log: Path  # gets all that is printed
    on_step: OnStep = lambda *step: None
    unpacked: Mapping[str, int] = field(default_factory=dict)  # bytes on the disk of each package

    def run(self, title: str, command: Sequence[str], environ: Mapping[str, str]) -> None:
        """Run one command to its end.

        ModelError network if it cannot reach the package index, timeout if nothing is heard of it
        for too long, environment if it fails otherwise. OSError if the log cannot be written.
        """
        self.on_step(title, 0, 0)
        try:
            out = self.log.open("ab", buffering=0)
            out.write(f"$ {' '.join(command)}\n".encode(errors="backslashreplace"))
        except OSError as error:
            raise with_path(error, self.log) from None
        with out:
            start = out.tell()
            code = self._follow(title, command, environ, out.fileno(), start)
        if code:
            with self.log.open("rb") as log:
                log.seek(start)
                raise self._failure(Path(command[0]).name, code, log.read())

    def _follow(
        self, title: str, command: Sequence[str], environ: Mapping[str, str], out: int, start: int
    ) -> int:
        """Run a command whose output goes to the log, from byte `start`; its exit code."""
        downloads, rest, code = Downloads(), b"", None
        silence = Silence(silence_limit())
        with (
            self.log.open("rb") as log,
            child_process.start(
                command, cwd=self.cwd, env=environ, stdout=out, stderr=child_process.STDOUT
            ) as child,
        ):
            log.seek(start)
            while code is None:
                try:
                    code = child.wait(POLL_SECONDS)
                except TimeoutError:
                    code = None
                *lines, rest = (rest + log.read()).split(b"\n")
                for line in lines:
                    downloads.follow(line.decode(errors="replace"))
                written = _written_bytes(child.pid)
                if written is None and downloads.total:
                    silence.limit = silence_limit(downloads.total / SLOW_LINE)
                if silence.is_too_long(log.tell(), written):
                    raise self._hung(title, silence.limit)
                if downloads.total and not downloads.summary:
                    done = downloads.done(written, self.unpacked)
                    self.on_step(f"{title}: downloading packages", done, downloads.total)
                else:
                    note = f", {downloads.summary}" if downloads.summary else ""
                    self.on_step(f"{title}{note}", 0, 0)
        return code

    @property
    def _hint(self) -> str:
        return f"the whole output is in {self.log}; then: {setup_command(self.environment)}"

    def _hung(self, title: str, limit: float) -> ModelError:
        message = f"{title}: nothing was said or written for {format_duration(limit)}; ended"
        return ModelError("timeout", message, f"{self._hint}; SECONDTAKE_TIMEOUT=0 waits for ever")

    def _failure(self, program: str, code: int, output: bytes) -> ModelError:
        lines = output.decode(errors="replace").strip().splitlines()
        ending = "\n    ".join(map(plain, lines[-TAIL_LINES:]))
        message = f"its environment could not be built ({program} ended with {code}):\n    {ending}"
        if OFFLINE.search(ending):
            remedy = "unset UV_OFFLINE, which keeps uv off the network (docs/troubleshooting.md)"
            return ModelError("network", message, f"{remedy}; {self._hint}")
        if UNREACHABLE.search(ending):
            remedy = "connect to the package index, or see docs/troubleshooting.md (proxy, mirror)"
            return ModelError("network", message, f"{remedy}; {self._hint}")
        return ModelError("environment", message, self._hint)


def build_environ() -> dict[str, str]:
    """The variables of uv and of what it builds: those of the caller's that are named above.

    None that changes what is installed, no hub token, nor one that a package's own build reads.
    Nor does uv read settings of its own, of the project's folder, one above it, or the user's.
    Messages are in English; the C locale lets Python read names of files as UTF-8 everywhere.
    """
    kept = {
        name: value
        for name, value in without_secrets(os.environ).items()
        if name in KEPT or KEPT_KINDS.fullmatch(name)
    }
    return {**kept, "LC_ALL": "C", "UV_NO_CONFIG": "1"}


def _written_bytes(process: int) -> int | None:
    """What a process has written to files so far; None where the system does not say."""
    try:
        facts = Path(f"/proc/{process}/io").read_text(encoding="ascii").splitlines()
        return int(dict(line.split(": ") for line in facts)["wchar"])
    except (OSError, KeyError, ValueError):
        return None
