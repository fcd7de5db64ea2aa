"""The learner card of a tab: what the task is, how to read the result, what goes wrong, where to go on."""

from __future__ import annotations

import gradio as gr

from tabs.parts.look import ASSETS
from tabs.parts.markup import outside

_HUB = "https://huggingface.co"
_COURSE, _AUDIO = f"{_HUB}/learn/llm-course", f"{_HUB}/learn/audio-course"
_TASK, _CHAPTER, _GUIDE = "The task at the Hub", "Chapter of the course", "Guide"
#: Tab -> (what it is, where): the Hub's page of the task with its models, and what teaches it.
_MORE: dict[str, tuple[tuple[str, str], ...]] = {
    "sentiment": ((_TASK, f"{_HUB}/tasks/text-classification"), (_CHAPTER, f"{_COURSE}/chapter3/1")),
    "zero_shot": ((_TASK, f"{_HUB}/tasks/zero-shot-classification"), (_CHAPTER, f"{_COURSE}/chapter1/3")),
    "ner": ((_TASK, f"{_HUB}/tasks/token-classification"), (_CHAPTER, f"{_COURSE}/chapter7/2")),
    "question_answering": (
        (_TASK, f"{_HUB}/tasks/question-answering"), (_CHAPTER, f"{_COURSE}/chapter7/7"),
    ),
    "summarization": ((_TASK, f"{_HUB}/tasks/summarization"), (_CHAPTER, f"{_COURSE}/chapter7/5")),
    "translation": ((_TASK, f"{_HUB}/tasks/translation"), (_CHAPTER, f"{_COURSE}/chapter7/4")),
    "text_generation": (
        (_TASK, f"{_HUB}/tasks/text-generation"), (_GUIDE, f"{_HUB}/docs/transformers/llm_tutorial"),
    ),
    "text_to_speech": (
        (_TASK, f"{_HUB}/tasks/text-to-speech"), (_CHAPTER, f"{_AUDIO}/chapter6/introduction"),
    ),
    "speech_to_text": (
        (_TASK, f"{_HUB}/tasks/automatic-speech-recognition"),
        (_CHAPTER, f"{_AUDIO}/chapter5/introduction"),
    ),
    "image_generation": (
        (_TASK, f"{_HUB}/tasks/text-to-image"), (_CHAPTER, f"{_HUB}/learn/diffusion-course"),
    ),
    "music": ((_GUIDE, f"{_HUB}/docs/transformers/model_doc/musicgen"),),
    "tokenizer": (
        (_CHAPTER, f"{_COURSE}/chapter6/1"), (_GUIDE, f"{_HUB}/docs/tokenizers/index"),
    ),
    "embeddings": (
        (_TASK, f"{_HUB}/tasks/sentence-similarity"), (_CHAPTER, f"{_COURSE}/chapter5/6"),
    ),
    "assistant": ((_CHAPTER, f"{_HUB}/learn/agents-course"),),
    "models": ((_GUIDE, f"{_HUB}/docs/huggingface_hub/guides/manage-cache"),),
}  # fmt: skip


def learner_card(capability: str) -> None:
    """Adds the card from ``assets/learn``, closed, at this place of the page.

    Raises:
        FileNotFoundError: at start, when a tab has no card.
    """
    text = (ASSETS / "learn" / f"{capability}.md").read_text("utf-8")
    with gr.Accordion("How this works", open=False, elem_classes=["md-learn"]):
        gr.Markdown(text, elem_classes=["md-card-text"])
        if capability in _MORE:
            gr.HTML(more_html(capability))


def more_html(capability: str) -> str:
    """Where the task is taught further, as links that leave the page."""
    links = "".join(outside(where, what) for what, where in _MORE[capability])
    return f'<p class="md-note md-more"><span>To go on (needs the network):</span> {links}</p>'
