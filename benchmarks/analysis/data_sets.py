"""Write which sources belong to which set: python -m benchmarks.analysis.data_sets

The page is docs/lab/data-sets.md. Nothing is fetched.
"""

import sys
from collections import Counter
from pathlib import Path

from benchmarks.analysis.corpus import ALBUMS
from benchmarks.analysis.sung import SPLITS, sources
from benchmarks.harness import put

PAGE = Path(__file__).parents[2] / "docs" / "lab" / "data-sets.md"


def table() -> str:
    """Every source with its set, what it holds and who made it."""
    lines = ["| set | source | holds | made by |", "|---|---|---|---|"]
    for split in SPLITS:
        for repo in dict.fromkeys(s.repo for s in sources() if s.split == split):
            of_repo = [source for source in sources() if source.repo == repo]
            kinds = Counter(source.kind for source in of_repo)
            makers = ", ".join(dict.fromkeys(source.made_by for source in of_repo))
            holds = ", ".join(f"{count} {kind}" for kind, count in kinds.items())
            lines.append(f"| {split} | `{repo}` | {holds} | {makers} |")
        for package in dict.fromkeys(a.package for a in ALBUMS if a.split == split):
            albums = ", ".join(a.name for a in ALBUMS if a.package == package)
            lines.append(f"| {split} | Debian `{package}` | instrumental: {albums} | human |")
    return "\n".join(lines)


if __name__ == "__main__":
    put(PAGE, "sources", table())
    sys.exit(0)
