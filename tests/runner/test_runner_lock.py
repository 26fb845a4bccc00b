"""What the README installs: every dependency of the project, each with hashes."""

import re
import tomllib
from pathlib import Path

from tests.conftest import ROOT

BUILDERS = {"hatchling", "editables"}  # of our own package, which pip builds without a network


def requirements(path: Path) -> dict[str, str]:
    """{name: its whole requirement} of a requirements file, without comments."""
    lines = (line.partition("  #")[0].strip() for line in path.read_text().splitlines())
    wanted = [line for line in lines if line and not line.startswith("#")]
    return {re.split(r"[<>=]", line)[0]: line for line in wanted}


def test_the_runners_requirements_are_the_projects_dependencies():
    facts = tomllib.loads((ROOT / "pyproject.toml").read_text())
    wanted = requirements(ROOT / "requirements" / "runner.txt")
    builders = {wanted.pop(name) for name in BUILDERS}
    assert sorted(wanted.values()) == sorted(facts["project"]["dependencies"])
    assert set(facts["build-system"]["requires"]) <= builders


def test_every_locked_package_has_hashes_and_every_requirement_is_locked():
    lock = (ROOT / "requirements" / "runner.lock").read_text()
    assert "\n--only-binary :all:\n" in lock  # pip would build with tools that nobody has locked
    blocks = re.split(r"\n(?=[a-z0-9])", lock.partition("\n\n")[2] or lock)
    pins = [block for block in blocks if re.match(r"[a-z0-9.-]+==", block)]
    assert len(pins) > 20 and all("--hash=sha256:" in pin for pin in pins)
    names = {pin.partition("==")[0].replace("-", "_") for pin in pins}
    wanted = requirements(ROOT / "requirements" / "runner.txt")
    assert {name.replace("-", "_") for name in wanted} <= names
