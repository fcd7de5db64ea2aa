"""Endpoints' functions as gradio and a stranger meet them: arguments checked by type, types resolved."""

from __future__ import annotations

import inspect
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import aclosing
from functools import wraps
from typing import Any, TypeVar, cast, get_args, get_type_hints

import pydantic

from models.errors import InputError
from tabs.parts.tool_server import flat

F = TypeVar("F", bound=Callable[..., Any])


def typed_call(call: Callable[..., Awaitable[Any]]) -> Callable[..., Awaitable[Any]]:
    """Checks arguments against the annotations, and resolves those for gradio's schema."""
    checked = pydantic.validate_call(call)

    @wraps(call)
    async def typed(*args: Any, **kwargs: Any) -> Any:
        try:
            return await checked(*args, **kwargs)
        except pydantic.ValidationError as error:
            raise _mistyped(call, error) from None

    return _described(typed, call, get_type_hints(call)["return"])


def typed_stream(call: Callable[..., AsyncIterator[Any]]) -> Callable[..., AsyncIterator[Any]]:
    """The same for an async generator, whose answer has the type of what it yields."""
    checked = pydantic.validate_call(call)

    @wraps(call)
    async def typed(*args: Any, **kwargs: Any) -> AsyncIterator[Any]:
        try:
            found = checked(*args, **kwargs)
        except pydantic.ValidationError as error:
            raise _mistyped(call, error) from None
        async with aclosing(cast(Any, found)):
            async for value in found:
                yield value

    return _described(typed, call, get_args(get_type_hints(call)["return"])[0])


def _described(typed: F, call: Callable[..., Any], answer: Any) -> F:
    """Gives a wrapper the resolved types and the docstring of what it wraps."""
    hints = {**get_type_hints(call), "return": answer}
    signature = inspect.signature(call)
    parameters = [p.replace(annotation=hints[p.name]) for p in signature.parameters.values()]
    typed.__signature__ = signature.replace(  # type: ignore[attr-defined]
        parameters=parameters, return_annotation=answer
    )
    typed.__annotations__ = hints
    typed.__doc__ = flat(call.__doc__ or "")
    return typed


def _mistyped(call: Callable[..., Any], error: pydantic.ValidationError) -> InputError:
    first = error.errors()[0]
    where = _argument(call, first["loc"])
    return InputError(f"{where}: {first['msg']}.", hint="See the endpoint's description.")


def _argument(call: Callable[..., Any], location: tuple[int | str, ...]) -> str:
    names = list(inspect.signature(call).parameters)
    first = location[0] if location else ""
    return names[first] if isinstance(first, int) and first < len(names) else str(first)
