"""Made sentences for what review corpora lack: negation, contrast, and plain facts.

Patterns and word lists; no pattern is taken from `tests/quality/sentiment_tricky.jsonl`.
"""

from __future__ import annotations

import random

_WORDS = {
    "thing": [
        "movie",
        "film",
        "book",
        "phone",
        "camera",
        "laptop",
        "hotel",
        "meal",
        "restaurant",
        "game",
        "show",
        "album",
        "song",
        "app",
        "service",
        "product",
        "jacket",
        "keyboard",
        "speaker",
        "story",
        "ending",
        "acting",
        "food",
        "place",
        "trip",
        "course",
        "printer",
        "headset",
        "battery",
        "screen",
        "customer_support",
        "cast",
        "soundtrack",
        "museum",
        "concert",
        "flight",
    ],
    "good": [
        "good",
        "great",
        "excellent",
        "wonderful",
        "amazing",
        "brilliant",
        "enjoyable",
        "funny",
        "impressive",
        "reliable",
        "helpful",
        "delightful",
        "beautiful",
        "exciting",
        "interesting",
        "comfortable",
        "fresh",
        "perfect",
        "lovely",
        "superb",
        "useful",
        "charming",
    ],
    "bad": [
        "bad",
        "terrible",
        "awful",
        "boring",
        "disappointing",
        "dull",
        "slow",
        "ugly",
        "useless",
        "annoying",
        "confusing",
        "painful",
        "poor",
        "mediocre",
        "horrible",
        "unpleasant",
        "rude",
        "dirty",
        "broken",
        "tedious",
        "cheap",
    ],
    "like": ["like", "enjoy", "love", "recommend", "appreciate", "admire", "adore"],
    "liked": ["liked", "enjoyed", "loved", "appreciated", "admired", "adored"],
    "hate": ["hate", "regret", "dislike", "resent"],
    "hated": ["hated", "regretted", "disliked", "resented"],
    "group": [
        "team",
        "family",
        "friends",
        "company",
        "staff",
        "board",
        "council",
        "class",
        "office",
        "club",
        "school",
    ],
    "city": [
        "Oslo",
        "Madrid",
        "Boston",
        "Nairobi",
        "Tokyo",
        "Leeds",
        "Porto",
        "Denver",
        "Cairo",
        "Lyon",
        "Quito",
        "Perth",
    ],
    "day": ["Monday", "Tuesday", "Wednesday", "Friday", "Saturday", "Sunday"],
    "object": [
        "table",
        "letter",
        "bag",
        "bottle",
        "map",
        "lamp",
        "folder",
        "chair",
        "ticket",
        "notebook",
        "ladder",
        "drawer",
    ],
    "colour": ["red", "green", "white", "black", "grey", "brown", "yellow"],
    "number": [
        "two",
        "three",
        "four",
        "five",
        "six",
        "eight",
        "ten",
        "twelve",
        "fifteen",
        "thirty",
    ],
    "job": [
        "teacher",
        "nurse",
        "driver",
        "engineer",
        "cook",
        "clerk",
        "student",
        "painter",
        "lawyer",
        "farmer",
    ],
}
_PATTERNS = {
    "negative": """the {thing} is not {good}|the {thing} isn't {good}|the {thing} was not very {good}
the {thing} wasn't {good} at all|it was not {good}|it is hardly {good}|not a {good} {thing}
not {good} and not {good2}|i did not {like} it|i didn't {like} the {thing}|we did not {like} this {thing}
i don't {like} this {thing}|i can't {like} this {thing}|i would not {like} it|i cannot {like} the {thing}
i can not say the {thing} was {good}|i can't call this {thing} {good}|i wouldn't call it {good}
i would hardly call the {thing} {good}|i do not think the {thing} is {good}|i don't believe it is {good}
nobody could call this {good}|no one {liked} the {thing}|nobody in my family {liked} it
there is nothing {good} about the {thing}|there was nothing {good} here|never {good} , always {bad}
the {thing} is never {good}|the {thing} is {good} but the {thing2} is so {bad} that i want my money back
the {thing} was {good} but i {hated} the rest|it looks {good} but it is {bad}|{good} {thing} , {bad} everything else
i wanted to {like} the {thing} but it was {bad}|i hoped it would be {good} . it was not
despite the {good} {thing} , it was {bad}|although the {thing} was {good} , overall it was {bad}
even the {good} {thing} could not make up for the {bad} {thing2}|everyone said it was {good} , it was {bad}
it was supposed to be {good} but was {bad}|the {thing} was anything but {good}|far from {good}
less {good} than i had hoped|it failed to be {good}|the {thing} never manages to be {good}
the {thing} could have been {good}|it would have been {good} if it were not so {bad}
not only {bad} but also {bad2}|i regret buying the {thing}|i will not come back|i won't order this {thing} again
i would not go there again|never again|do not buy this {thing}|don't waste your money on this {thing}
not worth the money|not worth my time|the {thing} doesn't work|the {thing} stopped working after {number} days
they did not answer|i never got my money back|at first it was {good} , now it is {bad}
it used to be {good} , but not any more|once {good} , now {bad}|the only {good} part was the {thing}
i can't understand why anyone would {like} this {thing}|who could {like} such a {bad} {thing} ?
what a {bad} {thing}|this {thing} is {bad}|{bad}|so {bad}|i {hate} this {thing}|i {hate} it|this is {bad}
i have seen better|nothing works|no fun at all|without any charm|lacks everything that would make it {good}
i expected more|i expected something {good} and got something {bad}|the worst {thing} i know""",
    "positive": """the {thing} is not {bad}|the {thing} isn't {bad}|the {thing} was not {bad} at all
it wasn't {bad} at all|it is never {bad}|not a {bad} {thing}|not {bad}|not {bad} , quite {good} in fact
never {bad} , always {good}|i did not {hate} it , i {liked} it|i don't {hate} it at all|i do not {hate} buying the {thing}
i can't find anything {bad} about the {thing}|i could not find a single {bad} thing to say
there is nothing {bad} about the {thing}|there was nothing {bad} here|nobody could call this {bad}
no one {hated} the {thing}|nobody in my family {hated} it , we all {liked} it
the {thing} is {bad} but i {liked} it anyway|the {thing} was {bad} but the {thing2} was so {good} that i forgot it
it looks {bad} but it is {good}|{bad} {thing} , but {good} in every other way
i thought i would {hate} the {thing} but it was {good}|i feared it would be {bad} . it was not
despite the {bad} {thing} , it was {good}|although the {thing} was {bad} , overall it was {good}
even the {bad} {thing} could not spoil the {good} {thing2}|everyone said it was {bad} , it was {good}
it was supposed to be {bad} but was {good}|the {thing} was anything but {bad}|far from {bad}
less {bad} than i had feared|it couldn't be better|the {thing} could not be better|it does not get better than this
i can't imagine a better {thing}|i have never had a better {thing}|there is no better {thing}
never had a problem with the {thing}|no problems with the {thing}|i have no regrets about buying the {thing}
not only {good} but also {good2}|i would buy it again|i will come back|we will go there again
you will not regret this {thing}|you won't be sorry|i can't stop {liked2} this {thing}|i can't wait for the next one
at first it was {bad} , now it is {good}|it used to be {bad} , but now it is {good}|once {bad} , now {good}
the only {bad} part was the {thing} , the rest was {good}|the {thing} has its flaws but it is {good}
a bit {bad} at the start , then {good} to the end|it took a while but the {thing} is {good}
what a {good} {thing}|this {thing} is {good}|{good}|so {good}|i {like} this {thing}|i {like} it|this is {good}
i could not {like} it more|nothing to complain about|not one bad word|without a flaw|never lets me down
it does not disappoint|the {thing} does not disappoint|the {thing} did not disappoint me
my {thing} no longer breaks|the pain is gone|the best {thing} i know|worth every penny""",
    "neutral": """the {group} meets on {day}|the {group} is in {city}|he lives in {city}|she went to {city} on {day}
the {object} is on the {object2}|the {object} is {colour}|there are {number} {object}s in the room
she is a {job}|he is a {job} in {city}|my sister is a {job}|the bus to {city} stops here
the {thing} costs {number} dollars|the {thing} lasts {number} hours|the {thing} starts at {number} o'clock
i saw the {thing} on {day}|we bought a {thing} in {city}|the {thing} was made in {city}
it is a {thing} about a {job} from {city}|the {thing} comes with a {object} and a {object2}
is the {group} open on {day} ?|when does the {thing} start ?|where did you put the {object} ?
how many {object}s are there ?|did you see the {thing} ?|which {object} is yours ?
please bring the {object} on {day}|please call the {group} before {day}|press the button to start the {thing}
the {group} has {number} members|the {group} will announce the date on {day}
it rained in {city} on {day}|the meeting is at {number} o'clock|the {job} put the {object} in the {object2}
the {thing} is neither good nor bad|it is okay|it's average|nothing special , nothing wrong|so-so|meh , it's fine i guess
the {thing} is available in {number} languages|the {thing} has {number} parts
i am reading the {object} now|i usually take the train to {city}|open the {object} and take out {number} {object2}s
the {group} moved from {city} to {city2}|they left at {number}|turn left after the {object}
the {thing} was released on a {day}|the {job} wrote {number} letters|it has a {colour} cover
the shop sells {object}s and {object2}s|mix {number} cups of water with the flour|the {colour} {object} belongs to the {job}""",
}


def made_sentences(count: int, seed: int) -> list[tuple[str, str]]:
    """Distinct (text, label) rows, a third of each label."""
    source = random.Random(seed)  # noqa: S311 - a fixed seed is the point
    rows: dict[str, str] = {}
    for label, block in _PATTERNS.items():
        patterns = [pattern for line in block.split("\n") for pattern in line.split("|")]
        made: set[str] = set()
        for turn in range(count // 3):
            made.add(_filled(patterns[turn % len(patterns)], source))
        rows.update(dict.fromkeys(sorted(made), label))
    return list(rows.items())


def _filled(pattern: str, source: random.Random) -> str:
    chosen = {key: source.choice(words) for key, words in _WORDS.items()}
    second = {f"{key}2": source.choice(words) for key, words in _WORDS.items()}
    second["liked2"] = source.choice(["loving", "enjoying", "recommending", "admiring"])
    text = pattern.format(**chosen, **second).replace("_", " ")
    if source.random() < 0.7:
        text = text.replace(" ,", ",").replace(" .", ".").replace(" ?", "?")
        text = text[0].upper() + text[1:] + ("" if text.endswith("?") else source.choice(".. !"))
    return text.strip()
