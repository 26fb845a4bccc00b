"""Estimates of memory and time, and the checkpoint that is suggested where it suits better."""

from dataclasses import replace

import pytest
from tests.core.takes_of_hum import first_job, make

from secondtake.core.registry.all_models import MODELS
from secondtake.core.registry.sketch import SKETCH
from secondtake.core.registry.spec import Checkpoint, ModelSpec, Parameter
from secondtake.core.takes import record_path, write_record
from secondtake.runner import estimates
from secondtake.runner.estimates import (
    MachineResources,
    estimate_graphics,
    estimate_memory,
    memory_advice,
    suggest_checkpoint,
    timing_histories,
)
from secondtake.runner.graphics_cards import GraphicsMemory

LARGE = replace(
    MODELS["bark"].checkpoint("large"), memory_bytes=8 * 10**9, low_memory_bytes=2 * 10**9
)
SMALL = replace(MODELS["bark"].checkpoint("small"), memory_bytes=3 * 10**9)
BARK = replace(MODELS["bark"], checkpoints=(LARGE, SMALL))


def test_what_fits_needs_no_advice():
    estimate = estimate_memory(BARK, LARGE, 8 * 10**9, low=False)
    assert (estimate.needed, estimate.hint) == (8 * 10**9, "")
    assert str(estimate) == "Bark (large) needs about 8.0 GB of memory, 8.0 GB are available"


@pytest.mark.parametrize(
    ("checkpoint", "low", "hint"),
    [
        (LARGE, False, "close other programs, take --checkpoint bark=small (about 3.0 GB), set "
         "SECONDTAKE_LOW_MEMORY=1 (about 2.0 GB, slower), or set SECONDTAKE_IGNORE_MEMORY=1"),
        (LARGE, True, "close other programs, or set SECONDTAKE_IGNORE_MEMORY=1"),
        (SMALL, False, "close other programs, or set SECONDTAKE_IGNORE_MEMORY=1"),
    ],
)  # fmt: skip
def test_where_memory_is_short_the_mildest_remedy_comes_first(checkpoint, low, hint):
    assert estimate_memory(BARK, checkpoint, 10**9, low=low).hint == hint


def test_of_several_smaller_ones_those_are_named_that_fit():
    middle = replace(SMALL, name="middle", memory_bytes=6 * 10**9)
    tiny = replace(SMALL, name="tiny", memory_bytes=10**9)
    bark = replace(BARK, checkpoints=(LARGE, middle, SMALL, tiny))
    hint = estimate_memory(bark, LARGE, 4 * 10**9, low=False).hint
    assert "bark=small" in hint and "bark=tiny" in hint and "bark=middle" not in hint


def test_without_a_figure_of_what_is_available_every_way_is_named():
    ways = [(option.setting, option.bytes) for option in memory_advice(BARK, LARGE)]
    assert ways == [
        ("--checkpoint bark=small", 3 * 10**9),
        ("SECONDTAKE_LOW_MEMORY=1", 2 * 10**9),
    ]
    assert memory_advice(BARK, SMALL) == []


def test_one_stage_at_a_time_needs_what_was_measured_for_it():
    assert estimate_memory(BARK, LARGE, 10**9, low=True).needed == 2 * 10**9
    assert (
        estimate_memory(BARK, SMALL, 10**9, low=True).needed == 3 * 10**9
    )  # no figure, no promise


GB = 10**9
ON_A_CARD = tuple(
    replace(MODELS["stable_audio"].default, name=name, graphics_bytes=g, graphics_fast_bytes=f)
    for name, g, f in (("big", 9 * GB, 4 * GB), ("little", 3 * GB, 0))
)
CARD_MODEL = replace(MODELS["stable_audio"], checkpoints=ON_A_CARD)
CLOSE, LITTLE = "close what else uses it", "take --checkpoint stable_audio=little (about 3.0 GB)"
SLOWER, NO_MEMORY = "it will run on the processor, slower", "mode exact will end without memory"
AVOID, CPU_OR_FAST = "to avoid that,", "use --device cpu or use --mode fast (about 4.0 GB)"
FAST, EXACT = {"mode": "fast"}, {"mode": "exact"}


@pytest.mark.parametrize(
    ("settings", "free", "needed"),
    [([FAST], 4 * GB, 4 * GB), ([], 4 * GB, 4 * GB), ([FAST, EXACT], 9 * GB, 9 * GB),
     ([FAST], None, 4 * GB)],
)  # fmt: skip
def test_graphics_memory_is_that_of_the_mode_fast_by_default(monkeypatch, settings, free, needed):
    card = GraphicsMemory("cuda", "a card", free, 12 * GB)
    monkeypatch.setattr(estimates, "graphics_memories", lambda: (card,))
    estimate = estimate_graphics(CARD_MODEL, ON_A_CARD[0], settings)
    assert (estimate.needed, estimate.memory) == (needed, card)
    assert (estimate.hint, estimate.warnings) == ("", [])


@pytest.mark.parametrize(
    ("settings", "free", "need", "hint"),
    [
        (EXACT, 5.0, "9.0", f"{NO_MEMORY}; {AVOID} {CLOSE} or {CPU_OR_FAST} or {LITTLE}"),
        (EXACT, 3.0, "9.0", f"{SLOWER}; {AVOID} {CLOSE} or {LITTLE}"),
        (FAST, 3.0, "4.0", f"{SLOWER}; {AVOID} {CLOSE} or {LITTLE}"),
        (FAST, 1.0, "4.0", f"{SLOWER}; {AVOID} {CLOSE}"),
    ],
)
def test_graphics_memory_that_does_not_suffice_is_said_with_the_remedies(
    monkeypatch, settings, free, need, hint
):
    card = GraphicsMemory("cuda", "a card", int(free * GB), 12 * GB)
    monkeypatch.setattr(estimates, "graphics_memories", lambda: (card,))
    estimate = estimate_graphics(CARD_MODEL, ON_A_CARD[0], [settings])
    assert estimate.hint == hint
    assert estimate.warnings == [
        f"a take needs about {need} GB of graphics memory, {free} GB are free: {hint}"
    ]


def test_a_need_that_nobody_has_reckoned_is_unknown(monkeypatch):
    cards = (GraphicsMemory("cuda", "a card", 0, GB),)
    monkeypatch.setattr(estimates, "graphics_memories", lambda: cards)
    unreckoned = replace(ON_A_CARD[1], graphics_bytes=None)
    estimate = estimate_graphics(CARD_MODEL, unreckoned, [])
    assert (estimate.text, estimate.warnings) == ("unknown", [])


def test_what_runs_on_no_card_needs_no_graphics_memory(monkeypatch):
    cards = (GraphicsMemory("cuda", "a card", 0, 10**9),)
    monkeypatch.setattr(estimates, "graphics_memories", lambda: cards)
    estimate = estimate_graphics(SKETCH, SKETCH.default, [])
    assert (estimate.text, estimate.memory, estimate.warnings) == ("none", None, [])
    assert estimate.to_json() == {
        "graphics_bytes": None, "graphics_free_bytes": None, "graphics_hint": "",
    }  # fmt: skip


BIG = Checkpoint("big", "Big", memory_bytes=11 * 10**9, longest_seconds=47.0)
QUICK = Checkpoint(
    "small", "Small", memory_bytes=5 * 10**9, longest_seconds=11.0, defaults={"steps": 8}
)
TINY = Checkpoint("tiny", "Tiny", memory_bytes=10**9, longest_seconds=120.0)
STEPS = Parameter("steps", 100, "denoising steps", low=1, high=1000, kind=int)
MODEL = replace(
    SKETCH, name="m", devices=("cpu", "cuda"), parameters=(STEPS,), checkpoints=(BIG, QUICK, TINY)
)


def suggested(
    model: ModelSpec = MODEL, low: bool = False, full: tuple[str, ...] = (), **room
) -> str:
    facts = {"memory": 64 * 10**9, "cores": 8, "devices": frozenset({"cuda"}), **room}
    there = MachineResources(**facts)
    return suggest_checkpoint(model, model.default, there, low=low, no_room_for=frozenset(full))


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
    model = replace(MODEL, checkpoints=(big, QUICK))
    assert suggested(model, memory=6 * 10**9) and not suggested(model, low=True, memory=6 * 10**9)


def test_a_full_disk_counts():
    words = suggested(full=("big",))
    assert words.startswith("the disk has no room for Big; Small would fit (takes of at most 11 s)")
    assert suggested(full=("big", "small", "tiny")) == ""


@pytest.mark.parametrize(("cores", "beginning"), [(1, "with 1 core and"), (2, "with 2 cores and")])
def test_where_only_the_processor_computes_fewer_steps_are_worth_a_word(cores, beginning):
    words = suggested(cores=cores, devices=frozenset())
    assert words.startswith(f"{beginning} no other device, Small has less to do: 8 steps a take ")
    assert "instead of 100" in words and words.endswith("--checkpoint m=small")
    assert suggested(cores=cores, devices=frozenset({"mps"})) == words  # m does not know that one


def test_of_equally_few_steps_the_one_that_limits_less_is_taken():
    long = replace(QUICK, name="long", title="Long", longest_seconds=120.0)
    words = suggested(replace(MODEL, checkpoints=(BIG, QUICK, long)), devices=frozenset())
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


@pytest.fixture
def noted(hum, monkeypatch):
    """Write a record of one second of sound; on this machine, unless it says otherwise."""
    monkeypatch.setattr(estimates.platform, "system", lambda: "Linux")
    monkeypatch.setattr(estimates.platform, "machine", lambda: "x86_64")

    def note(number=1, **made):
        take = make(hum, replace(first_job(hum), take=number))
        facts = {"platform": "Linux x86_64", "started": f"2026-01-0{number}", **made}
        write_record(hum.results / "hum", replace(take, made=replace(take.made, **facts)))

    return note


def test_where_nothing_was_made_nothing_is_known(hum):
    assert timing_histories(hum) == {}


def test_a_second_of_sound_costs_what_the_records_say(hum, noted):
    noted(1, seconds=2.0, load_seconds=9.0)
    noted(2, seconds=4.0, load_seconds=0.0)
    ((key, history),) = timing_histories(hum).items()
    assert key == ("hum", "low")
    assert (history.device, history.takes, history.work, history.load_seconds) == (
        "cpu",
        2,
        3.0,
        9.0,
    )
    assert str(history) == "3 s of work for a second of sound, going by 2 takes made here on cpu"


def test_takes_of_one_batch_count_once(hum, noted):
    for number in (1, 2, 3):
        noted(number, seconds=2.0 * number, batch=3, started="2026-01-01")
    assert timing_histories(hum)["hum", "low"].work == pytest.approx(2.0)


def test_the_device_that_was_last_used_counts_alone(hum, noted):
    noted(1, seconds=50.0, device="cpu")
    noted(2, seconds=1.0, device="cuda")
    assert str(timing_histories(hum)["hum", "low"]) == (
        "1 s of work for a second of sound, going by 1 take made here on cuda"
    )


def test_takes_of_another_machine_and_damaged_records_teach_nothing(hum, noted):
    noted(1, platform="Darwin arm64")
    noted(2)
    record_path(hum.results / "hum", "hum_segment1_instrumental_take2").write_text("{")
    assert timing_histories(hum) == {}
