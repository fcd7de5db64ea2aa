"""CUDA emulated by the CPU: tensors that are moved to it can be used by a worker only."""

import threading
from types import SimpleNamespace

import torch
from torch.overrides import TorchFunctionMode

MEMORY = 70 * 10**9
_PROPERTIES = SimpleNamespace(name="stand-in", major=9, minor=0, total_memory=MEMORY)

_Generator = torch.Generator
#: Storages of every tensor on "cuda", and their bytes once they were packed.
_storages: list[torch.UntypedStorage] = []
_packed: list[torch.Tensor] = []


def _is_cuda(value) -> bool:
    return isinstance(value, (str, torch.device)) and str(value).startswith("cuda")


class CudaOnCpu(TorchFunctionMode):
    """Answers whoever says cuda with the CPU; without it, this torch would refuse."""

    def __torch_function__(self, func, types, args=(), kwargs=None):
        kwargs = dict(kwargs or {})
        wanted = func is torch.Tensor.cuda or any(map(_is_cuda, [*args, *kwargs.values()]))
        if func in (torch._C._nn._parse_to, torch.device) or not wanted:
            return func(*args, **kwargs)
        if func is torch.Tensor.cuda:
            func, args = torch.Tensor.to, (args[0], "cuda")
        args = ["cpu" if _is_cuda(value) else value for value in args]
        kwargs = {name: "cpu" if _is_cuda(value) else value for name, value in kwargs.items()}
        result = func(*args, **kwargs)
        if func is torch.Tensor.to:
            result = result.clone()
            _storages.append(result.untyped_storage())
        return result


class _Kind(type):
    def __instancecheck__(cls, instance) -> bool:
        return isinstance(instance, _Generator)


class Generator(metaclass=_Kind):
    """Random numbers of the CPU for whoever wants those of CUDA."""

    def __new__(cls, device="cpu"):
        return _Generator("cpu" if _is_cuda(device) else device)


def patch() -> None:
    """Makes CUDA seem to be there; models may be put on it by this thread."""
    CudaOnCpu().__enter__()
    torch.cuda.is_available = lambda: True
    torch.cuda.device_count = lambda: 1
    torch.cuda.current_device = lambda: 0
    torch.cuda.get_device_name = lambda *_: _PROPERTIES.name
    torch.cuda.get_device_properties = lambda *_: _PROPERTIES
    torch.cuda.get_device_capability = lambda *_: (9, 0)
    torch.cuda.get_rng_state = lambda *_: torch.get_rng_state()
    torch.cuda.set_rng_state = lambda *_: None  # the CPU's own state is kept with it
    torch.cuda.mem_get_info = lambda *_: (MEMORY, MEMORY)
    torch.Generator = Generator


def pack() -> None:
    """Takes the bytes of every tensor on "cuda" away, as the real one writes them to a disk."""
    for storage in _storages:
        _packed.append(torch.tensor([], dtype=torch.uint8).set_(storage).clone())
        storage.resize_(0)


def _everywhere() -> None:
    """In a worker CUDA is real, so every thread may use it."""
    run = threading.Thread.run

    def with_cuda(thread) -> None:
        with CudaOnCpu():
            run(thread)

    threading.Thread.run = with_cuda


def move() -> None:
    """A worker's start: the bytes come back."""
    _everywhere()
    for storage, saved in zip(_storages, _packed, strict=True):
        storage.resize_(saved.numel())
        torch.tensor([], dtype=torch.uint8).set_(storage).copy_(saved)
