"""Code of an answer or of a text gone on with: the text generation pipeline, and ``generate`` itself."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from models.conversation import read
from models.errors import InputError
from models.generation_limits import END_OF_TURN
from models.sampler import Sampler
from models.snippets.code import Snippet, snippet
from models.snippets.source import Source
from models.spec import ModelCard

_ENDS = """known = {tokenizer}.get_vocab()
ends = {{{tokenizer}.eos_token_id, *(known[end] for end in turn_ends if end in known)}}
"""
_SEED = "torch.manual_seed(seed)  # the dice\n"
_PIPELINE = """
writer = pipeline("text-generation", model=checkpoint, device=device, dtype=dtype)
{ends}
{seed}(answer,) = writer(
    {asked},
    return_full_text=False,
    eos_token_id=sorted(ends),
    tokenizer=writer.tokenizer,
    **sampler,
)
written = answer["generated_text"]
"""
_LOAD = """
tokenizer = AutoTokenizer.from_pretrained(checkpoint)
model = AutoModelForCausalLM.from_pretrained(checkpoint, dtype=dtype).to(device).eval()
{ends}
"""
_CHAT = """inputs = tokenizer.apply_chat_template(
    messages, add_generation_prompt=True, return_dict=True, return_tensors="pt"
).to(device)
"""
_TEXT = """inputs = tokenizer(text, return_tensors="pt").to(device)
"""
_GENERATE = """{seed}with torch.inference_mode():
    output = model.generate(
        **inputs,
        eos_token_id=sorted(ends),
        pad_token_id=tokenizer.pad_token_id or min(ends),
        tokenizer=tokenizer,
        **sampler,
    )
answer = output[0, inputs["input_ids"].shape[1] :]
written = tokenizer.decode(answer, skip_special_tokens=True)
"""
_CUT = """
for end in sampler["stop_strings"]:  # the library leaves it at the end, this app cuts it off
    written = written.split(end)[0]
"""


def snippets(
    card: ModelCard, source: Source, settings: Mapping[str, object]
) -> tuple[Snippet, ...]:
    """Settings: ``text``, ``mode``, ``system``, ``talk`` (JSON), and those of the sampler.

    This app also ends an answer that repeats itself again and again; ``generate`` does not.
    """
    given = _asked(settings)
    chat, sampler = "messages" in given, _sampler(settings)
    seed = {"seed": round(float(str(settings.get("seed") or 0)))} if sampler["do_sample"] else {}
    values = {
        "checkpoint": source.checkpoint, **source.placement, **given, **seed, "sampler": sampler,
        "turn_ends": list(END_OF_TURN),
    }  # fmt: skip
    dice, cut = (_SEED if seed else ""), (_CUT if "stop_strings" in sampler else "")
    by_hand = (_CHAT if chat else _TEXT) + _GENERATE.format(seed=dice)
    imports = "import torch\nfrom transformers import AutoModelForCausalLM, AutoTokenizer"
    return (
        snippet(
            "pipeline", ("import torch\n" if seed else "") + "from transformers import pipeline",
            values,
            _PIPELINE.format(
                ends=_ENDS.format(tokenizer="writer.tokenizer"), seed=dice, asked=next(iter(given))
            ) + cut,
            result="written",
        ),
        snippet(
            "tokenizer and model", imports, values,
            _LOAD.format(ends=_ENDS.format(tokenizer="tokenizer")) + by_hand + cut,
            result="written",
        ),
    )  # fmt: skip


def _asked(settings: Mapping[str, object]) -> dict[str, Any]:
    """``messages`` or ``text``: what the next run asks, or, with an empty message, what the last one did."""
    text = str(settings.get("text", ""))
    if settings.get("mode", "chat") == "text":
        return {"text": text}
    try:
        turns = read(str(settings.get("talk") or ""))
    except InputError:  # the run says so
        turns = []
    if text.strip():
        turns = [*turns, {"role": "user", "content": text}]
    elif turns and turns[-1]["role"] == "assistant":
        turns = turns[:-1]
    system = str(settings.get("system", ""))
    lead = [{"role": "system", "content": system}] if system.strip() else []
    return {"messages": [*lead, *turns]}


def _sampler(settings: Mapping[str, object]) -> dict[str, Any]:
    """The sampler by the library's names; what changes nothing is left out."""
    usual = Sampler()

    def number(name: str, default: float) -> float:
        value = settings.get(name)
        return default if value is None else float(str(value))

    temperature = number("temperature", usual.temperature)
    penalty, min_p = number("penalty", usual.repetition_penalty), number("min_p", usual.min_p)
    stops = [line for line in str(settings.get("stops", "")).splitlines() if line]
    found: dict[str, Any] = {
        "max_new_tokens": int(number("longest", usual.max_new_tokens)),
        "do_sample": temperature > 0,
    }
    if temperature > 0:
        found |= {
            "temperature": temperature,
            "top_k": int(number("top_k", usual.top_k)),
            "top_p": number("top_p", usual.top_p),
        }
        found |= {"min_p": min_p} if min_p else {}
    found |= {"repetition_penalty": penalty}
    return found | ({"stop_strings": stops} if stops else {})
