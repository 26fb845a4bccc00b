"""The humming page as a worker: a real process, and everything one can say to it."""

import signal
import subprocess
import threading
from contextlib import suppress

import pytest

from secondtake.core.environ import child_environ
from secondtake.core.errors import Exit
from secondtake.core.plan import Request, plan
from secondtake.core.protocol import decode, encode
from secondtake.core.take_store import TakeStore
from secondtake.core.takes import read_record, record_path
from tests.core.takes_of_hum import first_job, hum_song

pytestmark = pytest.mark.e2e  # workers that are started, killed and waited for

FIRST = "hum_segment1_instrumental"
PATIENCE = 20  # s; only a worker that hangs ever needs it


class Worker:
    """A worker on two pipes."""

    def __init__(self, project, python, *options, **environ):
        self.results = hum_song(project).results
        self.log = project.root / "worker.log"
        command = [python, "scripts/generate_hum.py", "--worker", self.results, *options]
        with self.log.open("wb") as log:
            self.process = subprocess.Popen(
                command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=log,
                env={**child_environ(project), **environ}, cwd=project.root,
            )  # fmt: skip
        self.watchdog = threading.Timer(PATIENCE, self.process.kill)
        self.watchdog.start()

    def say(self, data):
        self.process.stdin.write(data if isinstance(data, bytes) else data.encode())
        self.process.stdin.flush()

    def hear(self, kind=None):
        """The next message, or the next of a kind."""
        while line := self.process.stdout.readline().decode():
            message = decode(line)
            if kind in (None, message["type"]):
                return message
        raise AssertionError(f"no {kind} came; the log: {self.log.read_text()}")

    def end(self):
        """Its exit code, once it has ended by itself; what it still said."""
        rest = self.process.stdout.read().decode().splitlines()
        code = self.process.wait(PATIENCE)
        return code, [decode(line)["type"] for line in rest]

    def close(self):
        self.watchdog.cancel()
        self.process.kill()
        self.process.wait()
        for pipe in (self.process.stdin, self.process.stdout):
            try:
                pipe.close()
            except BrokenPipeError:
                continue


@pytest.fixture
def worker(hum, hum_python):
    """Starts workers, and ends them after the test."""
    started = []

    def start(*options, **environ):
        started.append(Worker(hum, hum_python, *options, **environ))
        return started[-1]

    yield start
    for worker in started:
        worker.close()


def order(hum, **settings):
    return encode("generate", jobs=[first_job(hum, settings=settings).to_json()])


def together(hum, *moods):
    """An order of one take of the first segment for every mood."""
    jobs = [
        plan(hum_song(hum), Request(segments=(1,), takes=take, settings={"mood": mood}))[-1]
        for take, mood in enumerate(moods, 1)
    ]
    return encode("generate", jobs=[job.to_json() for job in jobs])


def test_a_worker_loads_once_and_does_job_after_job(hum, worker):
    child = worker()
    assert child.hear() == {"type": "progress", "phase": "loading", "done": 0, "total": 0}
    ready = child.hear()
    assert (ready["type"], ready["device"], ready["dtype"]) == ("ready", "cpu", "float32")
    assert ready["batch"] == 1
    for _ in range(2):
        child.say(order(hum))
        assert child.hear("result")["name"] == "hum_segment1_instrumental"
    child.say(encode("shutdown"))
    assert child.end() == (0, [])
    take = read_record(record_path(child.results, "hum_segment1_instrumental"))
    assert take.job == first_job(hum) and take.wav.seconds == 1.0


def test_jobs_that_come_before_it_is_ready_wait(hum, worker):
    child = worker()
    child.say(order(hum) + order(hum, mood="loud"))
    child.hear("ready")
    assert child.hear("result")["warnings"] == []
    assert "above full scale" in child.hear("result")["warnings"][0]


def test_what_a_model_prints_goes_to_the_log(hum, worker):
    child = worker()
    child.say(order(hum, mood="print"))
    child.hear("result")
    log = child.log.read_text()
    assert "a model says hello on stdout" in log and "not a message" in log


def test_expected_and_unexpected_errors_leave_the_model_loaded(hum, worker):
    child = worker()
    child.say(order(hum, mood="refuse") + order(hum, mood="crash") + order(hum))
    refused, crashed = child.hear("error"), child.hear("error")
    assert refused == {
        "type": "error", "name": "hum_segment1_instrumental", "code": "unsupported",
        "message": "it does not want to hum", "hint": "cheer it up",
    }  # fmt: skip
    assert (crashed["code"], crashed["message"]) == ("bug", "RuntimeError: a bug in the hum")
    assert child.hear("result")
    log = child.log.read_text()
    assert "a bug in the hum" in log and "Traceback" in log and "cheer it up" not in log


def test_jobs_that_are_none_are_an_error_with_no_name(hum, worker):
    child = worker()
    for jobs in ([{}], [[]], [None], [{"song": 1}], [], {}, None, 1, "job"):
        child.say(encode("generate", jobs=jobs) + order(hum))
        error = child.hear("error")
        assert (error["name"], error["code"]) == ("", "bug"), jobs
        assert child.hear("result"), jobs


def test_a_batch_answers_for_every_job_by_name(hum, worker):
    child = worker("--checkpoint", "choir")
    assert child.hear("ready")["batch"] == 3
    child.say(together(hum, "calm", "refuse", "loud") + order(hum))
    assert child.hear("result")["name"] == FIRST
    refused = child.hear("error")
    assert (refused["name"], refused["code"], refused["hint"]) == (
        f"{FIRST}_take2", "unsupported", "cheer it up",
    )  # fmt: skip
    loud = child.hear("result")
    assert loud["name"] == f"{FIRST}_take3" and "above full scale" in loud["warnings"][0]
    assert child.hear("result")["name"] == FIRST  # the next message, after the whole batch
    record = [read_record(record_path(child.results, name)).made for name in (FIRST, loud["name"])]
    assert [take.batch for take in record] == [1, 3]


def test_a_bug_in_a_batch_fails_what_has_no_sound_yet_and_leaves_the_model_loaded(hum, worker):
    child = worker("--checkpoint", "choir")
    child.say(together(hum, "calm", "crash", "calm") + order(hum))
    assert child.hear("result")["name"] == FIRST
    failed = [child.hear("error") for _ in range(2)]
    assert [error["name"] for error in failed] == [f"{FIRST}_take2", f"{FIRST}_take3"]
    assert {error["message"] for error in failed} == {"RuntimeError: a bug in the hum"}
    assert child.hear("result")["name"] == FIRST


@pytest.mark.parametrize("options", [(), ("--checkpoint", "choir")])
def test_a_device_that_is_lost_ends_it_without_an_answer_for_what_it_was_doing(
    hum, worker, options
):
    child = worker(*options)
    child.hear("ready")
    child.say(together(hum, "lose") + order(hum))
    assert child.end() == (Exit.DEVICE_LOST, [])
    log = child.log.read_text().rstrip().splitlines()
    assert "Traceback" in "".join(log)
    assert log[-1].startswith("the graphics card has failed") and "illegal memory" in log[-1]


def test_a_lost_device_leaves_what_was_answered_before(hum, worker):
    child = worker("--checkpoint", "choir")
    child.say(together(hum, "calm", "lose", "calm"))
    assert child.hear("result")["name"] == FIRST
    code, rest = child.end()
    assert (code, rest.count("error"), rest.count("result")) == (Exit.DEVICE_LOST, 0, 0)


def test_it_tells_why_it_is_on_no_faster_device(hum, worker):
    path = hum.script("hum")
    text = path.read_text().replace(
        "(generate, CPU,", '(generate, SelectedDevice("cpu", ("old",)),'
    )
    path.write_text(text.replace("import CPU,", "import SelectedDevice,"))
    child = worker()
    assert child.hear("ready")["notes"] == ["old"]
    child.say(order(hum))
    child.hear("result")
    assert read_record(record_path(child.results, FIRST)).remarks == ("old",)


@pytest.mark.parametrize(
    ("options", "moods", "message"),
    [
        ((), ("calm", "calm"), "2 jobs at once; this script takes 1 to 1"),
        (("--checkpoint", "choir"), ("calm",) * 4, "4 jobs at once; this script takes 1 to 3"),
    ],
)
def test_more_jobs_than_it_takes_are_not_begun(hum, worker, options, moods, message):
    child = worker(*options)
    child.say(together(hum, *moods))
    error = child.hear("error")
    assert error["name"] == "" and message in error["message"]
    assert not child.results.exists()


def test_one_job_twice_in_a_batch_is_refused(hum, worker):
    child = worker("--checkpoint", "choir")
    job = first_job(hum).to_json()
    child.say(encode("generate", jobs=[job, job]))
    assert "two jobs of one name" in child.hear("error")["message"]


def test_the_end_of_its_input_in_the_middle_of_a_batch_keeps_what_is_written(hum, worker):
    child = worker("--checkpoint", "choir")
    child.say(together(hum, "calm", "slow"))
    assert child.hear("result")["name"] == FIRST
    while child.hear("progress")["phase"] != "humming":
        pass
    child.process.stdin.close()
    code, rest = child.end()
    assert code == 0 and "result" not in rest
    take = read_record(record_path(child.results, FIRST))
    assert TakeStore(child.results, take.job.song).is_whole(take)
    assert len(list((child.results / "local_models").iterdir())) == 2


@pytest.mark.parametrize(
    "garbage",
    [b"hello\n", b"\xff\xfe\n", b"[]\n", b'{"type": []}\n', b'{"type": "dance"}\n', b"\n",
     b"[" * 100_000 + b"\n", b"x" * (1 << 20) + b"y\n"],
    ids=lambda data: repr(data[:16]),
)  # fmt: skip
def test_garbage_ends_it_and_the_log_says_so(worker, garbage):
    child = worker()
    child.hear("ready")
    with suppress(BrokenPipeError):  # it may end before it has read a long line to its end
        child.say(garbage)
    assert child.end() == (0, [])
    assert "worker: " in child.log.read_text()


def test_the_end_of_its_input_ends_it_in_the_middle_of_a_job(hum, worker):
    child = worker()
    child.say(order(hum, mood="slow"))
    assert child.hear("progress")
    while child.hear("progress")["phase"] != "humming":
        pass
    child.process.stdin.close()
    code, rest = child.end()
    assert code == 0 and "result" not in rest
    assert not list(child.results.rglob("*.wav")) and not list(child.results.rglob("*.json"))


def test_the_end_of_its_input_ends_it_while_it_has_nothing_to_do(worker):
    child = worker()
    child.hear("ready")
    child.process.stdin.close()
    assert child.end() == (0, [])


def test_ctrl_c_is_for_the_runner(hum, worker):
    child = worker()
    child.hear("ready")
    child.process.send_signal(signal.SIGINT)
    child.say(order(hum))
    assert child.hear("result")


def page(hum, load):
    """The humming page with another body of `load`."""
    path = hum.script("hum")
    text = path.read_text()
    line = next(line for line in text.splitlines() if line.startswith("    return LoadedModel("))
    path.write_text(text.replace(line, f"    {load}\n{line}"))


@pytest.mark.parametrize(
    ("load", "code", "message"),
    [
        ('raise ModelError("bad_weights", "torn", "fetch")', "bad_weights", "torn"),
        ('raise ImportError("no torch")', "bug", "ImportError: no torch"),
        ("raise MemoryError", "memory", "out of memory"),
        ('raise OSError(28, "No space left on device")', "disk", "No space left"),
    ],
)
def test_a_model_that_cannot_load_says_why_and_ends(hum, worker, load, code, message):
    page(hum, load)
    child = worker()
    child.say(order(hum))
    error = child.hear("error")
    assert (error["name"], error["code"]) == ("", code) and message in error["message"]
    assert child.end() == (1, [])
    assert ("Traceback" in child.log.read_text()) == (code == "bug")


def test_a_model_that_exits_while_it_loads_leaves_its_code(hum, worker):
    page(hum, "sys.exit(7)")
    child = worker()
    assert child.hear()["type"] == "progress"
    assert child.end() == (7, [])


def test_a_library_that_reads_stdin_or_starts_who_does_gets_none_of_the_messages(hum, worker):
    page(hum, 'print("asked:", repr(sys.stdin.read()), os.popen("cat").read())')
    child = worker()
    child.say(order(hum))
    assert child.hear("result")
    assert "asked: ''" in child.log.read_text()


def test_a_token_never_reaches_the_model(hum, worker, monkeypatch):
    for name in ("HF_TOKEN", "HUGGING_FACE_HUB_TOKEN", "HUGGINGFACE_HUB_TOKEN", "HF_TOKEN_PATH"):
        monkeypatch.setenv(name, "hf_secret")
    page(hum, "print(dict(os.environ), os.popen('env').read())")
    child = worker()
    child.hear("ready")
    log = child.log.read_text()
    assert "HF_HUB_OFFLINE" in log and "hf_secret" not in log


def test_an_unknown_checkpoint_is_bad_input(worker):
    child = worker("--checkpoint", "medium")
    assert child.end() == (2, [])
    assert "no checkpoint 'medium'" in child.log.read_text()


def test_a_record_that_cannot_be_written_is_an_error_and_not_a_take(hum, worker):
    child = worker()
    child.results.mkdir(parents=True)
    (child.results / "local_models").write_text("a file where the folder should be")
    child.say(order(hum) + order(hum))
    assert child.hear("error")["code"] == child.hear("error")["code"] == "bug"


@pytest.mark.parametrize(
    ("ask", "code"),
    [
        (lambda child: child.process.stdin.close(), 0),
        (lambda child: child.say(encode("shutdown")), 0),
        (lambda child: child.process.send_signal(signal.SIGTERM), 143),
    ],
    ids=["end of input", "shutdown", "SIGTERM"],
)
def test_it_finishes_the_take_that_it_is_writing(hum, worker, ask, code):
    child = worker()
    child.say(order(hum, mood="heavy") + order(hum, mood="slow"))
    while child.hear("progress")["phase"] != "writing":
        pass
    ask(child)
    ended, rest = child.end()
    assert ended == code and rest[0] == "result" and rest.count("result") == 1
    take = read_record(record_path(child.results, FIRST))
    assert TakeStore(child.results, take.job.song).is_whole(take)
    assert len(list((child.results / "local_models").iterdir())) == 2


def test_sigterm_ends_it_at_once_while_it_makes_a_sound(hum, worker):
    child = worker()
    child.say(order(hum, mood="hang"))
    while child.hear("progress")["phase"] != "loading":
        pass
    child.hear("ready")
    child.process.send_signal(signal.SIGTERM)
    assert child.end() == (143, [])
