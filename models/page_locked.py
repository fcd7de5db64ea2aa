"""Host memory that a GPU copies from and to at full speed, of just the size that is asked for.

torch's own comes in powers of two and stays with the process when it is freed: 4.15 GB of weights took
7.4 GB for good, and 4.4 s to get; here they take 4.15 GB, and 8 GB half a second (decision 74).
"""

from __future__ import annotations

import weakref
from typing import Any

#: ``cudaHostRegisterPortable``: locked for every GPU of the process.
_PORTABLE = 1


def page_locked(size_bytes: int) -> Any:
    """Memory that is locked until its last view is gone, and goes back to the system then.

    Args:
        size_bytes: above 0.

    Returns:
        A (size_bytes,) uint8 tensor of the CPU, all 0.

    Raises:
        RuntimeError: the system does not let so much be locked.
        MemoryError: it has not so much.
    """
    import numpy as np
    import torch

    memory = np.empty(size_bytes, np.uint8)
    runtime, address = torch.cuda.cudart(), memory.ctypes.data
    locked = torch.from_numpy(
        memory
    ).zero_()  # by all threads: locking touches the pages one by one
    torch.cuda.check_error(int(runtime.cudaHostRegister(address, size_bytes, _PORTABLE)))
    weakref.finalize(memory, runtime.cudaHostUnregister, address)
    return locked
