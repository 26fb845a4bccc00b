"""Removable things: named, weighed, removed only when asked, and never anything of the user's."""

import signal

import pytest
from tests.runner.humming import locked_by_another, snapshot

from secondtake.core.environ import model_variables
from secondtake.core.errors import Exit
from secondtake.runner import commands, environments, maintenance


@pytest.fixture(autouse=True)
def handler_taken_back():
    before = signal.getsignal(signal.SIGTERM)
    yield
    signal.signal(signal.SIGTERM, before)


@pytest.fixture
def lived_in(hum):
    """A project with an environment in use and an old one, weights, takes, a song, a baseline."""
    environments.ensure(hum, "hum", hum.root / "build.log")
    hum.lock("hum").write_text("# changed\n")
    environments.ensure(hum, "hum", hum.root / "build.log")
    for file in (
        "results/hum/local_models/hum_segment1_instrumental.wav",
        "data/baseline/baseline.wav",
        ".cache/weights/hum-low.json",
        ".cache/huggingface/hub/blob",
    ):
        (hum.root / file).parent.mkdir(parents=True, exist_ok=True)
        (hum.root / file).write_bytes(b"x" * 1500)
    return hum


def clean(everything=False, yes=False):
    return commands.run(lambda: maintenance.clean(everything=everything, yes=yes))


def rest(path):
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(b"x" * 700)
    return path


def kept(project):
    """Files that no cleaning may touch."""
    return {name: snapshot(project.root / name) for name in ("results", "songs", "data", "scripts")}


def test_nothing_to_remove(project, capsys):
    assert clean() == 0
    assert capsys.readouterr().out == "nothing to remove; --all looks at more\n"
    assert clean(everything=True) == 0
    assert capsys.readouterr().out == "nothing to remove\n"


@pytest.mark.parametrize("everything", [False, True])
def test_without_yes_it_only_says_what_and_how_much(lived_in, capsys, everything):
    before = snapshot(lived_in.root)
    assert clean(everything=everything) == 0
    out = capsys.readouterr().out
    assert snapshot(lived_in.root) == before
    (old,) = environments.leftovers(lived_in)
    assert f".venvs/{old.name}: no longer used, " in out
    assert out.splitlines()[-1].startswith("would give back ")
    assert out.endswith("nothing was removed, add --yes to do it\n")
    assert (".cache: fetched or made again when needed, 3.0 kB" in out) == everything


def test_yes_removes_what_is_not_used_and_nothing_else(lived_in, capsys):
    part = rest(lived_in.results / "hum" / "local_models" / ".x.wav.abc.part")
    before, (old,) = kept(lived_in), environments.leftovers(lived_in)
    before["results"].pop("hum/local_models/.x.wav.abc.part")
    before["results"].pop("hum/local_models")  # the folder is written to, rightly
    assert clean(yes=True) == 0
    assert "given back" in capsys.readouterr().out
    assert not old.exists() and not part.exists()
    after = kept(lived_in)
    after["results"].pop("hum/local_models")
    assert after == before
    assert environments.is_built(lived_in, "hum") and lived_in.cache.is_dir()


def test_all_removes_environments_and_caches_and_they_can_be_made_again(lived_in):
    before = kept(lived_in)
    assert clean(everything=True, yes=True) == 0
    assert kept(lived_in) == before
    assert not lived_in.cache.exists() and not lived_in.environment("hum").is_symlink()
    assert list((lived_in.root / ".venvs").iterdir()) == []
    assert environments.ensure(lived_in, "hum", lived_in.root / "build.log").exists()


def test_what_a_run_is_writing_is_not_listed_and_what_a_killed_one_left_goes(lived_in, capsys):
    part = rest(lived_in.results / "hum" / "local_models" / ".new.wav.2.part")
    site = rest(lived_in.root / environments.FOLDER / f"{environments.BUILDING}hum-x" / "python")
    assert clean() == 0
    assert ".part" not in (out := capsys.readouterr().out) and "building" not in out
    with locked_by_another(lived_in):
        assert clean(yes=True) == Exit.LOCKED
    assert part.exists() and site.exists()
    assert clean(yes=True) == 0
    assert not part.exists() and not site.parent.exists()


def test_with_all_no_byte_counts_twice(project):
    rest(project.cache / "converted" / ".model.safetensors.3.part")
    things = maintenance.removable(project, everything=True)
    assert [(thing.path, thing.bytes) for thing in things] == [(project.cache, 700)]


def test_bytes_that_are_shared_are_counted_apart(project):
    (project.cache / "logs").mkdir(parents=True)
    (project.cache / "logs" / "alone").write_bytes(b"x" * 10)
    (project.root / "elsewhere").write_bytes(b"x" * 300)
    (project.cache / "logs" / "shared").hardlink_to(project.root / "elsewhere")
    (project.cache / "logs" / "link").symlink_to(project.root / "elsewhere")
    (thing,) = maintenance.removable(project, everything=True)
    assert (thing.bytes, thing.shared_bytes) == (10, 300)
    maintenance.remove([thing])
    assert (project.root / "elsewhere").exists()


def test_what_a_link_of_the_users_leads_to_is_theirs(hum, tmp_path):
    theirs = tmp_path / "theirs"
    theirs.mkdir()
    (theirs / "thesis.txt").touch()
    hum.environment("hum").symlink_to(theirs)
    assert clean(everything=True, yes=True) == 0
    assert (theirs / "thesis.txt").exists() and hum.environment("hum").is_symlink()


def test_a_cache_elsewhere_loses_only_what_is_ours(project, tmp_path, monkeypatch):
    elsewhere = tmp_path / "big"
    for file in ("photos/cat.jpg", "weights/hum-low.json", "huggingface/hub/blob", "cat.jpg"):
        (elsewhere / file).parent.mkdir(parents=True, exist_ok=True)
        (elsewhere / file).write_bytes(b"x")
    monkeypatch.setenv("SECONDTAKE_CACHE", str(elsewhere))
    assert clean(everything=True, yes=True) == 0
    assert sorted(p.name for p in elsewhere.iterdir()) == ["cat.jpg", "photos"]


def test_a_cache_that_is_the_project_itself_does_not_take_the_project_with_it(
    lived_in, monkeypatch
):
    monkeypatch.setenv("SECONDTAKE_CACHE", ".")
    before = kept(lived_in)
    assert clean(everything=True, yes=True) == 0
    assert kept(lived_in) == before


def test_our_caches_are_all_known(project):
    """A cache that a model's libraries are sent to, and that nobody could remove, would show."""
    places = [value for value in model_variables(project).values() if str(project.cache) in value]
    below = {value.removeprefix(f"{project.cache}/").split("/")[0] for value in places}
    assert below and below <= set(maintenance.CACHES)


def test_nothing_is_removed_under_a_running_study(lived_in, capsys):
    with locked_by_another(lived_in):
        before = snapshot(lived_in.root)
        assert clean(everything=True, yes=True) == Exit.LOCKED
        assert snapshot(lived_in.root) == before
    assert "another run" in capsys.readouterr().err
    assert clean(everything=True, yes=True) == 0
