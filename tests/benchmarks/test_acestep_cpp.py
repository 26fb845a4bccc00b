"""The peer's log is read by stage."""

import pytest
from benchmarks.ace_step.acestep_cpp import figures

LOG = [
    (0.0, "[Load] TextEncoder backend: CPU (CPU threads: 2)\n"),
    (1.0, "[Store] Load TextEnc: 900 ms\n"),
    (2.0, "[Store] Unload TextEnc (742.7 MB)\n"),
    (2.5, "[Store] Load CondEnc: 500 ms\n"),
    (3.0, "[Encode-Text Batch0] 163+75 tokens -> enc_S=239, 262.3 ms\n"),
    (4.0, "[Store] Load DiT: 1000 ms\n"),
    (6.0, "[DiT] Step 1/3 t=1.000\n"),
    (7.0, "[DiT] Step 2/3 t=0.900\n"),
    (8.0, "[DiT] Step 3/3 t=0.500\n"),
    (9.0, "[Store] Load VAE-Dec: 600 ms\n"),
    (19.0, "[VAE-Decode Batch0] Decode: 9999.0 ms\n"),
]


def test_a_log_tells_the_stages() -> None:
    assert figures(LOG) == {
        "load_seconds": 3.0,
        "stages": {"text": 1.5, "denoise": 4.0, "decode": 10.0},
        "step_seconds": 1.0,
        "tokens": 239,
        "threads": 2,
    }


def test_a_log_without_a_stage_is_refused() -> None:
    with pytest.raises(SystemExit, match=r"does not tell of: decoded\. It ends:"):
        figures(LOG[:-1])
