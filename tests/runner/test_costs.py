"""What a checkpoint costs: nothing for what is here, once for what is shared, null if unknown."""

import json
from dataclasses import replace

import pytest

from secondtake.core.files import sha256_of
from secondtake.core.formatting import format_bytes
from secondtake.core.jobs import Job
from secondtake.core.plan import Request, plan
from secondtake.core.registry.all_models import MODELS
from secondtake.core.registry.spec import Checkpoint, Speed, WeightFile
from secondtake.core.song import load_song
from secondtake.runner import costs, environments, estimates
from secondtake.runner.amounts import Amount
from secondtake.runner.costs import cost_of, costs_of_jobs, total, work_time
from secondtake.runner.estimates import TimingHistory
from secondtake.runner.graphics_cards import GraphicsMemory
from secondtake.runner.hub.fetch import fetch
from secondtake.runner.package_sizes import this_platform
from secondtake.runner.preflight import PendingDownload, Preflight
from secondtake.runner.settings import Settings

PACKAGES = {
    "stable_audio": {"torch==2.7.1": [800, 1600], "torchsde==0.2.6": [1, 2]},
    "musicgen": {"torch==2.7.1": [800, 1600], "tokenizers==1": [3, 9]},
    "hum": {"numpy==2": [10, 30]},
    "analysis": {"scipy==1": [20, 60]},
}


@pytest.fixture
def sized(hum):
    """A project whose packages have sizes on this platform."""
    for name in PACKAGES:
        if not hum.lock(name).exists():
            hum.lock(name).write_text("")
    locks = {name: sha256_of(hum.lock(name)) for name in PACKAGES}
    value = {"locks": locks, "platforms": {this_platform(): PACKAGES}}
    (hum.root / "requirements" / "sizes.json").write_text(json.dumps(value))
    return hum


def cost(project, model, checkpoint="", **more):
    spec = MODELS[model]
    return cost_of(project, Settings(), spec, spec.checkpoint(checkpoint), **more)


def test_amounts_that_share_a_part_hold_it_once():
    one, other = Amount({"torch": 800, "a": 1}), Amount({"torch": 800, "b": 2})
    assert ((one + other).bytes, str(one + other)) == (803, "803 B")


@pytest.mark.parametrize(
    ("amount", "known", "text"),
    [
        (Amount(), 0, "nothing"),
        (Amount({"a": 0}), 0, "0 B"),
        (Amount({"a": 5}), 5, "5 B"),
        (Amount(unknown=True), None, "unknown"),
        (Amount({"a": 5}) + Amount(unknown=True), None, "at least 5 B"),
    ],
)
def test_what_is_unknown_is_no_zero(amount, known, text):
    assert (amount.known_bytes, str(amount)) == (known, text)
    assert bool(amount) == (text != "nothing")


def test_packages_and_weights_cost_what_is_recorded(sized):
    of_it = cost(sized, "stable_audio", "open-1.0")
    weights = MODELS["stable_audio"].checkpoint("open-1.0").weights
    assert (of_it.packages.bytes, of_it.environment_disk.bytes) == (801, 1602)
    assert of_it.weights.bytes == sum(w.bytes for w in weights)
    converted = MODELS["stable_audio"].checkpoint("open-1.0").converted_bytes
    assert of_it.weights_disk.bytes == of_it.weights.bytes + converted


def test_what_is_here_costs_nothing(sized, hub, settings_for):
    environments.ensure(sized, "hum", sized.root / "build.log")
    of_hum = cost(sized, "hum")
    assert str(of_hum.download) == str(of_hum.disk) == "nothing"
    bark, settings = MODELS["bark"], settings_for(hub)
    small = bark.checkpoint("small")
    before = cost_of(sized, settings, bark, small)
    fetch(sized, bark, small, settings)
    after = cost_of(sized, settings, bark, small)
    assert before.weights.bytes > 10**9 and not after.weights and not after.weights_disk
    # The codec and the vocabulary are those of the large checkpoint too.
    large = cost_of(sized, settings, bark, bark.checkpoint("large"))
    assert set(large.weights.parts) == {
        f"suno/bark/{stage}_2.pt" for stage in ("text", "coarse", "fine")
    }


def test_the_hub_knows_better_than_the_registry(sized):
    text, *others = MODELS["bark"].checkpoint("small").weights
    unsaid = [PendingDownload(weight.source, 0) for weight in others]
    access = Preflight((PendingDownload(text.source, 7), *unsaid))
    parts = cost(sized, "bark", "small", access=access).weights.parts
    assert parts == {text.source: 7, **{w.sha256 or w.source: w.bytes for w in others}}


def test_a_text_encoder_of_two_repositories_is_counted_once(sized):
    small, medium = (cost(sized, "stable_audio", name) for name in ("3-small-music", "3-medium"))
    shared = small.weights.parts.keys() & medium.weights.parts.keys()
    assert sum(small.weights.parts[part] for part in shared) == 1_183_022_944 + 34_411_406
    assert (
        total(sized, [small, medium]).download.bytes < small.download.bytes + medium.weights.bytes
    )


def test_a_lock_without_sizes_is_unknown_not_free(hum):
    of_hum = cost(hum, "hum")
    assert of_hum.packages.known_bytes is None and str(of_hum.packages) == "unknown"
    assert of_hum.to_json()["packages_bytes"] is None
    assert total(hum, [of_hum]).to_json()["download_bytes"] is None


def test_weights_of_unknown_size_are_unknown_and_optional_ones_count_if_known(sized, monkeypatch):
    weights = (WeightFile("w", "w.bin", "a/b"), WeightFile("o", "o.bin", "a/b", optional=True))
    purr = replace(MODELS["hum"], checkpoints=(Checkpoint("soft", "Soft", weights=weights),))
    monkeypatch.setitem(MODELS, "hum", purr)
    assert str(cost(sized, "hum").weights) == "unknown"
    sized_weights = (replace(weights[0], bytes=9), weights[1])
    purr = replace(purr, checkpoints=(replace(purr.default, weights=sized_weights),))
    monkeypatch.setitem(MODELS, "hum", purr)
    assert cost(sized, "hum").weights.parts == {"a/b/w.bin": 9}
    both = (sized_weights[0], replace(weights[1], bytes=5))
    purr = replace(purr, checkpoints=(replace(purr.default, weights=both),))
    monkeypatch.setitem(MODELS, "hum", purr)
    assert cost(sized, "hum").weights.bytes == 14
    absent = Preflight((PendingDownload("a/b/w.bin", 8),))  # the hub has no such optional one
    assert cost(sized, "hum", access=absent).weights.bytes == 8


def jobs_of(project, *models) -> list[Job]:
    song = project.root / "songs" / "two.toml"
    listed = ", ".join(f'"{model}"' for model in models)
    song.write_text(
        'title = "Two"\n[[segment]]\nnumber = 1\nkind = "instrumental"\ntitle = "A"\n'
        f'seconds = 10\nstyle = "tango"\nmodels = [{listed}]\n'
    )
    return list(plan(load_song(song, project), Request(takes=2)))


def test_a_sum_counts_shared_packages_once_and_stands_beside_what_is_free(sized, monkeypatch):
    monkeypatch.setattr(costs.machine, "free_disk_bytes", lambda path: 5)
    jobs = jobs_of(sized, "stable_audio", "musicgen")
    together = costs_of_jobs(sized, Settings(), jobs, {}, evaluate=True)
    weights = sum(c.weights.bytes for c in together.each)
    assert [c.time.takes for c in together.each] == [2, 2]
    assert together.download.bytes == 800 + 1 + 3 + 20 + weights
    assert together.environment_disk.bytes == 1600 + 2 + 9 + 60
    assert together.lines()[0].endswith(", 20 B of it for the analysis")
    assert together.lines()[1].endswith(" to fill, 5 B free")
    a_pass = costs.JUDGING_SECONDS + 2 * costs.JUDGING_SECONDS_A_TAKE
    assert together.judging == {"stable_audio": a_pass, "musicgen": a_pass}
    assert together.without({"musicgen"}).judging == {"stable_audio": a_pass}
    assert together.without({"musicgen", "stable_audio"}).judging == {}
    without = replace(together, evaluate=False)
    assert together.work_seconds == pytest.approx((without.work_seconds or 0) + 2 * a_pass)
    assert together.lines()[2].startswith("time for 4 takes and their analysis, without downloads")
    assert together.to_json()["free_cache_bytes"] == 5
    apart = replace(together, one_disk=False, free_project=1).lines()
    assert apart[1].startswith("disk of the environments: 1.7 kB to fill, 1 B free")
    assert apart[2].startswith("disk of the weights: ")


def test_time_goes_by_this_machines_takes_else_by_what_was_measured_elsewhere(sized):
    (job,) = [job for job in jobs_of(sized, "stable_audio") if job.take == 1]
    model = MODELS["stable_audio"]
    here = TimingHistory("cpu", 3, work=2.5, load_seconds=4.0)
    time = work_time(model, model.checkpoint("open-1.0"), here, [job, job])
    assert (time.seconds_a_take, time.work_seconds, time.load_seconds) == (25.0, 50.0, 4.0)
    assert str(time) == "0:25 for a take of 10 s, 0:50 in all (going by 3 takes made here on cpu)"
    speed = model.checkpoint("open-1.0").speed
    elsewhere = work_time(model, model.checkpoint("open-1.0"), None, [job])
    assert elsewhere.work_seconds == pytest.approx(10 * (speed.work + 100 * speed.step_work))
    assert str(elsewhere).endswith(f"(measured on {speed.processor})")
    quick = replace(job, settings={**job.settings, "steps": 10})
    fewer = work_time(model, model.checkpoint("open-1.0"), None, [quick])
    assert fewer.work_seconds == pytest.approx(10 * (speed.work + 10 * speed.step_work))
    unmeasured = work_time(model, replace(model.default, speed=None), None, [job])
    assert unmeasured.work_seconds is None and str(unmeasured).startswith("unknown")


def test_a_sum_with_one_unknown_time_is_unknown(sized):
    one, other = cost(sized, "hum"), cost(sized, "bark", "small")
    assert one.time.work_seconds is None  # the model that hums was measured nowhere
    assert total(sized, [one, other]).work_seconds is None
    assert total(sized, [other]).work_seconds == pytest.approx(
        (other.time.work_seconds or 0) + other.time.load_seconds
    )
    assert "unknown" in total(sized, [one, other]).lines()[-1]


@pytest.mark.parametrize("cards", [(), (GraphicsMemory("cuda", "a card"),)])
def test_graphics_memory_is_told_where_there_is_a_card(sized, monkeypatch, cards):
    monkeypatch.setattr(estimates, "graphics_memories", lambda: cards)
    needed = format_bytes(MODELS["bark"].checkpoint("large").graphics_bytes)
    lines = cost(sized, "bark", "large").lines()
    assert any(f"; for graphics: {needed} for a take, reckoned" in line for line in lines) == bool(
        cards
    )
    assert not any("are free" in line for line in lines)  # nobody says how much is
    assert cost(sized, "hum").graphics.text == "none" or "cuda" in MODELS["hum"].devices


def of_takes(sized, count, seconds, load):
    """Costs of so many takes, each of so many seconds."""
    one = cost(sized, "sketch")
    time = replace(one.time, takes=count, work_seconds=count * seconds, load_seconds=load)
    return replace(one, time=time)


@pytest.mark.parametrize(
    ("workers", "seconds"),
    [
        (1, 66.0),  # 60 of takes, 6 of loading
        (2, 36.0),  # both load
        (3, 26.0),
        (6, 16.0),  # a take and its loading
        (99, 16.0),  # no take is divided
    ],
)
def test_a_forecast_loads_on_every_worker_and_divides_no_take(sized, workers, seconds):
    costs = total(sized, [of_takes(sized, 6, 10.0, 6.0)], workers=workers)
    assert costs.forecast_seconds == pytest.approx(seconds)
    assert costs.work_seconds == pytest.approx(66.0)
    told = costs.lines()[-1]
    assert (f"with {workers} workers (one: 1:06)" in told) == (workers > 1)


def test_a_forecast_of_the_unknown_is_unknown(sized):
    costs = total(sized, [cost(sized, "hum"), of_takes(sized, 2, 10.0, 1.0)], workers=4)
    assert costs.forecast_seconds is None and costs.lines()[-1].endswith("unknown")


def test_speed_counts_steps_only_where_there_are_some():
    speed = Speed("a processor", work=1.0, step_work=0.5)
    assert speed.work_seconds(10, {}) == 10
    assert speed.work_seconds(10, {"steps": 8}) == 50
