"""Networks in OpenVINO: exported once by transformers' own exporter, quicker than torch on a CPU.

OpenVINO (docs.openvino.ai) fuses the network's operations and does not wait in busy loops for its
other threads, so it also keeps its pace on a busy machine. Its float32 equals torch's but for
rounding; bfloat16 halves the memory and needs a processor that multiplies in it to be quick.
"""

from __future__ import annotations

import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from models.device import usable_cores
from models.variant_memory import size_of

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

#: Name of the exporter's file in its folder; the weights lie beside it.
GRAPH = "openvino_model.xml"
#: Precision -> OpenVINO's word for it.
PRECISIONS = {"float32": "f32", "bfloat16": "bf16"}


def private_openvino() -> Any:
    """The openvino package, kept from reporting its use.

    Importing it, and each conversion, sends an event to its makers over ``openvino_telemetry``
    unless somebody on this machine has declined. Without that package it uses a stub of its own.
    """
    sys.modules.setdefault("openvino_telemetry", None)  # type: ignore[arg-type]
    import openvino

    return openvino


class OpenVinoRuntime:
    """Computes an exported network; see ``models.encoders.Runtime``. One thread at a time.

    Args:
        folder: written by ``export``.
        fields: outputs that are wanted, in order.
        precision: one of ``PRECISIONS``.
    """

    def __init__(self, folder: Path, fields: Sequence[str], precision: str) -> None:
        openvino = private_openvino()
        settings = {
            "INFERENCE_PRECISION_HINT": PRECISIONS[precision],
            "PERFORMANCE_HINT": "LATENCY",
            "INFERENCE_NUM_THREADS": usable_cores(),
        }
        compiled = openvino.Core().compile_model(folder / GRAPH, "CPU", settings)
        self._request = compiled.create_infer_request()
        self._inputs = {name for port in compiled.inputs for name in port.names}
        self.fields = tuple(fields)
        self.name = f"openvino {precision}"
        self.memory_bytes = size_of(folder, f"openvino-{precision}")

    def run(
        self, ids: NDArray[np.int64], mask: NDArray[np.int64], segments: NDArray[np.int64] | None
    ) -> tuple[NDArray[np.float32], ...]:
        """See ``models.encoders.Runtime``."""
        given = {"input_ids": ids, "attention_mask": mask, "token_type_ids": segments}
        self._request.infer(
            {name: value for name, value in given.items() if name in self._inputs},
            share_inputs=True,
        )
        # Copies: the request writes the next pass into the same memory.
        return tuple(self._request.get_tensor(name).data.copy() for name in self.fields)


def export(model: Any, inputs: dict[str, Any], folder: Path) -> None:
    """Writes a torch network as an OpenVINO graph that takes any number of rows and tokens.

    Args:
        model: a transformers network in float32, ready to infer.
        inputs: tensors of (rows, tokens) as it is called with, at least two of each.
        folder: where the files go.

    Raises:
        Exception: of many kinds, where the exporter can't follow what the network does.
    """
    private_openvino()
    import torch
    from transformers.exporters.exporter_openvino import OpenVINOConfig, OpenVINOExporter

    # The same two axes in every input, so that nothing else is taken to vary.
    rows, tokens = torch.export.Dim.DYNAMIC, torch.export.Dim.DYNAMIC
    config = OpenVINOConfig(dynamic_shapes={name: {0: rows, 1: tokens} for name in inputs})
    OpenVINOExporter().export(model, inputs, config=config).save_pretrained(folder)
