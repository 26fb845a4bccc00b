"""A simulated accelerator for probes, in a model's own environment: no driver, no card, no Mac.

    from tests.simulated.accelerator import Accelerator

    with Accelerator("cuda", memory=6 * 2**30, capability=(7, 5)) as card, torch.inference_mode():
        components = BarkComponents(weights, "cuda", one_at_a_time=False)
        card.counts.reset()
        ...                                    # real numbers, computed on the CPU
        print(card.counts)                     # launches, waits, uploads, downloads, replays
        print(card.counts.operators)           # launches of each operator
        print(card.memory.peak)                # bytes, as torch.cuda.max_memory_allocated() too
        card.fail("cublas alloc", "addmm")     # the next addmm raises what CUDA raises

    with Accelerator("mps", macos=(14, 6)): ...  # refuses what MPS refuses

Run it with PYTHONPATH=src:. from the checkout. What it holds to:

- An operation on tensors of two devices raises what torch raises; a 0-dim tensor of the CPU may
  take part, and indices on the CPU too: they count as an upload and a wait, which they are.
- `.numpy()` raises; `.cpu()`, `.item()`, `.tolist()`, `bool()`, `nonzero`, a mask as an index, a
  blocking copy, `synchronize` are waits. A blocking upload is one too (on a card it is).
- Copies that do not block end at the next wait. What is downloaded so holds garbage until then;
  pinned memory that is written while it is uploaded fails at that wait.
- torch.cuda.CUDAGraph works: capture_begin, capture_end, replay. Operations are recorded with the
  very tensors and run again. Nothing "runs" during a capture: what it wrote is put back, its own
  tensors hold NaN (integers: the least) until the first replay. Waits, uploads from memory that is
  not pinned and synchronisation are refused while capturing; a replay that reads memory which was
  freed since fails. So `graphs.capture` needs no replacement: it runs as it is.
- Memory is counted by storage; beyond the limit torch.OutOfMemoryError (or MPS's own) is raised.
- An operator without a kernel for the device (by torchgen's own table) is refused, on mps with its
  own sentence; on mps float64 too, and before macOS 15.1 convolutions with a side beyond 65,536.
- A generator of the CPU can't draw on the device; the device's own draws leave the CPU's alone.
- Attention (scaled_dot_product_attention) and an LSTM are one launch each. Views, empty tensors are
  none. Times mean nothing here.
- Threads started within its `with` see it. Streams are all one.
"""
