"""Which files of tests a worker of pytest-xdist gets together: those that share what is dear to start.

What a fixture of the whole session starts, such as the app with its starters in memory or a Chromium, each
worker starts for itself when its files need it. So the files that need the same go to the same worker.
"""

from __future__ import annotations

from xdist.scheduler import LoadFileScheduling

#: How paths of such files begin -> what they share.
TOGETHER = {
    "tests/browser/": "the app",
    "tests/end_to_end/": "the app",
    "tests/hub/test_browser.py": "the app beside a Hub",
    "tests/hub/test_end_to_end.py": "the app beside a Hub",
    "tests/public/": "the public app",
    "tests/models/test_image_": "tiny pipelines",
    "tests/models/test_tokenizer": "tokenizers of starters",
}


class Together(LoadFileScheduling):
    """Like ``--dist loadfile``, with some files as if they were one."""

    def _split_scope(self, nodeid: str) -> str:
        file = super()._split_scope(nodeid)
        return next((what for start, what in TOGETHER.items() if file.startswith(start)), file)
