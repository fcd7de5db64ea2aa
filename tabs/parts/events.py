"""How events are set that only the page itself calls: no endpoint, and nothing pulses over what they fill."""

from __future__ import annotations

from typing import Any

#: In the queue, where messages of gradio's own are shown.
PRIVATE: dict[str, Any] = {"api_visibility": "private", "show_progress": "hidden"}
#: Past the queue: for what takes no time.
AT_ONCE: dict[str, Any] = {**PRIVATE, "queue": False}
