"""Every test here starts real processes, on a real file system; nox -s faults runs them."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.e2e.conftest import House, clone_folder, clone_into
from tests.faults.studio import Studio, studio_in

HERE = Path(__file__).parent


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark every test of this folder."""
    for item in items:
        if item.path.is_relative_to(HERE):
            item.add_marker(pytest.mark.faults)


@pytest.fixture(autouse=True, scope="session")
def no_waiting_for_the_disk() -> None:
    """Here the disk is waited for, as everywhere outside the tests."""


@pytest.fixture
def studio(tmp_path: Path) -> Iterator[Studio]:
    """A scratch project with the humming model."""
    with studio_in(tmp_path / "project") as studio:
        yield studio


@pytest.fixture(scope="session")
def house() -> House:
    """A clone with the environments of the sketch and the analysis, as `invoke setup` builds them:
    for whatever needs the stages of a study."""
    house = House(clone_into(clone_folder("faults")), {})
    done = house.type("invoke", "setup", "--models", "sketch")
    assert done.returncode == 0, done.stdout + done.stderr
    return house
