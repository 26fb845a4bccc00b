"""What the packages of every environment weigh, to download and on the disk.

    .venv/bin/python -m benchmarks.package_sizes [--write requirements/sizes.json]
    .venv/bin/python -m benchmarks.package_sizes --page README.md   # the table of costs alone

For each lock and each platform, uv resolves which wheel it would take: their sizes are those that
the package index states. Then uv unpacks them into a folder that goes afterwards, and each
package's own list of files says what it takes on the disk. The other platforms' wheels are unpacked
on this one, and nothing of them is run. A package without a wheel for a platform (built from its
source there) weighs what its source does, and on the disk what it does here.
"""

import argparse
import json
import os
import re
import subprocess
import sys
import tempfile
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from importlib import metadata
from pathlib import Path
from typing import Any

import uv
from packaging.markers import Marker
from packaging.tags import Tag, compatible_tags, cpython_tags, mac_platforms
from packaging.utils import canonicalize_name, parse_wheel_filename

from secondtake.core.files import sha256_of
from secondtake.core.formatting import format_bytes, format_duration
from secondtake.core.lock_names import OTHER_LOCKS
from secondtake.core.project import Project, find_project
from secondtake.core.registry.all_models import MODELS
from secondtake.runner.amounts import UNKNOWN, Amount, amounts
from secondtake.runner.costs import work_time
from secondtake.runner.environments import PYTHON, environments
from secondtake.runner.package_sizes import REFERENCE, package_sizes

BEGIN, END = "<!-- costs: begin -->", "<!-- costs: end -->"
VERSION = tuple(map(int, PYTHON.split(".")))
OLDEST_MACOS = {"MACOSX_DEPLOYMENT_TARGET": "14.0"}  # that every lock has wheels for
NEWEST_GLIBC = 39  # manylinux_2_39: what the locks are tried with
LOCKS = (*environments(), *OTHER_LOCKS)


@dataclass(frozen=True)
class Platform:
    """A platform that the project supports."""

    name: str  # as platform.system() and platform.machine() say
    uv_name: str
    wheel_platforms: tuple[str, ...]  # the most specific first

    @property
    def tags(self) -> dict[Tag, int]:
        """The wheels that fit, each with its rank: 0 is taken before 1."""
        own = cpython_tags(VERSION, platforms=self.wheel_platforms)
        common = compatible_tags(VERSION, f"cp{VERSION[0]}{VERSION[1]}", self.wheel_platforms)
        return {tag: rank for rank, tag in enumerate([*own, *common])}

    @property
    def markers(self) -> dict[str, str]:
        system, machine = self.name.split()
        return {
            "platform_system": system,
            "platform_machine": machine,
            "sys_platform": system.lower(),
            "python_version": PYTHON,
            "python_full_version": f"{PYTHON}.9",
            "os_name": "posix",
            "implementation_name": "cpython",
            "platform_python_implementation": "CPython",
        }


def _linux(machine: str) -> tuple[str, ...]:
    numbered = [f"manylinux_2_{minor}_{machine}" for minor in range(NEWEST_GLIBC, 4, -1)]
    return (*numbered, f"manylinux2014_{machine}", f"manylinux1_{machine}", f"linux_{machine}")


PLATFORMS = (
    Platform("Linux x86_64", f"x86_64-manylinux_2_{NEWEST_GLIBC}", _linux("x86_64")),
    Platform("Linux aarch64", f"aarch64-manylinux_2_{NEWEST_GLIBC}", _linux("aarch64")),
    Platform("Darwin arm64", "aarch64-apple-darwin", tuple(mac_platforms((14, 0), "arm64"))),
)


def main() -> None:
    page = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    page.add_argument("--write", type=Path, help="put the figures into this file")
    page.add_argument("--page", type=Path, help="put the table of costs into this page, and stop")
    options = page.parse_args()
    project = find_project()
    if options.page:
        before, begin, rest = options.page.read_text(encoding="utf-8").partition(BEGIN)
        _, end, after = rest.partition(END)
        if not begin or not end:
            sys.exit(f"{options.page} has no lines {BEGIN} and {END}")
        text = f"{before}{BEGIN}\n{cost_table(project)}\n{END}{after}"
        options.page.write_text(text, encoding="utf-8")
        return
    locks = {name: sha256_of(project.lock_file(name)) for name in LOCKS}
    sizes = {
        platform.name: {name: measure(project, name, platform) for name in locks}
        for platform in PLATFORMS
    }
    for platform_name, by_environment in sizes.items():
        for name, packages in by_environment.items():
            download, disk = map(sum, zip(*packages.values(), strict=True))
            print(f"{platform_name:14} {name:14} {download:14,} {disk:14,}")
    if options.write:
        text = json.dumps({"locks": locks, "platforms": sizes}, indent=1)
        options.write.write_text(f"{_pairs_in_a_line(text)}\n", encoding="utf-8")


def cost_table(project: Project) -> str:
    """The costs of every checkpoint on a machine that has nothing yet, as the registry says."""
    lines = [
        "| checkpoint | packages | weights | disk, all of it | memory | on CUDA | a take of 10 s |",
        "|---|---|---|---|---|---|---|",
    ]
    for model in MODELS.values():
        packages, environment = amounts(package_sizes(project, model.name, REFERENCE))
        for checkpoint in model.checkpoints:
            weights = Amount(
                {w.source: w.bytes for w in checkpoint.weights if w.bytes is not None},
                any(w.bytes is None for w in checkpoint.weights),
            )
            converted = {"converted": checkpoint.converted_bytes} if checkpoint.weights else {}
            seconds = work_time(model, checkpoint, None, ()).work_seconds
            on_cuda = "cuda" in model.devices and checkpoint.graphics_bytes
            cells = [
                checkpoint.title if len(model.checkpoints) > 1 else model.title,
                str(packages),
                str(weights),
                str(environment + weights + Amount(converted)),
                format_bytes(checkpoint.memory_bytes),
                format_bytes(on_cuda) if on_cuda else "none",
                format_duration(seconds) if seconds else UNKNOWN,
            ]
            lines.append(f"| {' | '.join(cells)} |")
    return "\n".join(lines)


def measure(project: Project, name: str, platform: Platform) -> dict[str, tuple[int, int]]:
    """By "name==version": bytes to download, bytes on the disk."""
    with tempfile.TemporaryDirectory(dir=project.root / ".cache") as place:
        downloads, from_source = _downloads(project, name, platform, Path(place))
        on_disk = _on_disk(project, name, platform, from_source, Path(place))
    return {pin: (size, on_disk[pin]) for pin, size in sorted(downloads.items())}


def _downloads(
    project: Project, name: str, platform: Platform, place: Path
) -> tuple[dict[str, int], list[str]]:
    """The size of each file to download, by pin; and the names of those that have no wheel."""
    resolved = place / "pylock.toml"
    compile_ = [uv.find_uv_bin(), "pip", "compile", "--quiet", "--no-deps", "--universal"]
    compile_ += ["--python-version", PYTHON, "--format", "pylock.toml", "-o", str(resolved)]
    subprocess.run([*compile_, str(project.lock_file(name))], check=True)
    tags = platform.tags
    sizes, from_source = {}, []
    for package in tomllib.loads(resolved.read_text(encoding="utf-8"))["packages"]:
        if "marker" in package and not Marker(package["marker"]).evaluate(platform.markers):
            continue
        wheel = best_wheel(package.get("wheels", ()), tags)
        sizes[_pin(package["name"], package["version"])] = (wheel or package["sdist"])["size"]
        if wheel is None:
            from_source.append(package["name"])
    return sizes, from_source


def best_wheel(wheels: list[dict[str, Any]], tags: Mapping[Tag, int]) -> Mapping[str, Any] | None:
    """The wheel that an installer takes; None if none fits."""
    ranked = []
    for wheel in wheels:
        fitting = parse_wheel_filename(wheel["url"].rpartition("/")[2])[3] & tags.keys()
        if fitting:
            ranked.append((min(tags[tag] for tag in fitting), wheel))
    return min(ranked, key=lambda pair: pair[0])[1] if ranked else None


def _on_disk(
    project: Project, name: str, platform: Platform, from_source: list[str], place: Path
) -> dict[str, int]:
    """The bytes of each package's files, unpacked, by pin."""
    install = [uv.find_uv_bin(), "pip", "install", "--quiet", "--no-deps", "--require-hashes"]
    install += ["--python-version", PYTHON]
    for part, for_there in (("source", []), ("wheels", ["--python-platform", platform.uv_name])):
        lock = place / f"{part}.lock"
        text = project.lock_file(name).read_text(encoding="utf-8")
        lock.write_text(
            "".join(
                block
                for block in re.split(r"^(?=\S)", text, flags=re.MULTILINE)
                if (canonicalize_name(block.partition("==")[0]) in from_source)
                == (part == "source")
            )
        )
        command = [*install, *for_there, "--target", str(place / part), "-r", str(lock)]
        if "==" in lock.read_text():
            subprocess.run(command, check=True, env=os.environ | OLDEST_MACOS)
    return {
        _pin(package.name, package.version): sum(file.size or 0 for file in package.files or ())
        for part in ("source", "wheels")
        for package in metadata.distributions(path=[str(place / part)])
    }


def _pin(name: str, version: str) -> str:
    return f"{canonicalize_name(name)}=={version}"


def _pairs_in_a_line(text: str) -> str:
    """JSON with every [download, disk] in the line of its package."""
    lines: list[str] = []
    for line in text.splitlines():
        stripped = line.strip()
        is_rest = stripped.rstrip(",").isdigit() or stripped in ("]", "],")
        if is_rest and lines:
            lines[-1] += f"{' ' if lines[-1].endswith(',') else ''}{stripped}"
        else:
            lines.append(line)
    return "\n".join(lines)


if __name__ == "__main__":
    main()
