"""requirements/sizes.json is of the locks as they are, and of no other ones."""

import json

import pytest
from tests.conftest import ROOT

from secondtake.core.files import sha256_of
from secondtake.core.lock_names import lock_names, lock_variable
from secondtake.core.project import Project
from secondtake.runner.environments import environments
from secondtake.runner.package_sizes import package_sizes

PLATFORMS = ("Linux x86_64", "Linux aarch64", "Darwin arm64")
REMEDY = (
    "write it anew: .venv/bin/python -m benchmarks.package_sizes --write requirements/sizes.json"
)


@pytest.mark.parametrize("platform_name", PLATFORMS)
@pytest.mark.parametrize(
    ("name", "lock"), [(name, lock) for name in environments() for lock in lock_names(name)]
)
def test_every_environment_has_the_sizes_of_its_lock(name, lock, platform_name, monkeypatch):
    project = Project(ROOT)
    monkeypatch.setenv(lock_variable(name), lock)
    sizes = package_sizes(project, name, platform_name)
    assert sizes, REMEDY
    lock = project.lock_file(lock).read_text(encoding="utf-8")
    assert [pin for pin in sizes if f"\n{pin} " not in lock] == []
    assert all(wire > 0 and disk > 0 for wire, disk in sizes.values())


@pytest.mark.parametrize("change", ["the lock", "no platform", "damaged", "absent", "no lock"])
def test_what_is_not_known_is_none(project, change):
    lock, file = project.lock("hum"), project.root / "requirements" / "sizes.json"
    lock.parent.mkdir(exist_ok=True)
    lock.write_text("a==1\n")
    value = {"locks": {"hum": sha256_of(lock)}, "platforms": {"X y": {"hum": {"a==1": [1, 2]}}}}
    file.write_text(json.dumps(value))
    assert package_sizes(project, "hum", "X y") == {"a==1": (1, 2)}
    if change == "the lock":
        lock.write_text("a==2\n")
    elif change == "damaged":
        file.write_text("{")
    elif change == "absent":
        file.unlink()
    elif change == "no lock":
        lock.unlink()
    platform_name = "X z" if change == "no platform" else "X y"
    assert package_sizes(project, "hum", platform_name) is None
