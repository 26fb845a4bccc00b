"""Lock files: made from the requirements and what is laid over them. No package is asked for."""

import pytest
from tests.runner.humming import snapshot

from secondtake.core.lock_names import OTHER_LOCKS
from secondtake.runner import requirements_lock
from secondtake.runner.environments import environments
from secondtake.runner.requirements_lock import LOCKED_TOO, main


def test_requirements_without_a_package_become_an_empty_lock(hum, capfd):
    hum.lock("hum").write_text("# old\n")
    assert main(["hum"]) == 0
    lines = hum.lock("hum").read_text().splitlines()
    assert lines and all(line.startswith("#") for line in lines) and "# old" not in lines
    out = capfd.readouterr().out
    for option in ("--universal", "--generate-hashes", "--python-version 3.11"):
        assert option in out
    assert str(hum.root) not in hum.lock("hum").read_text()


def test_overrides_and_excludes_are_used_where_they_are(hum, capfd):
    main(["hum"])
    assert "--overrides" not in capfd.readouterr().out
    for kind in ("overrides", "excludes"):
        (hum.root / "requirements" / f"hum.{kind}").write_text("# none\n")
    assert main(["hum", "--upgrade"]) == 0
    out = capfd.readouterr().out
    assert "--overrides requirements/hum.overrides" in out
    assert "--excludes requirements/hum.excludes" in out and "--upgrade" in out


def test_requirements_that_are_none_leave_the_old_lock(hum):
    hum.lock("hum").write_text("# old\n")
    hum.requirements("hum").write_text("this is no requirement\n")
    assert main(["hum"]) != 0
    assert hum.lock("hum").read_text() == "# old\n"


def test_the_other_lock_of_an_environment_is_made_by_its_own_name(hum, monkeypatch):
    monkeypatch.setattr(requirements_lock, "OTHER_LOCKS", ("hum_new",))
    hum.requirements("hum_new").write_text("# for newer machines\n")
    assert main(["hum_new"]) == 0
    assert "hum_new.txt" in hum.lock_file("hum_new").read_text()


@pytest.mark.parametrize("name", ["barc", "../hum", "--upgrad"])
def test_an_environment_that_is_none_locks_nothing(hum, capsys, name):
    before = snapshot(hum.root)
    assert main(["hum", name]) == 2
    assert f"no environment {name!r}; " in capsys.readouterr().err
    assert snapshot(hum.root) == before


def test_without_a_name_every_environment_is_locked_and_the_worst_code_is_told(hum, monkeypatch):
    calls = []

    def lock(project, name, upgrade):
        calls.append(name)
        return 1 if name == "hum" else 0

    monkeypatch.setattr(requirements_lock, "compile_lock", lock)
    assert main([]) == 1
    assert calls == [*environments(), *OTHER_LOCKS, *LOCKED_TOO]
