"""Which files of tests a worker of pytest-xdist gets together: those that share what is dear to start.

What a fixture of the whole session starts, such as the app with its starters in memory or a Chromium, each
worker starts for itself when its files need it. So the files that need the same go to the same worker; the
browser's are so many that two workers share them, each with an app and a Chromium of its own.

Tests of what becomes of dropped models come first: each collects the garbage of its process, all of it,
and where other tests have imported every library and drawn pages, that takes ten times as long.
"""

from __future__ import annotations

import re

from xdist.scheduler import LoadFileScheduling

#: Patterns of such files -> what they share; the first that fits counts.
TOGETHER = {
    r"tests/models/test_(garbage|making_way|memory_in|out_of_memory|parking|registry)": "few objects",
    r"tests/(end_to_end/|browser/test_[a-m])": "the app",
    r"tests/browser/": "the app of the second half",
    r"tests/hub/test_(browser|end_to_end)\.py": "the app beside a Hub",
    r"tests/public/": "the public app",
    r"tests/models/test_image_": "tiny pipelines",
    r"tests/models/test_tokenizer": "tokenizers of starters",
}


def fresh_first(nodeid: str) -> bool:
    """Sorts what wants a process that has done nothing else before all that does not mind."""
    return _shared(nodeid) != "few objects"


def _shared(path: str) -> str | None:
    return next((what for which, what in TOGETHER.items() if re.match(which, path)), None)


class Together(LoadFileScheduling):
    """Like ``--dist loadfile``, with some files as if they were one."""

    def _split_scope(self, nodeid: str) -> str:
        file = super()._split_scope(nodeid)
        return _shared(file) or file
