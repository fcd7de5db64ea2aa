"""Code of a summary: sentences chosen by their embeddings, or a text written by a language model.

Transformers 5 has no summarization pipeline; a chat model has the text generation pipeline.
"""

from __future__ import annotations

from collections.abc import Mapping

from models.generation_limits import END_OF_TURN
from models.sentences import sentences
from models.snippets.code import LONGEST, Snippet, snippet
from models.snippets.engine import engine_code
from models.snippets.quicker import as_it_ran
from models.snippets.sizes import tokens_at_most, window_of
from models.snippets.source import Source
from models.spec import ModelCard
from models.summarization import budget
from models.summarization_abstractive import (
    INSTRUCTION,
    INSTRUCTION_TOKENS,
    LEAST_WORDS,
    MIN_ANSWER,
    MIN_NEW,
    PART_TOKENS,
    SENTENCES,
    TOKENS_PER_WORD,
)
from models.summarization_extractive import (
    BATCH,
    FRAGMENT,
    LEAD,
    RELEVANCE,
    SLACK,
    sentence_bonus,
)
from models.word_count import count_words

_EXTRACTIVE = f"""
tokenizer = AutoTokenizer.from_pretrained(checkpoint)
model = AutoModel.from_pretrained(checkpoint, dtype=dtype).to(device).eval()


def embed(part):
    \"\"\"A vector of length 1 for each sentence: the mean over its tokens.\"\"\"
    inputs = tokenizer(part, padding=True, return_tensors="pt").to(device)
    with torch.inference_mode():
        hidden = model(**inputs).last_hidden_state  # (sentences, tokens, width)
    mask = inputs["attention_mask"][..., None]
    return torch.nn.functional.normalize((hidden * mask).sum(1) / mask.sum(1), dim=-1).float()


parts = range(0, len(sentences), {BATCH})
vectors = torch.cat([embed(sentences[at : at + {BATCH}]) for at in parts]).cpu()
middle = torch.nn.functional.normalize(vectors.mean(0), dim=0)
worth = vectors @ middle + torch.tensor(bonus)  # bonus: first sentences gain, loose ones lose

# Again and again the sentence that is near the middle and unlike those chosen before it.
chosen, left, alike = [], words * {SLACK}, torch.zeros(len(sentences))
while len(chosen) < len(sentences) - 1:
    score = {RELEVANCE} * worth - {1 - RELEVANCE} * alike
    score[chosen] = -float("inf")
    if chosen:
        score[[length > left for length in lengths]] = -float("inf")
    best = int(score.argmax())
    if score[best] == -float("inf") or (chosen and bonus[best] <= {LEAD - FRAGMENT}):
        break
    chosen.append(best)
    left -= lengths[best]
    alike = torch.maximum(alike, vectors @ vectors[best])
points = [" ".join(sentences[i].split()) for i in sorted(chosen)]
"""

_CHAT_PIPELINE = """
writer = pipeline("text-generation", model=checkpoint, device=device, dtype=dtype)
known = writer.tokenizer.get_vocab()
ends = {writer.tokenizer.eos_token_id, *(known[end] for end in turn_ends if end in known)}
messages = [{"role": "user", "content": f"{text}\\n\\n{instruction}".strip()}]
(answer,) = writer(
    messages,
    return_full_text=False,
    max_new_tokens=max_new_tokens,
    min_new_tokens=least,
    do_sample=False,
    repetition_penalty=1.05,
    no_repeat_ngram_size=8,
    eos_token_id=sorted(ends),
)
written = answer["generated_text"]
ids = writer.tokenizer(written, add_special_tokens=False)["input_ids"]
ended = len(ids) < max_new_tokens - 3  # a few tokens may be lost as spaces at the ends
"""

_CHAT = """
tokenizer = AutoTokenizer.from_pretrained(checkpoint)
model = AutoModelForCausalLM.from_pretrained(checkpoint, dtype=dtype).to(device).eval()

messages = [{"role": "user", "content": f"{text}\\n\\n{instruction}".strip()}]
inputs = tokenizer.apply_chat_template(
    messages, add_generation_prompt=True, return_dict=True, return_tensors="pt"
).to(device)
known = tokenizer.get_vocab()
ends = {tokenizer.eos_token_id, *(known[end] for end in turn_ends if end in known)}
with torch.inference_mode():
    output = model.generate(
        **inputs,
        max_new_tokens=max_new_tokens,
        min_new_tokens=least,
        do_sample=False,
        num_beams=1,
        repetition_penalty=1.05,
        no_repeat_ngram_size=8,
        eos_token_id=sorted(ends),
        pad_token_id=tokenizer.pad_token_id,
    )
answer = output[0, inputs["input_ids"].shape[1] :]
written, ended = tokenizer.decode(answer, skip_special_tokens=True), int(answer[-1]) in ends
"""

_SEQ2SEQ = """
tokenizer = AutoTokenizer.from_pretrained(checkpoint)
model = AutoModelForSeq2SeqLM.from_pretrained(checkpoint, dtype=dtype).to(device).eval()

inputs = tokenizer(prefix + text, return_tensors="pt").to(device)
with torch.inference_mode():
    output = model.generate(
        input_ids=inputs["input_ids"],
        attention_mask=inputs["attention_mask"],
        max_new_tokens=max_new_tokens,
        min_new_tokens=least,
        do_sample=False,
        num_beams=1,
        no_repeat_ngram_size=3,
    )
written = tokenizer.decode(output[0], skip_special_tokens=True)
ended = int(output[0, -1]) == tokenizer.eos_token_id
"""

_FINISH = """
# Without the sentence that the limit cut off, and without saying one twice.
found = re.split(r"(?<=[.!?])\\s+", " ".join(written.split()))
if not ended and len(found) > 1 and found[-1][-1:] not in ".!?":
    found = found[:-1]
points = list(dict.fromkeys(found))
"""

_FORMS = {
    "paragraph": 'summary = " ".join(points)',
    "bullets": 'summary = "\\n".join(f"- {point}" for point in points)',
}


def snippets(
    card: ModelCard, source: Source, settings: Mapping[str, object]
) -> tuple[Snippet, ...]:
    """Settings: ``text``, ``length``, ``form``. A text that is read in parts takes the app's engine."""
    text = str(settings.get("text", ""))
    length, form = str(settings.get("length", "medium")), str(settings.get("form", "paragraph"))
    words, window = budget(count_words(text), length), window_of(source.config)
    extractive = card.engine == "extractive"
    seq2seq = is_seq2seq(card, source)
    parts = [text[a:b] for a, b in sentences(text)] if extractive else [text]
    room = window - 8 if extractive or seq2seq else (window - INSTRUCTION_TOKENS) * 3 // 4
    if len(text) > LONGEST or any(tokens_at_most(p) > min(room, PART_TOKENS) for p in parts):
        return (engine_code(card, source, "summarize", text, {"length": length, "form": form}),)
    values = {"checkpoint": source.checkpoint, **source.placement}
    if extractive:
        return _extractive(source, text, words, form)
    limit = max(MIN_ANSWER, int(max(LEAST_WORDS, words) * TOKENS_PER_WORD))
    values |= {"max_new_tokens": limit, "least": MIN_NEW}
    if seq2seq:
        return (_seq2seq({**values, "prefix": prefix(source), "text": text}, form),)
    asked = {"instruction": INSTRUCTION.format(SENTENCES.get(length, SENTENCES["medium"]))}
    return _chat({**values, **asked, "turn_ends": list(END_OF_TURN), "text": text}, form)


def is_seq2seq(card: ModelCard, source: Source) -> bool:
    """Whether the model turns a text into a text, by its configuration or else by its card."""
    names = source.config.get("architectures") or []
    if names:
        return any(str(name).endswith("ForConditionalGeneration") for name in names)
    return card.engine != "causal"


def prefix(source: Source) -> str:
    """What the model wants before a text, as ``models.summarization_abstractive.prefix_of`` has it."""
    params = source.config.get("task_specific_params") or {}
    own = params.get("summarization", {}).get("prefix")
    kind = source.config.get("model_type")
    return str(own) if own is not None else "summarize: " if kind == "t5" else ""


def _extractive(source: Source, text: str, words: int, form: str) -> tuple[Snippet, ...]:
    spans = sentences(text)
    parts = [text[start:end] for start, end in spans]
    imports = "import torch\nfrom transformers import AutoModel, AutoTokenizer"
    values: dict[str, object] = {
        "checkpoint": source.checkpoint,
        **source.placement,
        "words": words,
        "sentences": parts,
        "lengths": [count_words(part) for part in parts],
        "bonus": [round(sentence_bonus(text, spans, i), 6) for i in range(len(spans))],
    }
    body = _EXTRACTIVE + _FORMS[form]
    by_hand = snippet("tokenizer and model", imports, values, body, result="summary")
    return (*as_it_ran(source, imports, values, body, result="summary"), by_hand)


def _seq2seq(values: Mapping[str, object], form: str) -> Snippet:
    imports = (
        "import re\nimport torch\nfrom transformers import AutoModelForSeq2SeqLM, AutoTokenizer"
    )
    body = _SEQ2SEQ + _FINISH + _FORMS[form]
    return snippet("tokenizer and model", imports, values, body, result="summary")


def _chat(values: Mapping[str, object], form: str) -> tuple[Snippet, ...]:
    ending = _FINISH + _FORMS[form]
    by_hand = (
        "import re\nimport torch\nfrom transformers import AutoModelForCausalLM, AutoTokenizer"
    )
    return (
        snippet(
            "pipeline", "import re\nfrom transformers import pipeline", values,
            _CHAT_PIPELINE + ending, result="summary",
        ),
        snippet("tokenizer and model", by_hand, values, _CHAT + ending, result="summary"),
    )  # fmt: skip
