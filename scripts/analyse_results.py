"""Compare a song's takes with its baselines; write figures, a page and plots. In venv-analysis."""

import argparse
import json
import sys
from pathlib import Path

from secondtake.errors import Exit
from secondtake.files import replacing, write_json, write_text
from secondtake.project import Project
from secondtake.song import Song
from secondtake_analysis.compiling import nothing_compiled
from secondtake_analysis.illustrate import illustration
from secondtake_analysis.material import Material, gather
from secondtake_analysis.program import parser, run
from secondtake_analysis.report import page
from secondtake_analysis.study import study

DESCRIPTION = "Compare every take of a song with its baseline and with the sketch."
EPILOG = """\
Without a baseline (invoke import-baseline FILE --segment N) takes are described, and compared with
the sketch only. Every similarity has its floor and its ceiling beside it; docs/metrics.md explains
them. Writes <results>/analysis/comparison_results.json, comparison_results.md and a PNG a take.
Files that did not change are not analysed again.

exit code: 0 done, 2 bad input

examples:
  python scripts/analyse_results.py
  python scripts/analyse_results.py --song songs/other.toml --no-plots
"""


def main(arguments: list[str] | None = None) -> int:
    """Run the program and return its exit code."""
    made = parser(DESCRIPTION, EPILOG)
    made.add_argument("--json", action="store_true", help="print the figures as JSON as well")
    made.add_argument("--no-plots", action="store_true", help="leave the pictures as they are")
    options = made.parse_args(arguments)
    return run(lambda song, project: _analyse(song, project, options), options.song)


def _analyse(song: Song, project: Project, options: argparse.Namespace) -> int:
    folder = song.results / "analysis"
    if nothing_compiled():
        print("librosa's first use compiles its code: about half a minute", file=sys.stderr)
    materials = gather(song, project, lambda name: print(f"    measuring {name}", file=sys.stderr))
    comparison = study(song, materials, project)
    if not options.no_plots:
        _draw(materials, folder)
    write_json(folder / "comparison_results.json", comparison)
    write_text(folder / "comparison_results.md", page(comparison))
    if options.json:
        print(json.dumps(comparison, indent=2, sort_keys=True, ensure_ascii=False))
    else:
        _tell(materials)
        print(f"read: {project.relative(folder / 'comparison_results.md')}")
    return Exit.DONE


def _draw(materials: list[Material], folder: Path) -> None:
    """Write the pictures that are new or changed."""
    for material in materials:
        for compared in material.takes:
            data = illustration(material, compared)
            path = folder / f"{compared.take.job.name}.png"
            if not path.is_file() or path.read_bytes() != data:
                with replacing(path) as file:
                    file.write(data)


def _tell(materials: list[Material]) -> None:
    """One line a segment on the terminal."""
    for material in materials:
        beside = "baseline" if material.baseline else f"no baseline: {material.why}"
        print(f"segment {material.segment.number}: takes: {len(material.takes)}; {beside}")
        for name, why in material.skipped:
            print(f"  not compared: {name}: {why}")


if __name__ == "__main__":
    sys.exit(main())
