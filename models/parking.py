"""Moves a built engine's tensors into page-locked host memory and back, in place.

The engine object stays what it is; only the storage of its parameters and buffers changes. An engine
is moved whole or not at all: when the tensors found in it do not account for the bytes it says it
takes, it has memory elsewhere and can't be parked. An engine that came back keeps its copy: weights
don't change while it serves, so that next time it is parked by letting go of the device's alone.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

from models.device import tensor_bytes
from models.page_locked import page_locked

#: Each tensor of a parked engine begins at a multiple of so many bytes.
_ALIGNED = 512


@dataclass(frozen=True)
class _Copy:
    """What an engine on its device still has in host memory.

    Attributes:
        places: the host's tensors, one for each group of the engine's.
        marks: what tells whether the engine's own have changed since.
    """

    places: list[Any]
    marks: list[tuple[int, int]]


#: The attribute of an engine in which its copy is kept, and goes with it.
_COPY = "_copy_in_host_memory"
#: Objects inside objects that are searched for networks.
_LEVELS = 4


def modules_of(engine: Any) -> list[Any]:
    """The torch modules that an engine holds: among its attributes, in a diffusers pipeline's parts,
    and inside objects of this application (a runtime, an encoder) down to a few levels."""
    import torch

    found: dict[int, Any] = {}
    inside = list(vars(engine).values())
    for _ in range(_LEVELS):
        here, inside = inside, []
        for value in here:
            if isinstance(value, torch.nn.Module):
                found[id(value)] = value
            elif isinstance(parts := getattr(value, "components", None), dict):
                inside += parts.values()
            elif type(value).__module__.startswith("models.") and hasattr(value, "__dict__"):
                inside += vars(value).values()
    return list(found.values())


def park(engine: Any, device: str, allot: Callable[[int], Any] = page_locked) -> bool:
    """Copies every tensor to host memory and lets go of the device's.

    Args:
        engine: an idle engine. One with ``parks = False`` is left alone: its tensors' addresses are
            known elsewhere (captured graphs, hooks).
        device: where all its tensors must lie.
        allot: gives host memory of so many bytes; see ``page_locked``.

    Returns:
        False when the engine can't be parked; nothing was changed then.

    Raises:
        RuntimeError, MemoryError: there is no host memory for it; nothing was changed then.
    """
    modules = modules_of(engine)
    here = all(str(tensor.device) == device for tensor in _tensors(modules))
    whole = bool(modules) and tensor_bytes(*modules) == engine.memory_bytes
    if not (here and whole and getattr(engine, "parks", True)):
        return False
    groups = _groups(modules)
    kept = vars(engine).pop(_COPY, None)
    if kept is not None and kept.marks == _marks(groups):
        places = kept.places
    else:
        del kept  # before there is another
        places = _places(groups, allot)
        for place, (tensor, *_) in zip(places, groups, strict=True):
            place.copy_(tensor.data, non_blocking=True)
        _settle(device)
    _put(groups, places)
    return True


def unpark(engine: Any, device: str) -> None:
    """Copies every tensor back to the device; tensors that shared storage share it again.

    The host's copy stays until ``forget_copy``, or until the engine is gone.
    """
    groups = _groups(modules_of(engine))
    places = [tensor.data for tensor, *_ in groups]
    copies = [place.to(device, non_blocking=True, copy=True) for place in places]
    _settle(device)
    _put(groups, copies)
    vars(engine)[_COPY] = _Copy(places, _marks(groups))


def forget_copy(engine: Any) -> None:
    """Gives back the host memory of an engine that is on its device."""
    vars(engine).pop(_COPY, None)


def _marks(groups: list[list[Any]]) -> list[tuple[int, int]]:
    """Address and number of changes of each tensor."""
    return [(tensor.data_ptr(), tensor._version) for tensor, *_ in groups]


def _groups(modules: list[Any]) -> list[list[Any]]:
    """The tensors of modules, those together that are the same numbers in memory."""
    found: dict[Any, list[Any]] = {}
    for tensor in _tensors(modules):
        found.setdefault((tensor.data_ptr(), tensor.shape, tensor.stride()), []).append(tensor)
    return list(found.values())


def _places(groups: list[list[Any]], allot: Callable[[int], Any]) -> list[Any]:
    """Room for one tensor of each group, laid out as it is, one behind the other in one allotment."""
    starts, end = [], 0
    for tensor, *_ in groups:
        starts.append(end)
        span = 1 + sum(
            (n - 1) * step for n, step in zip(tensor.shape, tensor.stride(), strict=True)
        )
        end += -(-span * tensor.element_size() // _ALIGNED) * _ALIGNED
    memory = allot(end)
    return [
        memory[start:].view(tensor.dtype).as_strided(tensor.size(), tensor.stride())
        for start, (tensor, *_) in zip(starts, groups, strict=True)
    ]


def _put(groups: list[list[Any]], storages: list[Any]) -> None:
    """Gives the tensors of each group one storage."""
    for tensors, storage in zip(groups, storages, strict=True):
        for tensor in tensors:
            tensor.data = storage


def _settle(device: str) -> None:
    """Waits for copies that are under way."""
    if device.startswith("cuda"):
        import torch

        torch.cuda.synchronize(device)


def _tensors(modules: list[Any]) -> Iterator[Any]:
    """Each parameter and buffer once."""
    found = (tensor for m in modules for tensor in (*m.parameters(), *m.buffers()))
    yield from {id(tensor): tensor for tensor in found if tensor.numel()}.values()
