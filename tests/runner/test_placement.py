"""Placement: which workers have room beside each other on a machine."""

from dataclasses import replace

import pytest

from secondtake.core.registry.all_models import MODELS
from secondtake.core.registry.spec import GIB
from secondtake.runner.placement import Machine, Need, count_workers, need_of

ON_PROCESSOR = Need(("sketch", "one"), memory=2 * GIB, graphics=None)
ON_CARD = Need(("song", "large"), memory=20 * GIB, graphics=10 * GIB, loading=5 * GIB)
OTHER = replace(ON_CARD, checkpoint=("tune", "small"))


def all_placed(machine, *needs):
    """What is placed if each need wants as many workers as it can get, in turn."""
    while sum(machine.place(need) is not None for need in needs):
        pass
    return [(each.need.checkpoint[0], each.card, each.threads) for each in machine.placed]


@pytest.mark.parametrize("model", sorted(MODELS))
def test_the_need_of_a_checkpoint_is_the_registrys(model):
    spec = MODELS[model]
    for checkpoint in spec.checkpoints:
        need = need_of(model, checkpoint.name)
        assert need.memory == checkpoint.memory_bytes
        assert (need.graphics is not None) == ("cuda" in spec.devices)
        assert need_of(model, checkpoint.name, "cpu").graphics is None
        low = need_of(model, checkpoint.name, low=True)
        assert low.memory == (checkpoint.low_memory_bytes or checkpoint.memory_bytes)
        if need.graphics is not None:
            mode = spec.settings(checkpoint, {}).get("mode")
            assert need.graphics == (checkpoint.needed_graphics(str(mode)) or 0)


def test_a_limit_shares_the_cores():
    assert all_placed(Machine(64 * GIB, 16, limit=3), ON_PROCESSOR) == [("sketch", None, 5)] * 3
    assert all_placed(Machine(64 * GIB, 2, limit=3), ON_PROCESSOR) == [("sketch", None, 1)] * 3


def test_auto_gives_eight_cores_to_a_worker_and_all_where_there_are_fewer():
    assert all_placed(Machine(64 * GIB, 2), ON_PROCESSOR) == [("sketch", None, 2)]
    assert all_placed(Machine(64 * GIB, 16), ON_PROCESSOR) == [("sketch", None, 8)] * 2
    assert all_placed(Machine(64 * GIB, 20), ON_PROCESSOR) == [
        ("sketch", None, 8), ("sketch", None, 8), ("sketch", None, 4),
    ]  # fmt: skip
    assert len(all_placed(Machine(64 * GIB, 19), ON_PROCESSOR)) == 2


def test_memory_is_shared_and_the_first_worker_is_placed_in_any_case():
    assert len(all_placed(Machine(5 * GIB, 64, limit=9), ON_PROCESSOR)) == 2
    assert len(all_placed(Machine(1 * GIB, 64, limit=9), ON_PROCESSOR)) == 1
    assert not Machine(1 * GIB, 64).fits(ON_PROCESSOR)


def test_each_card_gets_a_worker_and_two_models_share_one_that_has_room():
    two = Machine(64 * GIB, 16, cards=[16 * GIB, 16 * GIB])
    assert [card for _, card, _ in all_placed(two, ON_CARD)] == [0, 1]
    large = Machine(64 * GIB, 16, cards=[24 * GIB])
    assert all_placed(large, ON_CARD, OTHER) == [("song", 0, 16), ("tune", 0, 16)]
    whole = Machine(64 * GIB, 16, cards=[24 * GIB], whole_cards=True)
    assert len(all_placed(whole, ON_CARD, OTHER)) == 1
    asked_for = Machine(64 * GIB, 16, cards=[24 * GIB], limit=2)
    assert [card for _, card, _ in all_placed(asked_for, ON_CARD)] == [0, 0]


def test_a_card_of_unknown_size_has_one_worker():
    assert len(all_placed(Machine(64 * GIB, 16, cards=[None]), ON_CARD, OTHER)) == 1


def test_the_host_memory_of_a_worker_on_a_card_is_that_of_its_weights():
    cards = [16 * GIB] * 4
    assert len(all_placed(Machine(11 * GIB, 16, cards=cards), ON_CARD)) == 2


def test_what_no_card_can_hold_goes_to_the_processor():
    small = Machine(64 * GIB, 8, cards=[8 * GIB])
    assert all_placed(small, ON_CARD) == [("song", None, 7)]  # the card keeps its core
    assert small.fits(ON_CARD) and not Machine(8 * GIB, 8, cards=[8 * GIB]).fits(ON_CARD)


def test_a_full_card_is_waited_for_and_its_room_comes_back():
    machine = Machine(64 * GIB, 16, cards=[16 * GIB])
    first = machine.place(ON_CARD)
    assert first and machine.place(OTHER) is None
    assert machine.place(ON_PROCESSOR)  # beside it
    machine.free(first)
    assert machine.place(OTHER)


def test_counting_leaves_the_machines_as_they_were():
    machines = [Machine(64 * GIB, 16), Machine(64 * GIB, 8, cards=[16 * GIB])]
    assert count_workers(machines, [ON_PROCESSOR, ON_CARD]) == 4
    assert all(machine.placed == [] for machine in machines)
