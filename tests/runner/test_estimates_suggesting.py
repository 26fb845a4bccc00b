"""Another checkpoint is suggested where it suits the machine, and nothing where it does not."""

from dataclasses import replace

import pytest

from secondtake.core.registry.all_models import MODELS
from secondtake.core.registry.sketch import SKETCH
from secondtake.core.registry.spec import Checkpoint, Model, Parameter
from secondtake.runner.estimates import Room, suggestion

BIG = Checkpoint("big", "Big", memory_bytes=11 * 10**9, longest_seconds=47.0)
SMALL = Checkpoint(
    "small", "Small", memory_bytes=5 * 10**9, longest_seconds=11.0, defaults={"steps": 8}
)
TINY = Checkpoint("tiny", "Tiny", memory_bytes=10**9, longest_seconds=120.0)
STEPS = Parameter("steps", 100, "denoising steps", low=1, high=1000, kind=int)
MODEL = replace(
    SKETCH, name="m", devices=("cpu", "cuda"), parameters=(STEPS,), checkpoints=(BIG, SMALL, TINY)
)


def suggested(model: Model = MODEL, low: bool = False, full: tuple[str, ...] = (), **room) -> str:
    facts = {"memory": 64 * 10**9, "cores": 8, "devices": frozenset({"cuda"}), **room}
    there = Room(**facts)
    return suggestion(model, model.default, there, low=low, no_room_for=frozenset(full))


def test_on_a_machine_for_it_nothing_is_suggested():
    assert suggested() == ""


def test_the_largest_that_fits_is_suggested_and_what_it_cannot_do_is_said():
    assert suggested(memory=6 * 10**9) == (
        "Big needs 11.0 GB of memory, 6.0 GB are available; Small would fit (takes of at most "
        "11 s): --checkpoint m=small"
    )
    assert suggested(memory=2 * 10**9).endswith("Tiny would fit: --checkpoint m=tiny")


def test_what_fits_nowhere_is_not_suggested():
    assert suggested(memory=10**8) == ""


def test_one_stage_at_a_time_may_be_enough():
    big = replace(BIG, low_memory_bytes=4 * 10**9)
    model = replace(MODEL, checkpoints=(big, SMALL))
    assert suggested(model, memory=6 * 10**9) and not suggested(model, low=True, memory=6 * 10**9)


def test_a_full_disk_counts():
    words = suggested(full=("big",))
    assert words.startswith("the disk has no room for Big; Small would fit (takes of at most 11 s)")
    assert suggested(full=("big", "small", "tiny")) == ""


@pytest.mark.parametrize(("cores", "told"), [(1, "with 1 core and"), (2, "with 2 cores and")])
def test_where_only_the_processor_computes_fewer_steps_are_worth_a_word(cores, told):
    words = suggested(cores=cores, devices=frozenset())
    assert words.startswith(f"{told} no other device, Small has less to do: 8 steps a take ")
    assert "instead of 100" in words and words.endswith("--checkpoint m=small")
    assert suggested(cores=cores, devices=frozenset({"mps"})) == words  # m does not know that one


def test_of_equally_few_steps_the_one_that_limits_less_is_taken():
    long = replace(SMALL, name="long", title="Long", longest_seconds=120.0)
    words = suggested(replace(MODEL, checkpoints=(BIG, SMALL, long)), devices=frozenset())
    assert words.endswith("instead of 100: --checkpoint m=long")


def test_a_model_without_steps_has_no_quicker_checkpoint():
    assert suggested(replace(MODEL, parameters=()), devices=frozenset()) == ""


@pytest.mark.parametrize("name", MODELS)
def test_every_model_of_the_registry_can_be_asked(name):
    model = MODELS[name]
    need = model.default.memory_bytes
    words = suggested(model, memory=need - 1)
    smaller = [c for c in model.checkpoints if c.memory_bytes < need]
    assert bool(words) == bool(smaller)
    assert not smaller or f"--checkpoint {name}=" in words
