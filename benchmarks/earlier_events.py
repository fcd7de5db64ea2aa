"""A server's memory of events that were served before: what gradio keeps of each.

Driving 10,000 real events through a default server takes minutes; what they leave behind is a
record each in the queue, and that is what later events pay for.
"""

from __future__ import annotations

import time
import uuid
from typing import Any


def remember(page: Any, count: int) -> None:
    """Puts ``count`` finished no-ops into a running page's queue, as its own code records them.

    Args:
        page: a launched ``gr.Blocks``.
        count: earlier events; the queue keeps as many as its settings say.
    """
    queue = page._queue
    for _ in range(count):
        queue.event_analytics[uuid.uuid4().hex] = {
            "time": time.time(), "status": "success", "process_time": 0.001, "function": "noop",
            "session_hash": uuid.uuid4().hex,
        }  # fmt: skip
        queue.events_recorded += 1
        queue.events_recorded_per_fn["noop"] += 1
        while len(queue.event_analytics) > queue.ANALYTICS_MAX_EVENTS:
            queue.event_analytics.pop(next(iter(queue.event_analytics)))
