"""A hub is not believed."""

import json
import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from email.utils import formatdate
from pathlib import Path
from typing import Any

import pytest
from tests.faults.lying_hub import GATE, GATED, OPEN, TOKEN, LyingHub, lying_hub
from tests.faults.socks_proxy import SocksProxy
from tests.faults.studio import LAUNCH, Studio
from tests.hub import Account
from tests.hub.faults import Odd
from tests.hub.odd import COMMIT, file_of, raw, says, slow_head

FILE = "text.pt"  # of Bark, as the hub names it
VOCABULARY = "vocab.txt"
RED, REVERSED = "\x1b[31m", "\u202e"
WHOLE = {"X_Repo_Commit": COMMIT, "ETag": '"' + "e" * 40 + '"'}


@pytest.fixture
def lying(tmp_path: Path) -> Iterator[LyingHub]:
    """The hub that lies."""
    with lying_hub(tmp_path / "hub") as lying:
        yield lying


def fetch(
    studio: Studio, lying: LyingHub, *words: str, **variables: str
) -> "subprocess.CompletedProcess[str]":
    """Type invoke fetch, with the hub's variables."""
    return studio.type("invoke", "fetch", *(words or OPEN), **lying.variables, **variables)


def said(done: "subprocess.CompletedProcess[str]") -> str:
    """What a failed command said, checked: no traceback, nothing that moves a terminal's cursor."""
    text = done.stdout + done.stderr
    assert done.returncode in (1, 3), text
    assert "Traceback" not in text and RED not in text and REVERSED not in text, text
    assert max(map(len, text.splitlines())) < 1000, text
    return text


def cached(studio: Studio) -> int:
    """The bytes in the cache."""
    return sum(path.stat().st_size for path in studio.project.cache.rglob("*") if path.is_file())


@pytest.mark.parametrize(
    "odd",
    [
        says(302, Location=f"/suno/bark/resolve/main/{FILE}"),  # again and again
        says(302, Location="file:///etc/passwd"),
        says(301, Location="http://["),
        says(302, Location="http://user:password@127.0.0.1:1/"),
        says(302),
        says(204),
        says(304),
        says(418, b"[]", X_Error_Message=f"{RED}tea{REVERSED} " * 500),
        says(401, b"null", X_Error_Code=f"{RED}GatedRepo"),
        says(403, b"<html>" * 100, Content_Type="text/html"),
        says(503, b"{", Retry_After=f"soon {RED}"),
        says(200, b"x" * 10),
        says(200, b"", X_Repo_Commit="../" * 9, ETag='"' + "e" * 40 + '"'),
        says(200, b"", X_Repo_Commit=COMMIT, ETag='"../../x"'),
        says(200, b"", **WHOLE, X_Linked_Size="-5"),
        says(200, b"", **WHOLE, X_Linked_Size="9" * 400),
        says(200, b"", **WHOLE, X_Linked_Size="99999999999999"),
        says(200, b"", X_Filler="x" * 300_000),
        raw(b"SSH-2.0-OpenSSH_9.6\r\n"),
        raw(b"HTTP/1.1 200 \x1b[31mred\r\nContent-Length: ten\r\n\r\n"),
        raw(b""),
    ],
    ids=range(21),
)  # fmt: skip
def test_whatever_a_hub_answers_is_one_line(studio: Studio, lying: LyingHub, odd: Odd) -> None:
    """Whatever a hub answers, be it no HTTP at all, you are told in a line, and what to do."""
    lying.hub.faults.odd[FILE] = odd
    assert "→" in said(fetch(studio, lying))


@pytest.mark.parametrize(
    "body",
    [
        b"[]", b"null", b"7", b'"you"', b"<html>", b"", b"[" * 100_000, b" " * 20_000_000,
        b'{"auth": 3}', b'{"auth": {"accessToken": []}}', b'{"name": ["you"]}',
        json.dumps({"name": f"{RED}{REVERSED}" * 999, "auth": {"accessToken": {
            "role": "fineGrained", "fineGrained": 1}}}).encode(),
    ],
    ids=range(12),
)  # fmt: skip
def test_an_account_of_any_shape_is_one_line(studio: Studio, lying: LyingHub, body: bytes) -> None:
    """What a hub says of your account may have any shape: you are still told whose terms wait."""
    lying.hub.accounts[TOKEN] = Account("outsider")
    lying.hub.faults.odd["whoami-v2"] = says(200, body)
    text = said(fetch(studio, lying, *GATE, HF_TOKEN=TOKEN))
    assert f"has not accepted the terms of {GATED}" in text


@pytest.mark.parametrize(
    ("name", "promised", "most"), [(FILE, 3_000_000, 3_000_000), (VOCABULARY, None, 1 << 26)]
)
def test_no_more_is_written_than_was_promised(
    studio: Studio, lying: LyingHub, name: str, promised: int | None, most: int
) -> None:
    """No byte more than a hub promised is written, and where it promises none, a stated maximum."""
    lying.hub.faults.odd[name] = file_of(promised, 100_000_000, block=1 << 20)
    text = said(fetch(studio, lying))
    assert "more arrives than" in text and name in text
    assert cached(studio) < most
    sent: list[int] = []  # while it comes, too
    lying.hub.faults.odd[name] = file_of(promised, most + 1_000_000, pause=0.01, block=1 << 20)
    process = studio.start("invoke", "fetch", *OPEN, **lying.variables)
    while process.poll() is None:
        parts = studio.project.cache.rglob("*.part")
        sent += [path.stat().st_size for path in parts if path.is_file()]
        time.sleep(0.01)
    process.communicate()
    assert sent and max(sent) <= most


def test_another_part_of_the_file_is_not_taken(studio: Studio, lying: LyingHub) -> None:
    """Another part of a file than was asked for is thrown away; the file is whole in the end."""

    def other_part(handler: Any) -> None:
        if not handler.headers.get("Range"):
            return handler._route(handler.path, "")
        handler.send_response(206)
        handler.send_header("Content-Range", "bytes 7-16/17")
        handler.send_header("Content-Length", "10")
        handler.end_headers()
        handler.wfile.write(b"0123456789")

    lying.hub.faults.odd[FILE] = other_part
    lying.hub.faults.cut[FILE] = [1000]
    done = fetch(studio, lying)
    assert done.returncode == 0, done.stderr
    ranges = [request.range for request in lying.hub.asked("GET", FILE)]
    assert ranges == ["", "bytes=1000-", ""]


@pytest.mark.parametrize(
    "odd", [file_of(3000, 3000, pause=0.1, block=1), slow_head(30)], ids=["body", "head"]
)
def test_a_stall_ends(studio: Studio, lying: LyingHub, odd: Odd) -> None:
    """A hub that sends a byte now and then is not waited for until the end of days."""
    lying.hub.faults.odd[FILE] = odd
    short = (
        "import runpy, sys; "
        "from secondtake.runner.hub import client, download, integrity, transport as t; "
        "t.ANSWER_SECONDS = t.WINDOW_SECONDS = t.SILENCE_SECONDS = client.PROBE_SECONDS = 0.7; "
        "download.RETRY_SECONDS = integrity.PAUSE_SECONDS = 0; "
        f"sys.argv[0] = {str(LAUNCH)!r}; runpy.run_path(sys.argv[0], run_name='__main__')"
    )
    process = subprocess.run(
        [sys.executable, "-c", short, "invoke", "fetch", *OPEN],
        cwd=studio.project.root,
        env=studio.environ(**lying.variables),
        capture_output=True,
        text=True,
        timeout=60,
    )
    text = said(process)
    assert "bytes a second" in text or "no answer within" in text


@pytest.mark.parametrize("form", ["seconds", "nought", "date", "words", "an hour", "look-up"])
def test_a_hub_that_asks_to_wait_is_waited_for(studio: Studio, lying: LyingHub, form: str) -> None:
    """A hub that asks you to wait is asked again then; for more than two minutes you are told."""
    date = formatdate(time.time() + 3, usegmt=True)
    waits = {"nought": "0", "date": date, "words": "later", "an hour": "3600"}
    times: list[float] = []

    def busy(handler: Any) -> None:
        if handler.command == ("HEAD" if form == "look-up" else "GET"):
            times.append(time.monotonic())
        if len(times) != 1:
            return handler._route(handler.path, "")
        says(429, b"", Retry_After=waits.get(form, "2"))(handler)

    lying.hub.faults.odd[FILE] = busy
    done = fetch(studio, lying)
    if form == "an hour":
        text = said(done)
        assert "429" in text and "wait 1:00:00" in text and len(times) == 1
    else:
        assert done.returncode == 0, done.stderr
        assert times[1] - times[0] >= {"nought": 1.0, "date": 1.0, "words": 0.0}.get(form, 2.0)


def refused_with(words: str, code: str = "GatedRepo", status: int = 403) -> Callable[..., None]:
    """A gate that answers so whoever shows a token."""

    def answer(handler: Any) -> None:
        if not handler.headers.get("Authorization") and code:
            return says(401, b"", X_Error_Code="GatedRepo")(handler)
        headers = {"X_Error_Code": code} if code else {}
        says(status, b"", X_Error_Message=words, **headers)(handler)

    return answer


@pytest.mark.parametrize(
    ("words", "code", "status", "told"),
    [
        ("Access to model {} is restricted and you are not in the authorized list. Visit "
         "https://huggingface.co/{} to ask for access.", "GatedRepo", 403, "has not accepted"),
        ("Your request to access model {} is awaiting a review from the repo authors.",
         "GatedRepo", 403, "waits for its owners"),
        ("Your request to access model {} has been rejected by the repo's authors.",
         "GatedRepo", 403, "have rejected your request"),
        ("Your request to access model {} has been rejected.", "Forbidden", 403,
         "have rejected your request"),
        ("Your access to model {} has been reset by its authors.", "GatedRepo", 403,
         "have taken back your access"),
        ("Please enable access to public gated repositories in your fine-grained token settings "
         "to view this repository.", "GatedRepo", 403, "is fine-grained"),
        ("Invalid credentials in Authorization header", "GatedRepo", 401, "refuses the token"),
        ("Access to this resource is disabled.", "", 403, "has disabled"),
        ("Blocked by category: music", "", 403, "does a proxy or firewall stand in between"),
        ("slow down", "", 429, "was asked too often"),
    ],
    ids=["not accepted", "pending", "rejected", "rejected by words", "reset", "fine-grained",
         "revoked", "disabled", "firewall", "too often"],
)  # fmt: skip
def test_the_answers_of_a_gate_are_told_apart(
    studio: Studio, lying: LyingHub, words: str, code: str, status: int, told: str
) -> None:
    """You are told if you have not accepted, must wait, were rejected, or a firewall says no."""
    odd = refused_with(words.replace("{}", GATED), code, status)
    lying.hub.faults.odd["model_config.json"] = odd
    text = said(studio.type("invoke", "doctor", *GATE, **lying.variables, HF_TOKEN=TOKEN))
    report = text[text.index("(open-1.0)") :].split("\n■")[0]
    assert told in report, report
    sent = [r for r in lying.hub.requests if r.token and GATED in r.path]
    assert bool(sent) is bool(code)  # to a gate; no firewall gets it


def test_a_hubs_words_are_harmless_wherever_they_are_kept(studio: Studio, lying: LyingHub) -> None:
    """What a hub says reaches pages and outcomes in a line, without what a terminal would obey."""
    song = '[[segment]]\nnumber = 1\nkind = "instrumental"\ntitle = "A"\nseconds = 2\n'
    path = studio.project.root / "songs" / "hum.toml"
    path.write_text(f'title = "Hum"\n{song}models = ["stable_audio"]\n', encoding="utf-8")
    words = f"{RED}Blocked{REVERSED}\x07 <script>alert(1)</script> {TOKEN} " * 99
    lying.hub.faults.odd["model_config.json"] = says(403, b"", X_Error_Message=words)
    done = studio.type("invoke", "generate-all", "--song", "hum", **lying.variables, HF_TOKEN=TOKEN)
    assert "Blocked" in said(done)
    kept = [p for p in studio.project.results.rglob("*") if p.suffix in (".json", ".md", ".html")]
    texts = {path: path.read_text(encoding="utf-8") for path in kept}
    assert any("Blocked" in text for text in texts.values())
    for path, text in texts.items():
        held = [
            sign for sign in (RED, REVERSED, "\x07", "\\u001b", "\\u202e", TOKEN) if sign in text
        ]
        assert not held, path
        assert "Blocked" not in text or text.count("Blocked") < 20, path


@pytest.mark.parametrize(
    ("variables", "told"),
    [
        ({"HTTP_PROXY": "http://me:secret@127.0.0.1:9"}, "HTTP_PROXY=http://127.0.0.1:9 "),
        ({"http_proxy": "127.0.0.1:9", "HTTP_PROXY": ""}, "http_proxy=127.0.0.1:9 "),
        ({"ALL_PROXY": "socks5://me:se/cret@127.0.0.1:9"}, "ALL_PROXY=socks5://127.0.0.1:9"),
        ({"ALL_PROXY": "socks4://127.0.0.1:9"}, "ALL_PROXY=socks4://127.0.0.1:9: a proxy begins"),
        ({"HTTPS_PROXY": "http://127.0.0.1:port"}, "HTTPS_PROXY=http://127.0.0.1:port: a proxy"),
        ({"SSL_CERT_FILE": "/absent/company.pem"}, "SSL_CERT_FILE=/absent/company.pem: No such"),
        ({"HTTP_PROXY": "http://me:secret#@127.0.0.1:9"}, "HTTP_PROXY=http://127.0.0.1:9: a proxy"),
        ({"SSLKEYLOGFILE": "/tmp"}, "SSLKEYLOGFILE=/tmp: it cannot be written"),
        ({"SSL_CERT_FILE": os.devnull}, f"SSL_CERT_FILE={os.devnull}: it holds no certificate"),
        ({"TRANSFORMERS_OFFLINE": "1"}, "TRANSFORMERS_OFFLINE forbids to fetch"),
        ({"HF_HUB_OFFLINE": "1"}, "HF_HUB_OFFLINE forbids to fetch"),
        ({"HF_ENDPOINT": "http://127.0.0.1:9"}, "check HF_ENDPOINT=http://127.0.0.1:9"),
        ({"HF_ENDPOINT": "http://127.0.0.1:9", "HTTP_PROXY": "http://127.0.0.1:7",
          "no_proxy": "127.0.0.1"}, "no_proxy=127.0.0.1 keeps it from HTTP_PROXY="),
        ({"HF_HUB_ETAG_TIMEOUT": "soon"}, "HF_HUB_ETAG_TIMEOUT='soon'"),
    ],
    ids=lambda value: next(iter(value)) if isinstance(value, dict) else "",
)  # fmt: skip
def test_the_variable_that_is_at_fault_is_named(
    studio: Studio, lying: LyingHub, variables: dict[str, str], told: str
) -> None:
    """The variable that keeps you from a hub is named with its value, without its password."""
    clean = {"NO_PROXY": "", "no_proxy": ""}
    done = studio.type("invoke", "fetch", *OPEN, **{**lying.variables, **clean, **variables})
    text = done.stdout + done.stderr
    assert done.returncode in (2, 3) and "Traceback" not in text
    assert told in text and "secret" not in text and "se/cret" not in text, text


@pytest.mark.parametrize("scheme", ["socks5", "socks5h"])
def test_a_socks_proxy_works(studio: Studio, lying: LyingHub, scheme: str) -> None:
    """Weights come through a SOCKS proxy that ALL_PROXY names."""
    with SocksProxy() as proxy:
        address = f"{scheme}://127.0.0.1:{proxy.port}"
        done = fetch(studio, lying, ALL_PROXY=address, NO_PROXY="", no_proxy="")
    assert done.returncode == 0, done.stderr
    assert proxy.connections and proxy.connections <= len(lying.hub.requests)
