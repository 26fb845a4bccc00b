"""The simulated device itself: python simulated_probe_guards.py. Prints JSON.

Every guard of tests/simulated, shown to fire, and that what it lets pass is computed.
"""

import json
from collections.abc import Callable
from typing import Any

import torch
from tests.simulated.accelerator import Accelerator
from torch.nn import functional

X, W = torch.arange(12.0).view(3, 4) / 7, torch.arange(16.0).view(4, 4) / 9
LONG = 65_600


def raised(attempt: Callable[[], Any]) -> str:
    try:
        attempt()
    except Exception as error:
        return f"{type(error).__name__}: {error}".splitlines()[0]
    return ""


def counted(card: Accelerator, work: Callable[[], Any]) -> list[int]:
    """Launches, waits, uploads and downloads."""
    card.counts.reset()
    work()
    counts = card.counts
    return [counts.launches, counts.waits, counts.uploads, counts.downloads]


def refusals() -> dict[str, str]:
    with Accelerator("cuda", lacks=("erf",)) as card:
        x, w = X.to("cuda"), W.cuda()
        facts = {
            "two devices": raised(lambda: functional.linear(x, W)),
            "two devices, in place": raised(lambda: x.add_(X)),
            "two dtypes": raised(lambda: functional.linear(x.bfloat16(), w)),
            "numpy": raised(lambda: x.numpy()),
            "generator": raised(lambda: x.exponential_(generator=torch.Generator())),
            "no kernel": raised(lambda: torch.ops.aten.mkldnn_linear(x, w)),
            "asked to lack": raised(lambda: x.erf()),
        }
        card.fail("cublas alloc", "mm")
        facts["planned"] = raised(lambda: functional.linear(x, w))
        facts["planned once"] = raised(lambda: functional.linear(x, w))
    with Accelerator("cuda", capability=(12, 0)):
        facts["newer card"] = raised(lambda: torch.zeros(1, device="cuda"))
    with Accelerator("cuda", capability=(8, 9)):
        facts["minor version"] = raised(lambda: torch.zeros(1, device="cuda"))
    return facts


def memory() -> dict[str, Any]:
    with Accelerator("cuda", memory=10_000) as card:
        kept = torch.zeros(1_000, device="cuda")
        seen = [torch.cuda.memory_allocated(), torch.cuda.mem_get_info()[0]]
        seen.append(kept[10:20].untyped_storage().nbytes())
        full = raised(lambda: torch.zeros(2_000, device="cuda"))
        view = kept.view(10, 100)
        del kept
        held = card.memory.allocated
        del view
        return {"seen": seen, "full": full, "held": held, "after": card.memory.allocated,
                "peak": torch.cuda.max_memory_allocated()}  # fmt: skip


def counts() -> dict[str, list[int]]:
    with Accelerator("cuda") as card:
        x, w, pinned = X.cuda(), W.cuda(), X.pin_memory()
        return {
            "linear": counted(card, lambda: functional.linear(x, w)),
            "views": counted(card, lambda: x.t()[1:].unsqueeze(0)),
            "number": counted(card, lambda: x * torch.tensor(2.0) + 1),
            "item": counted(card, lambda: float(x[0, 0])),
            "list": counted(card, lambda: x.tolist()),
            "list as index": counted(card, lambda: x[[0, 2]]),
            "mask as index": counted(card, lambda: x[x > 0]),
            "upload": counted(card, lambda: X.to("cuda")),
            "pinned": counted(card, lambda: pinned.to("cuda", non_blocking=True)),
            "download": counted(card, lambda: x.cpu()),
            "synchronize": counted(card, torch.cuda.synchronize),
            "attention": counted(
                card,
                lambda: functional.scaled_dot_product_attention(x[None], x[None], x[None]),
            ),
        }


def copies() -> dict[str, Any]:
    with Accelerator("cuda"):
        x, target = X.cuda(), torch.zeros(3, 4, pin_memory=True)
        target.copy_(x, non_blocking=True)
        early = bool(target.isnan().all())
        torch.cuda.Event().synchronize()
        pinned = X.clone().pin_memory()
        pinned.to("cuda", non_blocking=True)
        pinned.zero_()
        return {"garbage": early, "landed": torch.equal(target, X),
                "written in flight": raised(torch.cuda.synchronize)}  # fmt: skip


def captured(work: Callable[[], Any]) -> Any:
    graph = torch.cuda.CUDAGraph()
    graph.capture_begin()
    try:
        work()
    finally:
        graph.capture_end()
    return graph


def graphs() -> dict[str, Any]:
    with Accelerator("cuda") as card:
        x, w, total, step = X.cuda(), W.cuda(), torch.zeros(3, 4).cuda(), torch.zeros(1).cuda()
        kept: dict[str, Any] = {}

        def work() -> None:
            kept["out"] = functional.linear(x, w) * kept.setdefault("python", 2.0)
            total.add_(kept["out"])
            step.add_(1)

        graph = captured(work)
        out = kept["out"]
        before = [bool(out.isnan().all()), float(step), float(total.abs().sum())]
        kept["python"] = 3.0  # baked in
        x.copy_(x + 1)
        card.counts.reset()
        graph.replay()
        graph.replay()
        launched = card.counts.launches
        expected = functional.linear(X + 1, W) * 2
        facts = {
            "before": before,
            "launches": launched,
            "out": torch.equal(out.cpu(), expected),
            "total": torch.equal(total.cpu(), expected * 2),
            "steps": float(step),
            "index beyond": raised(lambda: captured(lambda: x.index_select(0, step.long() + 9))),
            "wait": raised(lambda: captured(lambda: x.sum().item())),
            "synchronize": raised(lambda: captured(torch.cuda.synchronize)),
            "upload": raised(lambda: captured(lambda: x.copy_(X, non_blocking=True))),
            "list as index": raised(lambda: captured(lambda: x[[0, 1]])),
        }
        passing = [x + 1]
        reading = captured(lambda: total.copy_(passing[0]))
        passing.clear()
        facts["freed"] = raised(reading.replay)
    return facts


def on_mps() -> dict[str, str]:
    def convolution() -> Any:
        kernel = torch.zeros(1, 1, 3).to("mps")
        return functional.conv1d(torch.zeros(1, 1, LONG).to("mps"), kernel)

    q, mask = torch.zeros(2, 2, 3, 4), torch.zeros(2, 1, 3, 3)
    with Accelerator("mps", memory=10**6):
        facts = {
            "long": raised(convolution),
            "float64": raised(lambda: torch.zeros(1, dtype=torch.float64).to("mps")),
            "lacking": raised(lambda: torch.ops.aten._pdist_forward(X.to("mps"))),
            "memory": raised(lambda: torch.zeros(10**6, device="mps")),
            "mask": raised(
                lambda: functional.scaled_dot_product_attention(
                    *[q.to("mps")] * 3, attn_mask=mask.to("mps")
                )
            ),
        }
    with Accelerator("mps", macos=(15, 1)):
        facts["long on 15.1"] = raised(convolution)
    return facts


def modules() -> dict[str, Any]:
    """A tied layer and a recurrent one, moved: still tied, and computed as on the CPU."""
    torch.manual_seed(1)
    lstm, tied = torch.nn.LSTM(4, 4, 2), torch.nn.ModuleList()
    for _ in range(2):
        tied.append(torch.nn.Linear(4, 4, bias=False))
    tied[1].weight = tied[0].weight
    with torch.inference_mode():
        expected = lstm(X[None])[0]
    with Accelerator("cuda") as card, torch.inference_mode():
        lstm.to("cuda")
        tied.to("cuda")
        x = X.cuda()
        return {
            "away": float((lstm(x[None])[0].cpu() - expected).abs().max()),
            "launches": counted(card, lambda: lstm(x[None]))[0],
            "tied": tied[0].weight is tied[1].weight,
            "half": str((x.half() @ x.half().t()).dtype),
            "device": str(tied[0].weight.device),
        }


if __name__ == "__main__":
    parts = (refusals, memory, counts, copies, graphs, on_mps, modules)
    print(json.dumps({part.__name__: part() for part in parts}))
