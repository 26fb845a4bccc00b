"""The steps of uv: run, logged, and followed while they last.

uv says which large packages it downloads, and when each is there. How much of those under way has
come is seen on Linux from the bytes that uv has written: it unpacks them as they come.
"""

import re
import subprocess
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from threading import Thread
from typing import BinaryIO

from secondtake.core.errors import ModelError

OnStep = Callable[[str, int, int], None]  # a step, how much of it is done, of how much (0: unknown)
DOWNLOADING = re.compile(r"Downloading (\S+) \(([0-9.]+)([KMG]?)i?B\)")
DOWNLOADED = re.compile(r"Downloaded (\S+)")
SUMMARY = re.compile(r"(Prepared|Installed) \d+ packages?")
UNITS = {"": 1, "K": 1 << 10, "M": 1 << 20, "G": 1 << 30}
POLL_SECONDS = 0.5
TAIL_LINES = 12  # of a failed step's output, shown to the user
# What uv says where nobody answers; an index that answers with an error is none of these.
UNREACHABLE = re.compile(r"error sending request|dns error|tcp connect error|operation timed out")

OFFLINE = re.compile(r"network (was|connectivity is) disabled", re.IGNORECASE)  # as it was told to


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


def run_step(
    title: str,
    command: list[str],
    log: Path,
    environment: str,
    on_step: OnStep,
    unpacked: Mapping[str, int],
) -> None:
    """Run one command of uv to its end; `log` gets its output.

    ModelError network if it cannot reach the package index, environment if it fails otherwise.

    unpacked: the bytes on the disk of each package by name, where they are known.
    """
    downloads, printed = Downloads(), []
    with log.open("ab") as out:
        out.write(f"$ {' '.join(command)}\n".encode())
        process = subprocess.Popen(
            command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT
        )
        assert process.stdout is not None

        def read(pipe: BinaryIO) -> None:
            for line in pipe:
                out.write(line)
                out.flush()
                printed.append(line.decode(errors="replace"))
                downloads.follow(printed[-1])

        reader = Thread(target=read, args=(process.stdout,), daemon=True)
        reader.start()
        try:
            while True:
                reader.join(POLL_SECONDS)
                done = downloads.done(_written_bytes(process.pid), unpacked)
                if downloads.total and not downloads.summary:
                    on_step(f"{title}: downloading packages", done, downloads.total)
                else:
                    note = f", {downloads.summary}" if downloads.summary else ""
                    on_step(f"{title}{note}", 0, 0)
                if not reader.is_alive():
                    break
            code = process.wait()
        except BaseException:
            process.kill()
            process.wait()
            raise
    if code:
        ending = "\n    ".join("".join(printed).strip().splitlines()[-TAIL_LINES:])
        message = f"its environment could not be built ({Path(command[0]).name} ended with "
        message += f"{code}):\n    {ending}"
        hint = f"the whole output is in {log}; then: invoke setup --models {environment}"
        if OFFLINE.search(ending):
            remedy = "unset UV_OFFLINE, which keeps uv off the network (docs/troubleshooting.md)"
            raise ModelError("network", message, f"{remedy}; {hint}")
        if UNREACHABLE.search(ending):
            remedy = "connect to the package index, or see docs/troubleshooting.md (proxy, mirror)"
            raise ModelError("network", message, f"{remedy}; {hint}")
        raise ModelError("environment", message, hint)


def _written_bytes(process: int) -> int | None:
    """What a process has written to files so far; None where the system does not say."""
    try:
        facts = Path(f"/proc/{process}/io").read_text(encoding="ascii").splitlines()
        return int(dict(line.split(": ") for line in facts)["wchar"])
    except (OSError, KeyError, ValueError):
        return None
