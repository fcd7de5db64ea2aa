"""The app as an MCP server: which endpoints are tools, and answers that are JSON.

gradio offers every named endpoint as a tool. A model that has to choose among them is served better
by the few that stand for themselves; the others stay HTTP endpoints.
"""

from __future__ import annotations

import inspect
import json
from collections.abc import Callable
from functools import wraps
from typing import Any

import gradio as gr

_MARK = "is_tool"


def mark(call: Callable[..., Any], tool: bool) -> None:
    """Remembers of an endpoint's function whether it is a tool."""
    setattr(call, _MARK, tool)


def flat(docstring: str) -> str:
    """A docstring with each parameter on one line: gradio reads no further than the first one."""
    lines: list[str] = []
    for line in inspect.cleandoc(docstring).splitlines():
        continues = line.startswith(" " * 8) and lines
        if continues:
            lines[-1] += f" {line.strip()}"
        else:
            lines.append(line)
    return "\n".join(lines)


def curate(page: gr.Blocks) -> list[str]:
    """Leaves only marked endpoints among the tools of a launched page.

    Returns:
        The names of the tools; empty when the page is no MCP server.
    """
    server: Any = page.mcp_server_obj
    if server is None:
        return []
    marked = {f"/{fn.api_name}" for fn in page.fns.values() if getattr(fn.fn, _MARK, False)}
    kept = {tool: name for tool, name in server.tool_to_endpoint.items() if name in marked}
    server.tool_to_endpoint = kept
    server.postprocess_output_data = _as_json(server.postprocess_output_data)
    return list(kept)


def _as_json(shape: Callable[..., Any]) -> Callable[..., Any]:
    """Plain values become JSON; gradio would write them as Python. Files are left to gradio."""

    @wraps(shape)
    def shaped(outputs: list[Any], root_url: str) -> Any:
        return shape([value if _is_file(value) else _text(value) for value in outputs], root_url)

    return shaped


def _is_file(value: Any) -> bool:
    return isinstance(value, dict) and value.get("meta", {}).get("_type") == "gradio.FileData"


def _text(value: Any) -> str:
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
