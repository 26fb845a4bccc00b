"""Graphics cards, as far as Ray counts them: a node is told that it has two."""

from tests.engines.nodes import CORES, Nodes
from tests.engines.takes import names_of, statuses
from tests.faults.studio import Studio

GENERATE = ("invoke", "generate", "--song", "hum", "--models", "hum")
STARTS = 'if __name__ == "__main__":'
# Each load leaves the cards that its process sees in a file, and waits until there are four.
SEEN = """\
inner, project = load, Path(__file__).resolve().parents[1]  # which all machines see
def load(checkpoint, device, weights):
    cards = os.environ.get("CUDA_VISIBLE_DEVICES", "")
    (project / f"cards-{os.getpid()}").write_text(cards)
    for _ in range(1200):
        if len(list(project.glob("cards-*"))) == 4:
            return inner(checkpoint, device, weights)
        time.sleep(0.05)
    raise ModelError("bug", "there are not four workers")
"""


def test_each_card_has_a_worker_and_machines_without_one_work_too(
    studio: Studio, nodes: Nodes
) -> None:
    page = studio.project.script("hum")
    text = page.read_text().replace('devices=("cpu",)', 'devices=("cpu", "cuda")')
    page.write_text(text.replace(STARTS, SEEN + STARTS))
    studio.song(*["calm"] * 4)
    node = nodes.cluster.add_node(**nodes.arguments("cards", CORES), num_gpus=2)
    try:
        done = studio.type(*GENERATE, *nodes.words)
    finally:
        nodes.cluster.remove_node(node)
    assert done.returncode == 0, done.stdout + done.stderr
    cards = [path.read_text() for path in studio.project.root.glob("cards-*")]
    assert sorted(cards) == ["", "", "0", "1"]
    results = studio.takes.parent
    assert len(names_of(results)) == 4 and set(statuses(results).values()) == {"done"}
