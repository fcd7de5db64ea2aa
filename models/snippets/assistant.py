"""Code of the assistant: tools in a chat template and the loop around them, or a router by embeddings."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from models.assistant import SAMPLER
from models.assistant_files import attached
from models.assistant_messages import messages_of
from models.assistant_request import take_apart
from models.assistant_router import NEAREST, verbs
from models.assistant_talk import Entry, Said, read
from models.errors import InputError
from models.generation_limits import END_OF_TURN
from models.snippets.code import Snippet, snippet
from models.snippets.source import Source
from models.spec import ModelCard
from models.tools import schemas

_LOAD = """
tokenizer = AutoTokenizer.from_pretrained(checkpoint)
model = AutoModelForCausalLM.from_pretrained(checkpoint, dtype=dtype).to(device).eval()
known = tokenizer.get_vocab()
ends = {tokenizer.eos_token_id, *(known[end] for end in turn_ends if end in known)}


def write(messages):
    inputs = tokenizer.apply_chat_template(
        messages, TOOLSadd_generation_prompt=True, return_dict=True, return_tensors="pt"
    ).to(device)
    with torch.inference_mode():
        output = model.generate(
            **inputs, eos_token_id=sorted(ends), pad_token_id=tokenizer.pad_token_id or min(ends),
            do_sample=False, max_new_tokens=max_new_tokens,
        )
    answer = output[0, inputs["input_ids"].shape[1] :]
    return tokenizer.decode(answer, skip_special_tokens=True)


def read_calls(written):
    # Qwen, Hermes and SmolLM2 write tags; of Llama and Mistral bare JSON is left
    found = re.findall(r"<tool_call>(.*?)</tool_call>", written, re.DOTALL)
    if not found and written.lstrip().startswith(("{", "[")):
        found = [written]
    calls = [json.loads(text) for text in found]
    return [call for group in calls for call in (group if isinstance(group, list) else [group])]


def run_tool(name, arguments):
    # this app has an endpoint for each tool; put functions of your own here
    client = Client(app)
    return str(client.predict(*arguments.values(), api_name=endpoints[name]))

"""
_LOOP = """
written = write(messages)  # the model's first turn
for _ in range(most_steps):
    try:
        calls = read_calls(written)
    except json.JSONDecodeError as error:  # the model is told, and tries again
        messages += [
            {"role": "assistant", "content": written},
            {"role": "user", "content": f"That call is no JSON: {error}"},
        ]
        written = write(messages)
        continue
    if not calls:
        break
    for call in calls:
        arguments = call.get("arguments", call.get("parameters", {}))
        result = run_tool(call["name"], arguments)
        messages += MESSAGES
    written = write(messages)
"""
_TOLD = """[
            {"role": "assistant", "content": "", "tool_calls": [
                {"type": "function", "function": {"name": call["name"], "arguments": arguments}}
            ]},
            {"role": "tool", "name": call["name"], "content": result},
        ]"""
_SPELLED = """[
            {"role": "assistant", "content": f"<tool_call>{json.dumps([call])}</tool_call>"},
            {"role": "user", "content": f"<tool_response>{result}</tool_response>"},
        ]"""
_ROUTER = """
names = [name for name, texts in examples().items() for _ in texts]
known = [text for texts in examples().values() for text in texts]
tokenizer = AutoTokenizer.from_pretrained(checkpoint)
model = AutoModel.from_pretrained(checkpoint, dtype=dtype).to(device).eval()


def embed(texts):
    inputs = tokenizer(texts, padding=True, return_tensors="pt").to(device)
    with torch.inference_mode():
        hidden = model(**inputs).last_hidden_state.float()  # (texts, tokens, dimensions)
    mask = inputs["attention_mask"][..., None]
    vectors = (hidden * mask).sum(1) / mask.sum(1)  # mean over the tokens
    return torch.nn.functional.normalize(vectors, dim=-1)


choices = []
for wish, row in zip(wishes, embed(wishes) @ embed(known).T):
    scores = {}
    for name in dict.fromkeys(names):
        cosines = [value for value, of in zip(row.tolist(), names) if of == name]
        scores[name] = sum(sorted(cosines)[-nearest:]) / nearest
    best = max(scores, key=scores.get)
    choices.append((wish, best, scores[best]))
"""
#: Tool -> endpoint of this app.
_ENDPOINTS = {
    "rate_sentiment": "/sentiment", "classify": "/zero_shot", "find_entities": "/ner",
    "answer_question": "/question_answering", "summarize": "/summarization", "translate": "/translation",
    "speak": "/text_to_speech", "transcribe": "/speech_to_text", "draw": "/image_generation",
    "count_tokens": "/tokenizer", "compare_meaning": "/embeddings_similarity",
}  # fmt: skip


def snippets(
    card: ModelCard, source: Source, settings: Mapping[str, object]
) -> tuple[Snippet, ...]:
    """Settings: ``message``, ``talk`` (JSON) and ``file`` (a path)."""
    entries, kind = _asked(settings)
    if card.engine == "router":
        return (_router(source, entries, kind),)
    template = str(source.file("tokenizer_config.json").get("chat_template", "")) + _template(
        source
    )
    in_template = not template or "tools" in template
    values: dict[str, Any] = {
        "checkpoint": source.checkpoint, **source.placement,
        "messages": messages_of(entries, schemas(), in_template=in_template),
        "turn_ends": list(END_OF_TURN), "max_new_tokens": SAMPLER.max_new_tokens, "most_steps": 8,
        "app": "http://127.0.0.1:7860/", "endpoints": _ENDPOINTS,
        **({"tools": schemas()} if in_template else {}),
    }  # fmt: skip
    body = _LOAD.replace("TOOLS", "tools=tools, " if in_template else "")
    loop = _LOOP.replace("MESSAGES", _TOLD if in_template else _SPELLED)
    imports = (
        "import json\nimport re\nimport torch\nfrom gradio_client import Client\n"
        "from transformers import AutoModelForCausalLM, AutoTokenizer"
    )
    return (snippet("chat model with tools", imports, values, body + loop, result="written"),)


def _router(source: Source, entries: tuple[Entry, ...], kind: str) -> Snippet:
    last = entries[-1]
    text = last.content if isinstance(last, Said) else ""
    request = take_apart(text, verbs(), attached=kind)
    values = {
        "checkpoint": source.checkpoint, **source.placement, "nearest": NEAREST,
        "wishes": [request.spoken(wish) for wish in request.wishes],
    }  # fmt: skip
    imports = (
        "import torch\nfrom models.assistant_router import examples\n"
        "from transformers import AutoModel, AutoTokenizer"
    )
    return snippet("embeddings of examples", imports, values, _ROUTER, result="choices")


def _template(source: Source) -> str:
    path = source.folder / "chat_template.jinja" if source.folder else None
    return path.read_text("utf-8") if path is not None and path.is_file() else ""


def _asked(settings: Mapping[str, object]) -> tuple[tuple[Entry, ...], str]:
    """The conversation that the next run is about, or the last one was; and the kind of its file."""
    try:
        talk = read(str(settings.get("talk") or ""))
        given = attached(str(settings["file"])) if settings.get("file") else None
    except InputError:  # the run says so
        talk, given = (), None
    message, kind = str(settings.get("message", "")), given.kind if given else ""
    if message.strip() or not talk:
        said = Said("user", message, given.of if given else "", kind)
        return (*talk, said), kind
    places = [i for i, one in enumerate(talk) if isinstance(one, Said) and one.role == "user"]
    asked = talk[: places[-1] + 1] if places else talk
    last = asked[-1]
    return asked, last.kind if isinstance(last, Said) else ""
