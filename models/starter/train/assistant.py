"""Compares ways to choose a tool with the starters, on the requests that are checked by hand.

    python -m models.starter.train.assistant     # prints a table; minutes

The router's threshold and the number of its nearest examples are chosen here, on the checked set. SmolLM2
is asked in the way that suits a small model best: not to write a call but to say which of the tools' names
is likeliest, with each name's likelihood for an empty request taken off (contextual calibration,
https://arxiv.org/abs/2102.09690). Requests of one wish only; arguments are taken as the router takes them.
"""

from __future__ import annotations

import copy
import inspect
import logging
from collections.abc import Sequence
from typing import Any

import numpy as np
import torch

from models import assistant_router
from models.assistant_request import take_apart
from models.assistant_router import NONE, examples, verbs
from models.assistant_slots import Bench, Lacking, filled
from models.settings import Settings
from models.sources import starter_folder
from models.starter import starters
from models.starter.quality.assistant import (
    CHECKED,
    HELD_OUT,
    Case,
    calls_right,
    cases,
    file_of,
    planned,
    tools_right,
)
from models.starter.quality.engines import engine
from models.tool_calls import Call
from models.tools import TOOLS

log = logging.getLogger(__name__)

ROUTER, WRITER = "starter/minilm-router", "starter/smollm2-135m-tools"
#: What the model is asked for a request; an empty one for the calibration.
_ASK = "Tools:\n{tools}\n\nRequest: {request}\n\nWhich tool does it? Answer with its name only."
_EMPTY = "N/A"


class NameScorer:
    """SmolLM2's log likelihood of each tool's name after a request."""

    def __init__(self) -> None:
        from transformers import AutoModelForCausalLM, AutoTokenizer

        folder = starter_folder(starters()[WRITER], Settings().cache_folder)
        self._tokenizer = AutoTokenizer.from_pretrained(folder, local_files_only=True)
        self._model = AutoModelForCausalLM.from_pretrained(
            folder, dtype=torch.float32, local_files_only=True
        ).eval()
        self.names = [*TOOLS, NONE]
        lines = [f"{name}: {(inspect.getdoc(kind) or '').strip()}" for name, kind in TOOLS.items()]
        self._tools = "\n".join([*lines, f"{NONE}: No tool can do it."])
        self._empty = self.scores(_EMPTY)

    def calibrated(self, request: str) -> Any:
        """(names,) scores without what each name has by itself."""
        return self.scores(request) - self._empty

    def scores(self, request: str) -> Any:
        """(names,) summed log likelihood of each name's tokens and of the turn's end."""
        asked = _ASK.format(tools=self._tools, request=request)
        text = self._tokenizer.apply_chat_template(
            [{"role": "user", "content": asked}], add_generation_prompt=True, tokenize=False
        )
        prompt = self._tokenizer(text, add_special_tokens=False, return_tensors="pt")["input_ids"]
        with torch.inference_mode():
            read = self._model(prompt, use_cache=True)
            first = read.logits[0, -1].log_softmax(-1)
            return np.array([self._score(name, first, read.past_key_values) for name in self.names])

    def _score(self, name: str, first: Any, cache: Any) -> float:
        ids = self._tokenizer(f"{name}<|im_end|>", add_special_tokens=False)["input_ids"]
        total = float(first[ids[0]])
        rest = self._model(torch.tensor([ids[:-1]]), past_key_values=copy.deepcopy(cache))
        logits = rest.logits[0].log_softmax(-1)  # (tokens, vocabulary)
        return total + sum(float(logits[i, token]) for i, token in enumerate(ids[1:]))


def by_names(scorer: NameScorer, case: Case, *, calibrated: bool) -> list[Call]:
    """The call for a request of one wish whose tool has the likeliest name."""
    file = file_of(case.file)
    request = take_apart(case.ask, verbs(), attached=case.file)
    wish = request.wishes[0]
    hint = f" (a {case.file} file is attached)" if case.file else ""
    asked = request.spoken(wish) + hint
    scores = scorer.calibrated(asked) if calibrated else scorer.scores(asked)
    name = scorer.names[int(scores.argmax())]
    if name == NONE:
        return []
    try:
        return [filled(name, wish, Bench(request, [file] if file else [], 1))]
    except Lacking:
        return [Call(name, {})]


def shares(given: Sequence[Case], made: Sequence[Sequence[Call]]) -> str:
    """Per cent of right tools and of right calls."""
    tools = np.mean([tools_right(*pair) for pair in zip(given, made, strict=True)])
    calls = np.mean([calls_right(*pair) for pair in zip(given, made, strict=True)])
    return f"tools {tools:.1%}, calls {calls:.1%} of {len(given)}"


def main() -> None:
    """Prints the table."""
    logging.basicConfig(level=logging.INFO, format="%(message)s")
    router, checked = engine(ROUTER), cases(CHECKED)
    log.info("%d examples for %d choices", sum(map(len, examples().values())), len(examples()))
    for nearest in (1, 2, 3, 4):
        for least in (0.25, 0.3, 0.35, 0.4):
            assistant_router.NEAREST, assistant_router.LEAST = nearest, least
            log.info("router, %d nearest, least %.2f: checked %s", nearest, least,
                     shares(checked, [planned(router, case) for case in checked]))  # fmt: skip
    scorer = NameScorer()
    for name, path in (("checked", CHECKED), ("held out", HELD_OUT)):
        single = [case for case in cases(path) if case.kind != "several"]
        for calibrated in (False, True):
            made = [by_names(scorer, case, calibrated=calibrated) for case in single]
            how = "calibrated" if calibrated else "as it is"
            log.info(
                "SmolLM2, likeliest name %s: %s, one wish, %s", how, name, shares(single, made)
            )
        log.info(
            "router: %s, one wish, %s", name, shares(single, [planned(router, c) for c in single])
        )


if __name__ == "__main__":
    main()
