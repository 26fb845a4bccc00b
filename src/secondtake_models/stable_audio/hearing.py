"""What the conditioners make of prompts and seconds: computed once, for all takes of a worker."""

from collections import OrderedDict
from collections.abc import Sequence
from typing import Any
from weakref import WeakKeyDictionary

from secondtake_models.stable_audio.network import Network

KEPT_PROMPTS = 16  # 0.4 to 0.8 MB each
_kept: WeakKeyDictionary[Any, OrderedDict[str, Any]] = WeakKeyDictionary()  # by their network

Known = dict[str, Any]  # prompt, seconds_start, seconds_total


def heard(network: Network, known: Known) -> dict[str, Any]:
    """One row: by conditioner, its states (1, …) and their mask."""
    kept = _kept.setdefault(network.model, OrderedDict())
    key = repr(known)
    if key not in kept:
        while len(kept) >= KEPT_PROMPTS:
            kept.popitem(last=False)
        kept[key] = network.model.conditioner([known], network.device)
    kept.move_to_end(key)
    return dict(kept[key])


def heard_together(network: Network, rows: Sequence[Known]) -> dict[str, Any]:
    """Several rows: each as it is alone, put together."""
    import torch

    each = [heard(network, known) for known in rows]
    if len(each) == 1:
        return each[0]
    return {
        name: [torch.cat([one[name][place] for one in each]) for place in range(len(parts))]
        for name, parts in each[0].items()
    }
