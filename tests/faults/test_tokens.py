"""Your access token reaches the hub that asks for it, and nothing else."""

import os
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from tests.faults.lying_hub import GATE, GATED, OPEN, TOKEN, LyingHub, lying_hub
from tests.faults.studio import Studio
from tests.hub.odd import says

OTHER_NAME = "HUGGING_FACE_HUB_TOKEN"


@pytest.fixture
def lying(tmp_path: Path) -> Iterator[LyingHub]:
    """The hub, which is honest here."""
    with lying_hub(tmp_path / "hub") as lying:
        yield lying


def holders(studio: Studio, folder: Path) -> list[Path]:
    """The files below a folder that hold the token."""
    files = [path for path in folder.rglob("*") if path.is_file() and not path.is_symlink()]
    assert files
    return [path for path in files if TOKEN.encode() in path.read_bytes()]


@pytest.mark.parametrize("name", ["HF_TOKEN", OTHER_NAME])
def test_no_process_that_is_started_has_the_token(
    studio: Studio, lying: LyingHub, name: str
) -> None:
    """Neither uv, a build, a probe nor a model that is started can read your token."""
    variables = {**lying.variables, name: TOKEN}
    process = studio.start("invoke", "generate", "--song", "hum", **variables)
    children: dict[int, bytes] = {}
    own = b"".join(os.fsencode(word) + b"\0" for word in process.args)
    while process.poll() is None:
        for number in set(studio.alive()) - {process.pid}:
            try:
                folder = Path("/proc") / str(number)
                words = (folder / "cmdline").read_bytes()
                seen = words + (folder / "environ").read_bytes()
            except OSError:
                continue
            if words != own:  # before it is another program, it is the one that holds the token
                children[number] = children.get(number, b"") + seen
        time.sleep(0.002)
    out, err = process.communicate()
    assert process.returncode == 0, out + err
    assert len(children) >= 2, children.keys()  # the build, the model
    assert not [seen for seen in children.values() if TOKEN.encode() in seen]
    assert TOKEN not in out + err and not holders(studio, studio.project.root)


def test_the_token_goes_where_a_gate_asks_for_it(studio: Studio, lying: LyingHub) -> None:
    """Your token goes to gated repositories alone, not to where their files lie, nor to a log."""
    lying.hub.storage = True
    both = {**lying.variables, "HF_TOKEN": TOKEN, "HF_DEBUG": "1"}
    for words in (OPEN, GATE):
        done = studio.type("invoke", "fetch", *words, **both)
        assert done.returncode == 0 and TOKEN not in done.stdout + done.stderr, done.stderr
    shown = {r.path.partition("/resolve/")[0] for r in lying.hub.requests if r.token}
    assert shown == {f"/{GATED}"}
    storage = [r for r in lying.hub.requests if r.path.startswith("/storage/")]
    assert storage and not any(request.token for request in storage)
    assert not holders(studio, studio.project.root)


def test_no_redirect_carries_the_token_to_another_host(studio: Studio, lying: LyingHub) -> None:
    """A hub that leads on to another host does not lead your token there."""
    elsewhere = f"http://localhost:{lying.hub.port}"

    def lead_away(handler: Any) -> None:
        if handler.headers["Host"].startswith("localhost"):
            return says(401, b"", X_Error_Code="GatedRepo")(handler)
        says(307, b"", Location=f"{elsewhere}{handler.path}")(handler)

    lying.hub.faults.odd["model_config.json"] = lead_away
    done = studio.type("invoke", "fetch", *GATE, **lying.variables, HF_TOKEN=TOKEN)
    assert done.returncode == 3 and "which is not sent your token" in done.stdout, done.stdout
    there = [r for r in lying.hub.requests if r.host.startswith("localhost")]
    assert there and not any(request.token for request in there)


@pytest.mark.parametrize("hub", ["hub.example", "127.0.0.1", "localhost"])
def test_the_token_is_not_sent_unencrypted(studio: Studio, lying: LyingHub, hub: str) -> None:
    """A hub on another machine, or a proxy before one on this, that asks for your token by plain
    http does not get it."""
    proxy = {"HTTP_PROXY": lying.hub.url, "NO_PROXY": "", "no_proxy": "", "HF_TOKEN": TOKEN}
    far = {**lying.variables, **proxy, "HF_ENDPOINT": f"http://{hub}"}
    done = studio.type("invoke", "fetch", *GATE, **far)
    assert done.returncode == 3, done.stdout
    assert "is not sent unencrypted" in done.stdout, done.stdout
    remedy = "https://hub.example" if hub == "hub.example" else f"NO_PROXY={hub}"
    assert remedy in done.stdout
    assert lying.hub.requests and not any(request.token for request in lying.hub.requests)


@pytest.mark.parametrize(
    ("variable", "words"),
    [
        *((name, ("doctor",)) for name in (
            "HF_ENDPOINT", "SECONDTAKE_PINS", "SECONDTAKE_CACHE", "SECONDTAKE_DOWNLOADS",
            "SECONDTAKE_TIMEOUT", "SECONDTAKE_LOW_MEMORY", "HF_HUB_OFFLINE", "HF_HUB_VERBOSITY",
            "HF_HUB_ETAG_TIMEOUT", "ALL_PROXY", "SSL_CERT_FILE", "OMP_WAIT_POLICY",
        )),
        ("", ("doctor", "--models", TOKEN)),
        ("", ("doctor", "--token", TOKEN)),
        ("", ("doctor", f"--{TOKEN}")),
        ("", (TOKEN,)),
        ("", ("fetch", "--models", "bark", "--checkpoint", f"bark={TOKEN}")),
        ("", ("generate", "--song", TOKEN)),
        ("", ("generate", "--song", "hum", "--models", "hum", "--segments", TOKEN)),
        ("", ("keep", TOKEN)),
    ],
    ids=lambda value: value if isinstance(value, str) else "-".join(value)[:20],
)  # fmt: skip
def test_a_token_in_the_wrong_place_is_not_repeated(
    studio: Studio, variable: str, words: tuple[str, ...]
) -> None:
    """A token in the wrong variable, or typed as an option, is repeated in no message or file."""
    wrong = {variable: TOKEN} if variable else {}
    nowhere = {"HF_ENDPOINT": "http://127.0.0.1:9", "NO_PROXY": "", "no_proxy": ""}
    done = studio.type("invoke", *words, **{**nowhere, **wrong})
    text = done.stdout + done.stderr
    assert done.returncode in (2, 3) and "Traceback" not in text, text
    assert TOKEN not in text and TOKEN[:12] not in text, text
    assert variable in text
    assert not holders(studio, studio.project.root)
    assert not [path for path in studio.project.root.rglob("*") if TOKEN in path.name]


FORM = "write HF_TOKEN=hf_…"


@pytest.mark.parametrize(
    ("lines", "told"),
    [
        (f"HF_TOKEN: {TOKEN}", f".env, line 1: {FORM}"),
        (f"\n# mine\nHF_TOKEN {TOKEN}\n", f".env, line 3: {FORM}"),
        (f"HF_TOKEN\n{TOKEN}\n", f".env, line 2: {FORM}"),
        (f"HF_TOKEN=“{TOKEN}”", f".env, line 1: {FORM}; quotation marks"),
        (f'HF_TOKEN="{TOKEN}\n', f".env, line 1: {FORM}; its quotation mark is not closed"),
        (f"HUGGINGFACE_TOKEN={TOKEN}", f".env, line 1: {FORM}; HUGGINGFACE_TOKEN is not read"),
        (f"HF_TOKEM={TOKEN}", f".env, line 1: {FORM}; HF_TOKEM is not read"),
        (f"{TOKEN}=\n", f".env, line 1: {FORM}"),
        (f"set HF_TOKEN={TOKEN}", f".env, line 1: {FORM}"),
        (f"HF_TOKEN=hf_abcdefgh\nHF_TOKEN={TOKEN}", ".env, lines 1 and 2: HF_TOKEN is set more"),
        (f"HF_TOKEN={TOKEN}".encode("utf-16"), "it is UTF-16 text; save it as UTF-8"),
        (f"HF_TOKEN={TOKEN} \xff".encode("latin-1"), "it is not UTF-8 text"),
    ],
    ids=range(12),
)  # fmt: skip
def test_a_line_that_cannot_be_read_is_named(
    studio: Studio, lying: LyingHub, lines: str | bytes, told: str
) -> None:
    """A line of .env that cannot be read is named by its number and the right form, no value."""
    path = studio.project.root / ".env"
    path.write_bytes(lines.encode() if isinstance(lines, str) else lines)
    path.chmod(0o600)
    done = studio.type("invoke", "doctor", *GATE, **lying.variables)
    text = done.stdout + done.stderr
    assert told in text and TOKEN not in text, text


@pytest.mark.parametrize(
    "lines",
    [f"export HF_TOKEN={TOKEN}\r\n", f"\ufeffHF_TOKEN = '{TOKEN}'  # mine", f'HF_TOKEN="{TOKEN}"'],
    ids=range(3),
)
def test_every_usual_way_to_write_the_token_is_read(
    studio: Studio, lying: LyingHub, lines: str
) -> None:
    """A token in .env is read with export, with quotation marks, and as Windows writes it."""
    path = studio.project.root / ".env"
    path.write_bytes(lines.encode())
    path.chmod(0o600)
    done = studio.type("invoke", "fetch", *GATE, **lying.variables)
    assert done.returncode == 0 and "warning" not in done.stderr, done.stderr
    assert os.path.commonpath([studio.project.root, *holders(studio, studio.project.root)])
