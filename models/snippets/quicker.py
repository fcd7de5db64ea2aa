"""Code of a run whose network was computed by a quicker variant than torch, as on a CPU.

The levels of the library alone compute in float32; what the app used there halves or quarters that
(decision 26). So that the code gives the numbers of the run, it makes the same variant the same way.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import replace

from models.snippets.code import Snippet, snippet
from models.snippets.source import Source
from models.variants_openvino import PRECISIONS

#: Where a body has its network in torch.
_BUILT = re.compile(r"^model = .*\.eval\(\)\n", re.MULTILINE)
#: Where it is called: with tensors by name.
_CALLED = re.compile(r"\bmodel\((?=\*\*|input_ids=)")

_OPENVINO = """
# The network in OpenVINO: exported once by transformers, for any number of rows and tokens.
axes = {0: torch.export.Dim.DYNAMIC, 1: torch.export.Dim.DYNAMIC}
sample = tokenizer(SAMPLE, return_tensors="pt")
sample = {name: sample[name].repeat(2, 1) for name in NAMES}  # two equal rows
config = OpenVINOConfig(dynamic_shapes=dict.fromkeys(sample, axes))
OpenVINOExporter().export(model, sample, config=config).save_pretrained("openvino")
network = openvino.Core().compile_model(
    "openvino/openvino_model.xml", "CPU", {"INFERENCE_PRECISION_HINT": precision}
)


def quick(**inputs):
    inputs = {"attention_mask": torch.ones_like(inputs["input_ids"]), **inputs}
    output = network({name: inputs[name].numpy() for name in sample})
    found = {port.any_name: torch.from_numpy(output[port].copy()) for port in network.outputs}
    return SimpleNamespace(**found)


"""
_IMPORTS = (
    "import openvino\nfrom types import SimpleNamespace\n"
    "from transformers.exporters.exporter_openvino import OpenVINOConfig, OpenVINOExporter"
)
#: (what is read, names of the inputs) of networks that read one text, and of those that read two.
ONE_TEXT = ('"a text"', '("input_ids", "attention_mask")')
TWO_TEXTS = ('"a question", "a text"', "sample")


def as_it_ran(
    source: Source, imports: str, values: Mapping[str, object], body: str,
    reads: tuple[str, str] = ONE_TEXT, *, result: str,
) -> tuple[Snippet, ...]:  # fmt: skip
    """The level with the network in OpenVINO; none where torch computes.

    Args:
        source: says what computes.
        imports, values, body, result: of the level "tokenizer and model".
        reads: ``ONE_TEXT`` or ``TWO_TEXTS``.
    """
    library, _, precision = source.variant.partition(" ")
    if library != "openvino":
        return ()
    sample, names = reads
    export = _OPENVINO.replace("SAMPLE", sample).replace("NAMES", names).lstrip("\n")
    quick = _CALLED.sub("quick(", _BUILT.sub(lambda built: f"{built[0]}\n{export}", body, count=1))
    given = {**values, "precision": PRECISIONS[precision]}
    found = snippet("as it ran: OpenVINO", f"{imports}\n{_IMPORTS}", given, quick, result=result)
    return (replace(found, variant=source.variant),)


def remarked(levels: Iterable[Snippet], variant: str) -> tuple[Snippet, ...]:
    """The levels, each with a sentence on how its numbers are to those of the run.

    Args:
        levels: of one run.
        variant: what computes the model now, see ``Source``; nothing is said where that is torch.
    """
    if not variant or variant.startswith("torch"):
        return tuple(levels)
    return tuple(
        level if level.remark else replace(level, remark=_remark(level, variant))
        for level in levels
    )


def _remark(level: Snippet, variant: str) -> str:
    if level.variant == variant:
        return (
            f"On this CPU the app computes this model in {variant}: quicker than torch, and it "
            "decides the same but for rounding. So does this code."
        )
    near = "Words" if variant.startswith("ctranslate2") else "Scores"
    return (
        f"The app computes this model in {variant}, which is quicker on this CPU. This code computes "
        f"in torch: it decides the same but for rounding. {near} may differ a little."
    )
