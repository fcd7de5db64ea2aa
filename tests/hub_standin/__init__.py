"""A stand-in for the Hugging Face Hub: its endpoints over HTTP, served from folders of this machine.

``server.HubStandIn`` answers the real huggingface_hub client as the Hub does, and can be told to be
slow, broken, rate-limited or wrong. ``repos.Repo`` is what it serves.
"""

from tests.hub_standin.faults import Fault
from tests.hub_standin.repos import Repo, repo_of
from tests.hub_standin.server import HubStandIn, serving

__all__ = ["Fault", "HubStandIn", "Repo", "repo_of", "serving"]
