"""A process that renders chat templates for ``models.chat_templates``, one request a line of JSON.

Templates come from strangers. transformers' sandbox keeps them from Python's attributes; that they
can neither loop for ever nor fill the memory is up to the process: the parent ends it when it takes
too long, and it limits its own memory. Run as a script; imports transformers' template module and
nothing of Modeldeck.
"""

from __future__ import annotations

import json
import sys
from typing import Any

#: Address space beyond which an allocation fails, in bytes.
MEMORY_BYTES = 1_500_000_000


def answer(request: dict[str, Any]) -> dict[str, Any]:
    """``text`` of a rendered template and the ``names`` it asks for, or ``error`` and its ``kind``."""
    from jinja2 import meta, nodes
    from jinja2.exceptions import SecurityError, TemplateError, TemplateSyntaxError
    from transformers.utils.chat_template_utils import (
        _compile_jinja_template,
        render_jinja_template,
    )

    template = request["template"]
    try:
        compiled = _compile_jinja_template(template)
        tree = compiled.environment.parse(template)
        names = meta.find_undeclared_variables(tree)
        if inner := python_names(tree, nodes):
            return {"kind": "unsafe", "error": ", ".join(inner)}
        rendered, _ = render_jinja_template(
            conversations=[request["messages"]],
            tools=request["tools"] or None,
            chat_template=template,
            add_generation_prompt=request["reply"],
            **request["special_tokens"],
        )
    except SecurityError as error:
        return {"kind": "unsafe", "error": str(error)}
    except TemplateSyntaxError as error:
        return {"kind": "syntax", "error": f"line {error.lineno}: {error.message}"}
    except TemplateError as error:
        return {"kind": "refused", "error": str(error)}
    except OverflowError as error:  # the sandbox's limit on range()
        return {"kind": "size", "error": str(error)}
    except MemoryError:
        return {"kind": "size", "error": "it wants more memory than a template may have"}
    except Exception as error:  # noqa: BLE001 - a template can raise anything; the parent says so
        return {"kind": "failed", "error": f"{type(error).__name__}: {error}"}
    if len(rendered[0]) > request["limit"]:
        return {"kind": "size", "error": f"it wrote {len(rendered[0]):,} characters"}
    return {"text": rendered[0], "names": sorted(names)}


def python_names(tree: Any, nodes: Any) -> list[str]:
    """Attributes of Python's own that a template names, such as ``__class__``.

    The sandbox refuses to use them but lets them be printed as nothing; here they are an error.
    """
    named = [node.attr for node in tree.find_all(nodes.Getattr)]
    named += [node.value for node in tree.find_all(nodes.Const) if isinstance(node.value, str)]
    return sorted({name for name in named if name.startswith("__") and name.endswith("__")})


def limit_memory() -> None:
    """Lets allocations beyond ``MEMORY_BYTES`` fail, where the system can."""
    try:
        import resource
    except ImportError:  # Windows: only the time is limited there
        return
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY_BYTES, MEMORY_BYTES))


def main() -> None:
    """Answers until the parent closes the pipe."""
    limit_memory()
    for line in sys.stdin:
        sys.stdout.write(json.dumps(answer(json.loads(line))) + "\n")
        sys.stdout.flush()


if __name__ == "__main__":
    main()
