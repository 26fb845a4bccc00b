"""Two hosts by network namespaces, and a cable between them that is pulled for half a minute."""

import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from tempfile import mkdtemp
from uuid import uuid4

import pytest
from tests.engines.hosts import RAY_START, RESOURCES, needs, node
from tests.engines.nodes import Nodes
from tests.engines.takes import names_of, statuses
from tests.faults.studio import LAUNCH, Studio, happens

GENERATE = ("invoke", "generate", "--song", "hum", "--models", "hum")
CUT_SECONDS = 30.0
WELL_UNDER_WAY = 2.0  # s, of the ten that a slow take needs
HEAD, NODE, PORT = "10.77.1.1", "10.77.1.2", "6379"  # in networks that nobody else sees


def ip(*words: str) -> None:
    subprocess.run(["ip", *words], check=True, capture_output=True)


@contextmanager
def cable() -> Iterator[tuple[str, str]]:
    """Two network namespaces, each with an end of a cable of the same name, and an address."""
    ends = tuple(f"engines-{uuid4().hex[:6]}" for _ in range(2))
    try:
        for end in ends:
            ip("netns", "add", end)
        ip("-n", ends[0], "link", "add", "cable", "type", "veth", "peer", "cable", "netns", ends[1])
        for end, address in zip(ends, (HEAD, NODE), strict=True):
            ip("-n", end, "address", "add", f"{address}/24", "dev", "cable")
            ip("-n", end, "link", "set", "cable", "up")
            ip("-n", end, "link", "set", "lo", "up")
        yield ends
    finally:
        for end in ends:
            subprocess.run(["ip", "netns", "delete", end], check=False, capture_output=True)


@contextmanager
def cut(end: str) -> Iterator[None]:
    """The cable is pulled meanwhile."""
    ip("-n", end, "link", "set", "cable", "down")
    try:
        yield
    finally:
        ip("-n", end, "link", "set", "cable", "up")


@pytest.fixture
def ends() -> Iterator[tuple[str, str]]:
    needs("unshare", "--net", "true")
    needs("ip", "netns", "list")
    with cable() as ends:
        yield ends


def test_a_network_that_is_cut_for_half_a_minute_costs_no_take(
    studio: Studio, ends: tuple[str, str], ray_folder: Path
) -> None:
    nodes = Nodes(Path(mkdtemp(dir=ray_folder)))
    head = ("--head", "--node-ip-address", HEAD, "--port", PORT, "--include-dashboard=false")
    head += ("--temp-dir", str(nodes.folder))
    other = ("--address", f"{HEAD}:{PORT}", "--node-ip-address", NODE)
    with ExitStack() as hosts:
        for end, words in zip(ends, (head, other), strict=True):
            start = ("ip", "netns", "exec", end, *RAY_START, *RESOURCES, *words)
            hosts.enter_context(node(start, nodes.variables(end)))
        studio.song("slow", "slow", "slow", "slow")
        words = (*GENERATE, "--engine", "ray", "--address", f"{HEAD}:{PORT}")
        command = subprocess.Popen(
            ["ip", "netns", "exec", ends[0], sys.executable, LAUNCH, *words],
            cwd=studio.project.root, env=studio.environ(), text=True, start_new_session=True,
            stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
        )  # fmt: skip
        assert happens(lambda: len(nodes.models()) == 2 or command.poll() is not None)
        time.sleep(WELL_UNDER_WAY)
        with cut(ends[0]):
            time.sleep(CUT_SECONDS)
        printed, said = command.communicate()
        assert command.returncode == 0, printed + said
        names = [f"hum_segment{number}_instrumental" for number in range(1, 5)]
        assert names_of(studio.takes.parent) == names
        assert statuses(studio.takes.parent) == dict.fromkeys(names, "done")
        assert [printed.count(f"✓ {name}: done") for name in names] == [1] * 4
        assert nodes.none_works(), nodes.alive()
    assert happens(lambda: not nodes.alive()), nodes.alive()
