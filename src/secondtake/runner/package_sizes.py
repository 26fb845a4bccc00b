"""The sizes of an environment's packages, from requirements/sizes.json.

The file is written by benchmarks/package_sizes.py, for the platforms that the project supports.
A lock that was changed since, or another platform, has no sizes: they are unknown.
"""

import platform
from collections.abc import Mapping
from typing import Any

from secondtake.core.files import sha256_of
from secondtake.core.project import Project
from secondtake.core.serialization import JsonFileError, read_json

FILE = "sizes.json"
REFERENCE = "Linux x86_64"  # where every package is the largest: PyTorch with NVIDIA's libraries
Sizes = Mapping[str, tuple[int, int]]  # by "name==version": bytes to download, bytes on the disk


def this_platform() -> str:
    """As the file names platforms: Linux x86_64, Darwin arm64, …"""
    return f"{platform.system()} {platform.machine()}"


def package_sizes(project: Project, environment: str, platform_name: str) -> Sizes | None:
    """The sizes of an environment's packages; None where they are not known."""

    def parse(value: Any) -> Sizes | None:
        lock = project.lock(environment)
        if not lock.is_file() or value["locks"].get(lock.stem) != sha256_of(lock):
            return None
        packages = value["platforms"].get(platform_name, {}).get(lock.stem)
        return packages and {pin: (int(wire), int(disk)) for pin, (wire, disk) in packages.items()}

    try:
        return read_json(project.lock(environment).with_name(FILE), parse)
    except JsonFileError:
        return None
