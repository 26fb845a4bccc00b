"""May a checkpoint run? Every answer of the hub, told apart by the real client."""

import socket
from collections.abc import Callable

import pytest
from tests.hub import Account, LoopbackHub
from tests.runner.conftest import GATED, INSIDER, OUTSIDER, content_of
from tests.runner.humming import size_packages

from secondtake.core.errors import ModelError
from secondtake.core.formatting import format_bytes
from secondtake.core.project import Project
from secondtake.core.registry.bark import BARK
from secondtake.core.registry.sketch import SKETCH
from secondtake.core.registry.spec import Checkpoint, ModelSpec
from secondtake.core.registry.stable_audio import STABLE_AUDIO
from secondtake.runner import preflight as access_module
from secondtake.runner.hub.fetch import fetch
from secondtake.runner.preflight import preflight
from secondtake.runner.settings import Settings

BARK_SMALL = BARK.checkpoint("small")
OPEN = STABLE_AUDIO.checkpoint("open-1.0")
MakeSettings = Callable[..., Settings]


def refused(
    project: Project,
    settings: Settings,
    model: ModelSpec = STABLE_AUDIO,
    checkpoint: Checkpoint = OPEN,
) -> ModelError:
    with pytest.raises(ModelError) as caught:
        preflight(project, model, checkpoint, settings)
    assert "\n" not in caught.value.message + caught.value.hint
    assert caught.value.hint
    return caught.value


def test_open_weights_need_no_token_and_their_bytes_are_told(
    project: Project, hub: LoopbackHub, settings_for: MakeSettings
) -> None:
    access = preflight(project, BARK, BARK_SMALL, settings_for(hub))
    assert {d.source: d.bytes for d in access.downloads} == {
        weight.source: len(content_of(weight)) for weight in BARK_SMALL.weights
    }
    assert not hub.asked("GET")


def test_no_token(project: Project, hub: LoopbackHub, settings_for: MakeSettings) -> None:
    error = refused(project, settings_for(hub))
    assert error.code == "no_token"
    assert "docs/HUGGINGFACE_SETUP.md" in error.hint and OPEN.gate in error.hint


def test_bad_token(project: Project, hub: LoopbackHub, settings_for: MakeSettings) -> None:
    error = refused(project, settings_for(hub, "hf_revoked"))
    assert error.code == "bad_token"
    assert "HF_TOKEN in .env" in error.message and "hf_revoked" not in str(vars(error))


def test_a_token_that_cannot_be_one_is_not_even_sent(
    project: Project, hub: LoopbackHub, settings_for: MakeSettings
) -> None:
    assert refused(project, settings_for(hub, "hf_two words")).code == "bad_token"
    assert not [request for request in hub.requests if request.token]


def test_terms_not_accepted(project: Project, hub: LoopbackHub, settings_for: MakeSettings) -> None:
    error = refused(project, settings_for(hub, OUTSIDER))
    assert error.code == "terms"
    assert OPEN.gate in error.hint and "outsider" in error.message


def test_terms_asked_for_and_not_granted_yet(
    project: Project, hub: LoopbackHub, settings_for: MakeSettings
) -> None:
    hub.accounts[OUTSIDER].pending.add(GATED)
    error = refused(project, settings_for(hub, OUTSIDER))
    assert (error.code, "waits" in error.message) == ("terms", True)


@pytest.mark.parametrize("named", [True, False])
def test_a_fine_grained_token_without_the_right_is_told_which(
    project: Project, hub: LoopbackHub, settings_for: MakeSettings, named: bool
) -> None:
    account = Account("narrow", {GATED}, fine_grained=True, reads_gated=False)
    if not named:  # the hub may say no more than that the list does not name the account
        account.refusal = lambda repository: "restricted"  # type: ignore[method-assign]
    hub.accounts["hf_narrow"] = account
    error = refused(project, settings_for(hub, "hf_narrow"))
    assert error.code == "bad_token"
    assert "public gated repos" in error.hint


def test_terms_hint_at_the_right_when_the_token_is_fine_grained(
    project: Project, hub: LoopbackHub, settings_for: MakeSettings
) -> None:
    hub.accounts["hf_narrow"] = Account("narrow", fine_grained=True)
    error = refused(project, settings_for(hub, "hf_narrow"))
    assert error.code == "terms"
    assert "public gated repos" in error.hint


def test_with_token_and_terms_it_may_run(
    project: Project, hub: LoopbackHub, settings_for: MakeSettings
) -> None:
    access = preflight(project, STABLE_AUDIO, OPEN, settings_for(hub, INSIDER))
    assert access.bytes == sum(len(content_of(weight)) for weight in OPEN.weights)
    assert {r.path for r in hub.requests if r.token} == {
        f"/{w.source.replace(GATED, f'{GATED}/resolve/{w.revision}')}"
        for w in OPEN.weights
        if w.repository == GATED
    }


def test_a_bad_token_does_not_block_open_weights(
    project: Project, hub: LoopbackHub, settings_for: MakeSettings
) -> None:
    preflight(project, BARK, BARK_SMALL, settings_for(hub, "hf_revoked"))
    assert not [request for request in hub.requests if request.token]


def test_a_repository_that_became_gated_gets_the_token_once_it_asks(
    project: Project, hub: LoopbackHub, settings_for: MakeSettings
) -> None:
    hub.gated.add("suno/bark")
    assert refused(project, settings_for(hub), BARK, BARK_SMALL).code == "no_token"
    hub.accounts[INSIDER].accepted.add("suno/bark")
    assert preflight(project, BARK, BARK_SMALL, settings_for(hub, INSIDER)).downloads


@pytest.mark.parametrize("status", [500, 503, 429])
def test_a_fault_of_the_hub_is_named_as_its_own(
    project: Project, hub: LoopbackHub, settings_for: MakeSettings, status: int
) -> None:
    hub.faults.status["text.pt"] = [status]
    error = refused(project, settings_for(hub), BARK, BARK_SMALL)
    assert (error.code, str(status) in error.message) == ("network", True)


def test_what_the_hub_does_not_have_is_named(
    project: Project, hub: LoopbackHub, settings_for: MakeSettings
) -> None:
    (hub.root / "suno/bark/text.pt").unlink()
    error = refused(project, settings_for(hub), BARK, BARK_SMALL)
    assert (error.code, "text.pt in suno/bark" in error.message) == ("bad_weights", True)


def test_a_closed_port_is_asked_once_for_all_models(
    project: Project,
    hub: LoopbackHub,
    settings_for: MakeSettings,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        endpoint = f"http://127.0.0.1:{unused.getsockname()[1]}"
    settings = settings_for(hub, endpoint=endpoint)
    connections = count_connections(monkeypatch)
    first = refused(project, settings, BARK, BARK_SMALL)
    second = refused(project, settings)
    assert first.code == second.code == "network"
    assert first.message.startswith("hub unreachable")
    assert len(connections) == 1


def test_a_name_that_leads_nowhere_is_asked_once(
    project: Project,
    hub: LoopbackHub,
    settings_for: MakeSettings,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    names: list[str] = []

    def no_such_name(host: str, *_: object, **__: object) -> list[object]:
        names.append(host)
        raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")

    monkeypatch.setattr(socket, "getaddrinfo", no_such_name)
    settings = settings_for(hub, endpoint="https://hub.invalid")
    error = refused(project, settings, BARK, BARK_SMALL)
    assert (error.code, "hub.invalid" in error.message) == ("network", True)
    assert names == ["hub.invalid"]


def test_a_hub_that_never_answers_is_given_up(
    project: Project, hub: LoopbackHub, settings_for: MakeSettings, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("secondtake.runner.hub.client.PROBE_SECONDS", 0.05)
    hub.faults.pause["/"] = 1.0
    error = refused(project, settings_for(hub), BARK, BARK_SMALL)
    assert (error.code, "no answer" in error.message) == ("network", True)
    assert [request.path for request in hub.requests] == ["/"]


def test_what_is_no_hub_is_told(
    project: Project, hub: LoopbackHub, settings_for: MakeSettings
) -> None:
    folder = hub.root / "portal/suno/bark/resolve" / BARK_SMALL.weights[0].revision
    folder.mkdir(parents=True)
    (folder / "text.pt").write_text("please log in")
    settings = settings_for(hub, endpoint=f"{hub.url}/portal")
    error = refused(project, settings, BARK, BARK_SMALL)
    assert (error.code, "no hub" in error.message) == ("network", True)


def test_offline_by_the_users_wish_asks_nobody(
    project: Project, hub: LoopbackHub, settings_for: MakeSettings
) -> None:
    error = refused(project, settings_for(hub, offline=True), BARK, BARK_SMALL)
    assert (error.code, "HF_HUB_OFFLINE" in error.message) == ("network", True)
    assert hub.requests == []


def test_what_is_fetched_needs_neither_network_nor_token(
    project: Project, hub: LoopbackHub, settings_for: MakeSettings
) -> None:
    fetch(project, STABLE_AUDIO, OPEN, settings_for(hub, INSIDER))
    hub.requests.clear()
    access = preflight(project, STABLE_AUDIO, OPEN, settings_for(hub, offline=True))
    assert access.downloads == ()
    assert hub.requests == []


def test_disk(
    project: Project, hub: LoopbackHub, settings_for: MakeSettings, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(access_module, "free_disk_bytes", lambda path: 4 << 30)
    settings = settings_for(hub)
    preflight(project, BARK, BARK_SMALL, settings)
    with pytest.raises(ModelError) as caught:
        preflight(project, BARK, BARK_SMALL, settings, environment_built=False)
    assert caught.value.code == "disk"
    assert "4.3 GB are free" in caught.value.message


def test_room_for_an_environment_is_that_of_its_packages(
    project: Project, hub: LoopbackHub, settings_for: MakeSettings, monkeypatch: pytest.MonkeyPatch
) -> None:
    project.lock("bark").write_text("")
    size_packages(project, "bark", 10)  # and one byte on the disk
    monkeypatch.setattr(access_module, "free_disk_bytes", lambda path: 4 << 30)
    preflight(project, BARK, BARK_SMALL, settings_for(hub), environment_built=False)


def test_no_room_is_needed_where_nothing_is_written(
    project: Project, settings_for: MakeSettings, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(access_module, "free_disk_bytes", lambda path: 0)
    settings = Settings(ignore_memory=True)
    assert preflight(project, SKETCH, SKETCH.checkpoints[0], settings).downloads == ()


def test_memory(
    project: Project, hub: LoopbackHub, settings_for: MakeSettings, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(access_module, "available_memory_bytes", lambda: 1 << 30)
    error = refused(project, settings_for(hub, ignore_memory=False), BARK, BARK_SMALL)
    assert error.code == "memory"
    needed = format_bytes(BARK_SMALL.memory_bytes)
    assert error.message == f"Bark (small) needs about {needed} of memory, 1.1 GB are available"
    assert "SECONDTAKE_IGNORE_MEMORY=1" in error.hint and "--checkpoint" not in error.hint
    large = refused(project, settings_for(hub, ignore_memory=False), BARK, BARK.checkpoint("large"))
    assert f"take --checkpoint bark=small (about {needed})" in large.hint
    assert preflight(project, BARK, BARK_SMALL, settings_for(hub)).downloads


def count_connections(monkeypatch: pytest.MonkeyPatch) -> list[object]:
    """Every attempt to connect from here on, whether it comes to anything or not."""
    connections: list[object] = []
    connect = socket.create_connection

    def counting(address: tuple[str, int], *args: object, **kwargs: object) -> socket.socket:
        connections.append(address)
        return connect(address, *args, **kwargs)  # type: ignore[arg-type]

    monkeypatch.setattr(socket, "create_connection", counting)
    return connections
