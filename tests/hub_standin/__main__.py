"""Serves the shelf until it is interrupted: ``python -m tests.hub_standin [PORT]``.

Start the app beside it with ``HF_ENDPOINT=http://127.0.0.1:PORT HF_HOME=/tmp/hub python app.py``.
The token ``hf_AdaLovelaceReads`` may read ``tiny/gated`` and ``tiny/private``.
"""

from __future__ import annotations

import sys
from dataclasses import replace

from tests.hub_standin.server import HubStandIn
from tests.hub_standin.shelf import SHELF, repo, shelf

ADA, BEN = "hf_AdaLovelaceReads", "hf_BenFranklinWaits"

if __name__ == "__main__":
    hub = HubStandIn(shelf(), port=int(sys.argv[1]) if len(sys.argv) > 1 else 0)
    hub.users = {ADA: "ada", BEN: "ben"}
    hub.add(repo(replace(SHELF[0], name="tiny/gated"), gated=True, readers={ADA}))
    hub.add(repo(replace(SHELF[0], name="tiny/private"), private=True, readers={ADA}))
    hub.add(repo(replace(SHELF[0], name="tiny/moved-here"), was=("tiny/old-name",)))
    print(hub.address, flush=True)
    hub.serve_forever()
