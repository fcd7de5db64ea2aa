"""The app as an MCP server: which endpoints are tools, and answers that a language model can read.

gradio offers every named endpoint as a tool, with all that it returns. A model that has to choose among
them is served better by the few that stand for themselves, and by short answers, since it pays for every
token of one. The other endpoints, and whole answers, are for programs (decision 72).
"""

from __future__ import annotations

import inspect
import json
from collections.abc import Callable, Collection, Mapping
from contextvars import ContextVar
from functools import wraps
from typing import TYPE_CHECKING, Any

import gradio as gr

from tabs.parts.logging_in import INSIDE_HEADER

if TYPE_CHECKING:
    from tabs.parts.logging_in import Logins

_MARK, _LONG = "is_tool", "left_out"
#: What a tool says of the cost of a run.
_COST = ("device", "run_s")
#: Fields that the tool which is being called leaves out.
_LEFT_OUT: ContextVar[Collection[str]] = ContextVar("left_out", default=())


def mark(call: Callable[..., Any], tool: bool, long: Collection[str] = ()) -> None:
    """Remembers of an endpoint's function whether it is a tool, and what of its answer a tool leaves out."""
    setattr(call, _MARK, tool)
    setattr(call, _LONG, frozenset(long))


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


def curate(page: gr.Blocks, logins: Logins | None = None) -> list[str]:
    """Leaves only marked endpoints among the tools of a launched page.

    Args:
        page: that is served.
        logins: who may log in to it; None where nobody has to.

    Returns:
        The names of the tools; empty when the page is no MCP server.
    """
    server: Any = page.mcp_server_obj
    if server is None:
        return []
    marked = {f"/{fn.api_name}" for fn in page.fns.values() if getattr(fn.fn, _MARK, False)}
    kept = {tool: name for tool, name in server.tool_to_endpoint.items() if name in marked}
    server.tool_to_endpoint = kept
    server._prepare_tool_call_args = _noting(server._prepare_tool_call_args)
    server.postprocess_output_data = _as_json(server.postprocess_output_data)
    server.get_fn_description = _without_returns(server.get_fn_description)
    if logins is not None:
        server._get_or_create_client = _from_inside(server, logins.inside)
    return list(kept)


def brief(value: Any, left_out: Collection[str] = (), *, nested: bool = False) -> Any:
    """An answer as a language model is given it.

    Args:
        value: plain JSON.
        left_out: names of fields that only a page or a program has a use for, wherever they stand.
        nested: whether ``value`` lies inside the answer, where an empty field says nothing.

    Returns:
        The same with numbers of four digits, without empty fields and all but two figures of the cost.
    """
    if isinstance(value, float):
        return round(value, 3) if abs(value) >= 1 else float(f"{value:.4g}")
    if isinstance(value, list | tuple):
        return [brief(one, left_out, nested=True) for one in value]
    if not isinstance(value, Mapping):
        return value
    cost = {name: value["metrics"][name] for name in _COST} if _has_cost(value) else {}
    told = {
        name: brief(one, left_out, nested=True)
        for name, one in {**value, **cost}.items()
        if name not in left_out and one is not None and not (cost and name == "metrics")
    }
    return {name: one for name, one in told.items() if not nested or one not in ("", [], {})}


def _has_cost(value: Mapping[str, Any]) -> bool:
    metrics = value.get("metrics")
    return isinstance(metrics, Mapping) and set(_COST) <= set(metrics)


def _noting(prepare: Callable[..., Any]) -> Callable[..., Any]:
    """Remembers which tool is being called while its answer is shaped: gradio does both in one task."""

    @wraps(prepare)
    def prepared(name: str, arguments: dict[str, Any]) -> Any:
        found = prepare(name, arguments)
        _LEFT_OUT.set(getattr(found[-1].fn, _LONG, ()))
        return found

    return prepared


def _as_json(shape: Callable[..., Any]) -> Callable[..., Any]:
    """Plain values become short JSON; gradio would write them as Python. Files are left to gradio."""

    @wraps(shape)
    def shaped(outputs: list[Any], root_url: str) -> Any:
        # gradio's client gives several outputs as one tuple
        several = len(outputs) == 1 and isinstance(outputs[0], tuple)
        found = [value for value in (outputs[0] if several else outputs) if value is not None]
        return shape([value if _is_file(value) else _text(value) for value in found], root_url)

    return shaped


def _without_returns(describe: Callable[..., Any]) -> Callable[..., Any]:
    """A tool's description without what its endpoint returns: a model reads the answer itself."""

    @wraps(describe)
    def described(block_fn: Any, tool_name: str) -> Any:
        text, parameters = describe(block_fn, tool_name)
        return text.partition(" Returns: ")[0], parameters

    return described


def _from_inside(server: Any, secret: str) -> Callable[[], Any]:
    """Gradio's client of the page itself, which can log in; it is made at the first call."""

    def client() -> Any:
        if server._client_instance is None:
            from gradio import mcp

            made: Any = mcp
            server._client_instance = made.Client(
                server.local_url, download_files=False, verbose=False, analytics_enabled=False,
                ssl_verify=False, _skip_components=False,
                headers={"x-gradio-user": "mcp", INSIDE_HEADER: secret},
            )  # fmt: skip
        return server._client_instance

    return client


def _is_file(value: Any) -> bool:
    return isinstance(value, dict) and value.get("meta", {}).get("_type") == "gradio.FileData"


def _text(value: Any) -> str:
    told = brief(value, _LEFT_OUT.get())
    return told if isinstance(told, str) else json.dumps(told, ensure_ascii=False)
