"""Everyday question forms: facts that encyclopedias state in set phrases, and words for the same.

Tables for `questions`; `{t}` is the title of the text.
"""

# ruff: noqa: E501

from __future__ import annotations

PATTERNS: tuple[tuple[str, str, tuple[str, ...]], ...] = (
    (r"population (?:of|was|is) (?:about |approximately |around |over |nearly |more than |roughly )?([\d.,]*\d(?: (?:million|billion))?)",
     "number", ("how many people live in {t}", "what is the population of {t}", "how many inhabitants does {t} have")),
    (r"\bcapital(?: city)? (?:is|was) ((?:[A-Z][\w'’-]+ ?)+)", "place", ("what is the capital of {t}", "which city is the capital of {t}")),
    (r"largest city is ((?:[A-Z][\w'’-]+ ?)+)", "place", ("what is the largest city of {t}", "what is the biggest city in {t}")),
    (r"also (?:known as|called|spelled) ((?:the )?[\w'’-]+(?: [\w'’-]+){0,2})(?=[,.;)])", "name",
     ("what is {t} also known as", "what is another name for {t}", "what else is {t} called")),
    (r"\bwith (?:an? )?(?:total )?area of (?:about |approximately )?([\d.,]+ (?:square )?\w+)", "number", ("how large is {t}", "what is the area of {t}", "how big is {t}")),
    (r"([\d.,]+ (?:kilometres|kilometers|km|metres|meters|m|miles|feet)) (?:long|in length)", "number", ("how long is {t}", "what is the length of {t}")),
    (r"([\d.,]+ (?:kilometres|kilometers|km|metres|meters|m|miles|feet)) (?:high|tall|in height)", "number", ("how tall is {t}", "how high is {t}")),
    (r"(?:founded|established|created|formed) (?:in|on) ((?:\d{1,2} )?(?:[A-Z][a-z]+ )?\d{4})", "date", ("when was {t} founded", "in what year was {t} established", "when did {t} start")),
    (r"(?:released|published) (?:in|on) ((?:[A-Z][a-z]+ )?(?:\d{1,2}, )?\d{4})", "date", ("when did {t} come out", "when was {t} released", "what year was {t} published")),
    (r"(?:written|directed|composed|painted|invented|founded|designed|discovered|developed|created) by (?:the )?((?:[A-Z][\w'’-]+ ?){2,4})", "agent",
     ("who made {t}", "who created {t}", "who is behind {t}")),
)  # fmt: skip
"""(pattern whose first group answers, kind, questions)"""

SAME: tuple[tuple[str, tuple[str, ...]], ...] = (
    (r"\bfounded\b", ("established", "started", "created", "set up")), (r"\bestablished\b", ("founded", "set up")),
    (r"\blocated\b", ("situated", "found")), (r"\blargest\b", ("biggest",)), (r"\bbegan\b", ("started",)),
    (r"\bbegin\b", ("start",)), (r"\breceive\b", ("get", "win", "be awarded")), (r"\bwon\b", ("received", "was awarded")),
    (r"\bbuilt\b", ("constructed",)), (r"\bconstructed\b", ("built",)), (r"\bpublished\b", ("released", "printed")),
    (r"\breleased\b", ("published", "put out")), (r"\bknown as\b", ("called", "named")), (r"\bcalled\b", ("known as", "named")),
    (r"\bdied\b", ("passed away",)), (r"\bcontain\b", ("have", "include")), (r"\binvented\b", ("came up with", "created")),
    (r"\bdiscovered\b", ("found",)), (r"\bwrote\b", ("is the author of", "authored")), (r"\bdirected\b", ("was the director of", "made")),
    (r"^when (did|was|were)\b", (r"in what year \1", r"what year \1", r"on what date \1", r"at what time \1")),
    (r"^where (is|was|did|does)\b", (r"in what place \1", r"in which country \1", r"in which city \1")),
    (r"\bimportant\b", ("significant", "major")), (r"\bproduce\b", ("make",)), (r"\bused for\b", ("the use of", "used for")),
    (r"\bconsist of\b", ("contain", "include")), (r"\bsupport\b", ("back", "help")), (r"\bcause\b", ("lead to", "bring about")),
    (r"\bdefeated\b", ("beat", "won against")), (r"\bruled\b", ("governed", "reigned over")), (r"\bled\b", ("headed",)),
    (r"\bapproximately\b", ("about",)), (r"\boccur\b", ("happen", "take place")), (r"\boccurred\b", ("happened", "took place")),
)  # fmt: skip
"""(pattern in a question, what may stand instead)"""
