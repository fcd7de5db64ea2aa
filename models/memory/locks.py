"""The one lock of the process that models are built under."""

from __future__ import annotations

import threading

#: Held around every construction of a model in this process, whatever registry does it: building
#: patches global state of torch and transformers (docs/decisions/0002-build-lock.md).
BUILD_LOCK = threading.RLock()
