"""Moves a built engine's tensors into pinned host memory and back, in place.

The engine object stays what it is; only the storage of its parameters and buffers changes. An engine
is moved whole or not at all: when the tensors found in it do not account for the bytes it says it
takes, it has memory elsewhere and can't be parked.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

from models.device import tensor_bytes

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


def park(engine: Any, device: str, *, pinned: bool = True) -> bool:
    """Copies every tensor to host memory and lets go of the device's.

    Args:
        engine: an idle engine. One with ``parks = False`` is left alone: its tensors' addresses are
            known elsewhere (captured graphs, hooks).
        device: where all its tensors must lie.
        pinned: whether to take page-locked memory, from which a GPU copies fastest.

    Returns:
        False when the engine can't be parked; nothing was changed then.
    """
    modules = modules_of(engine)
    here = all(str(tensor.device) == device for tensor in _tensors(modules))
    whole = bool(modules) and tensor_bytes(*modules) == engine.memory_bytes
    if not (here and whole and getattr(engine, "parks", True)):
        return False
    _replace(modules, lambda tensor: _host_copy(tensor, pinned))
    return True


def unpark(engine: Any, device: str) -> None:
    """Copies every tensor back to the device; tensors that shared storage share it again."""
    _replace(modules_of(engine), lambda tensor: tensor.to(device, non_blocking=True, copy=True))
    if device.startswith("cuda"):
        import torch

        torch.cuda.synchronize(device)


def _replace(modules: list[Any], copied: Callable[[Any], Any]) -> None:
    """Gives every tensor a copied storage, all of them or none."""
    tensors = [
        (tensor, (tensor.data_ptr(), tensor.shape, tensor.stride())) for tensor in _tensors(modules)
    ]
    copies: dict[Any, Any] = {}
    for tensor, storage in tensors:
        if storage not in copies:
            copies[storage] = copied(tensor.data)
    for tensor, storage in tensors:
        tensor.data = copies[storage]


def _tensors(modules: list[Any]) -> Iterator[Any]:
    """Each parameter and buffer once."""
    found = (tensor for m in modules for tensor in (*m.parameters(), *m.buffers()))
    yield from {id(tensor): tensor for tensor in found if tensor.numel()}.values()


def _host_copy(tensor: Any, pinned: bool) -> Any:
    import torch

    copy = torch.empty_strided(
        tensor.size(), tensor.stride(), dtype=tensor.dtype, device="cpu", pin_memory=pinned
    )
    return copy.copy_(tensor)
