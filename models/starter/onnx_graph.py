"""Small changes to ONNX networks while a starter is laid out: more outputs, and noise from outside.

Needs the package onnx, which only this step uses.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any


def load(path: Path) -> Any:
    """The network as an ``onnx.ModelProto``."""
    import onnx

    return onnx.load(str(path))


def save(network: Any, path: Path) -> None:
    """Checks the network and writes it."""
    import onnx

    onnx.checker.check_model(network)
    onnx.save(network, str(path))


def add_output(network: Any, tensor: str, name: str, shape: Sequence[int | str]) -> None:
    """Makes a float tensor inside the network, of that shape, an output called ``name``."""
    from onnx import TensorProto, helper

    network.graph.node.append(helper.make_node("Identity", [tensor], [name], name=name))
    network.graph.output.append(helper.make_tensor_value_info(name, TensorProto.FLOAT, shape))


def noise_from_outside(network: Any, node: str, name: str, shape: Sequence[int | str]) -> None:
    """Takes the place of a ``RandomNormalLike`` node: the noise becomes an input called ``name``.

    onnxruntime seeds such a node once, when the network is loaded: with the noise as an input a run
    can be repeated. Noise that is shorter than wanted on its last axis is repeated.

    Args:
        network: changed in place.
        node: name of the random node.
        name: of the new input.
        shape: of the input, as ONNX states it: the last axis may be of any length.
    """
    from onnx import TensorProto, helper

    nodes = network.graph.node
    place, random = next((n, item) for n, item in enumerate(nodes) if item.name == node)
    wanted, (result,), last = random.input[0], random.output, len(shape) - 1
    for constant, value, sizes in (("axis", last, [1]), ("start", 0, []), ("step", 1, [])):
        network.graph.initializer.append(
            helper.make_tensor(f"{name}_{constant}", TensorProto.INT64, sizes, [value])
        )
    chain = (
        ("Shape", f"{wanted}", "sizes"),
        ("Gather", f"{name}_sizes {name}_axis", "lengths"),
        ("Squeeze", f"{name}_lengths", "length"),
        ("Range", f"{name}_start {name}_length {name}_step", "places"),
        ("Shape", f"{name}", "given"),
        ("Gather", f"{name}_given {name}_axis", "period"),
        ("Mod", f"{name}_places {name}_period", "looped"),
    )
    fresh = [helper.make_node(kind, of.split(), [f"{name}_{to}"]) for kind, of, to in chain]
    fresh.append(helper.make_node("Gather", [name, f"{name}_looped"], [result], axis=last))
    kept = [*nodes[:place], *fresh, *nodes[place + 1 :]]
    del nodes[:]
    nodes.extend(kept)
    network.graph.input.append(helper.make_tensor_value_info(name, TensorProto.FLOAT, shape))
