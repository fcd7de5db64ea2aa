"""A stand-in for the ``spaces`` package of ZeroGPU, with the CPU for a GPU.

What it has in common with the real one (0.51), as far as an app can tell:
* it must be imported before gradio and torch;
* CUDA seems to be there, but only the thread that imported it may put tensors on it;
* at ``launch`` these tensors leave the process: only a worker has them;
* a decorated generator runs in a forked worker, kept for the next call; arguments and values are
  pickled; only ``gr.Error`` comes back as it was; a run that outlives its duration is killed.

``SPACES_STAND_IN_LOG`` names a file that gets one JSON line for each GPU asked for.
"""

import os
import sys

if os.environ.get("SPACES_ZERO_GPU") != "true":
    raise RuntimeError("The stand-in is for tests of ZeroGPU only.")
if {"torch", "gradio"} & set(sys.modules):
    raise RuntimeError("spaces must be imported before gradio and torch.")

from spaces import cuda
from spaces.worker import GPU

__all__ = ["GPU", "disable_gradio_auto_wrap"]

cuda.patch()


def disable_gradio_auto_wrap() -> None:
    """The real one stops wrapping every handler of the page."""


def _launch_once() -> None:
    import gradio as gr

    launch = gr.Blocks.launch

    def packed(*args, **kwargs):
        gr.Blocks.launch = launch
        cuda.pack()
        return launch(*args, **kwargs)

    gr.Blocks.launch = packed


_launch_once()
