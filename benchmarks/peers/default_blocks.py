"""A no-op as gradio's own guide writes it: default Blocks, queue and settings, on what gradio's own
requirements install, which is uvicorn without uvloop and httptools.
"""

from __future__ import annotations

import argparse
import sys

sys.modules["uvloop"] = sys.modules["httptools"] = None  # type: ignore[assignment] # not to be found

import gradio as gr

from benchmarks.earlier_events import remember


def main() -> None:
    """Serves until it is ended."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--port", type=int, required=True)
    parser.add_argument("--earlier", type=int, default=0)
    options = parser.parse_args()
    with gr.Blocks() as demo:
        text, same = gr.Textbox(), gr.Textbox()
        gr.Button().click(lambda text: text, text, same, api_name="noop")
    demo.launch(server_port=options.port, quiet=True, prevent_thread_lock=True)
    remember(demo, options.earlier)
    demo.block_thread()


if __name__ == "__main__":
    main()
