"""How large each environment is, how long its build takes, and what in it is large.

    .venv/bin/python -m benchmarks.environments [NAME ...] [--write docs/environments.md]

Every environment is built twice as the runner builds it, imports tried, in a folder that goes
afterwards; the second build is timed, so that uv's cache is warm whatever it was before.
"""

import argparse
import shutil
import sys
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from importlib import metadata
from pathlib import Path

from secondtake.core.formatting import format_bytes
from secondtake.core.project import Project, find_project
from secondtake.core.registry.all_judges import JUDGES
from secondtake.core.registry.all_models import MODELS
from secondtake.runner import environments

OTHERS = {
    environments.ANALYSIS: "checks, comparison, plots",
    **{judge.name: f"judge, optional: {judge.asks}" for judge in JUDGES.values()},
}
LARGEST = 3  # packages that are named
BEGIN, END = "<!-- environments: begin -->", "<!-- environments: end -->"
# What a file is known by -> its bytes: one that uv linked from its cache by (device, inode), which
# it has in every environment that holds it; one of its own by (environment, path).
Files = Mapping[tuple[object, object], int]


@dataclass(frozen=True)
class Measured:
    """One environment as it lies on the disk."""

    name: str
    seconds: float  # its build took, with a warm cache
    files: Files
    packages: Mapping[str, int]  # name -> bytes, as their own lists of files say

    @property
    def bytes(self) -> int:
        return sum(self.files.values())


def main() -> None:
    page = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    page.add_argument("names", nargs="*", help="environments (default: all)")
    page.add_argument("--write", type=Path, help="put the table into this page of docs/")
    options = page.parse_args()
    text = report(
        [measure(find_project(), name) for name in options.names or environments.environments()]
    )
    print(text)
    if options.write:
        write(options.write, text)


def measure(project: Project, name: str) -> Measured:
    """Build it twice, and look at the second."""
    folder = project.root / ".cache" / "benchmarks" / "environments"  # on the disk of the checkout
    for _ in ("to fill the cache", "to be timed"):
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir(parents=True)
        for part in ("requirements", "src"):
            (folder / part).symlink_to(project.root / part)
        begun = time.monotonic()
        python = environments.ensure(Project(folder), name, folder / "build.log")
        seconds = time.monotonic() - begun
    home = python.parents[1].resolve()
    measured = Measured(name, seconds, dict(_files(name, home)), _packages(home))
    shutil.rmtree(folder)
    return measured


def report(found: list[Measured]) -> str:
    """The table, and what all of them take where files that several have are there once."""
    lines = ["| environment | for | packages | size | built in | largest packages |",
             "|---|---|---|---|---|---|"]  # fmt: skip
    for one in found:
        largest = sorted(one.packages.items(), key=lambda item: -item[1])[:LARGEST]
        named = ", ".join(f"{name} {format_bytes(count)}" for name, count in largest)
        link = Project(Path()).environment(one.name).name
        lines.append(
            f"| `{link}` | {_purpose(one.name)} | {len(one.packages)} | {format_bytes(one.bytes)} "
            f"| {one.seconds:.1f} s | {named} |"
        )
    together = sum({key: n for one in found for key, n in one.files.items()}.values())
    each = sum(one.bytes for one in found)
    if len(found) > 1:
        lines += [
            "",
            f"Counted one by one they are {format_bytes(each)}. Where uv can link, all of them "
            f"together take {format_bytes(together)} of the disk: what several of them hold is "
            "there once.",
        ]
    return "\n".join(lines)


def _purpose(name: str) -> str:
    return MODELS[name].title if name in MODELS else OTHERS[name]


def _files(name: str, home: Path) -> Iterator[tuple[tuple[object, object], int]]:
    for path in home.rglob("*"):
        if path.is_file() and not path.is_symlink():
            facts = path.stat()
            linked = facts.st_nlink > 1
            yield (facts.st_dev, facts.st_ino) if linked else (name, path), facts.st_size


def _packages(home: Path) -> dict[str, int]:
    """By name, the bytes of the files that each package lists as its own."""
    (site,) = (home / "lib").glob("python*/site-packages")
    return {
        found.name: sum(file.size or 0 for file in found.files or ())
        for found in metadata.distributions(path=[str(site)])
    }


def write(path: Path, text: str) -> None:
    page = path.read_text(encoding="utf-8")
    before, begin, rest = page.partition(BEGIN)
    _, end, after = rest.partition(END)
    if not begin or not end:
        sys.exit(f"{path} has no lines {BEGIN} and {END}")
    path.write_text(f"{before}{BEGIN}\n{text}\n{END}{after}", encoding="utf-8")


if __name__ == "__main__":
    main()
