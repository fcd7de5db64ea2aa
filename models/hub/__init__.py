"""The Hugging Face Hub: ids, facts before a download, files, search, and the cache on this disk.

    ids        what may be typed, and what is refused by name
    client     asking the Hub, and its errors in our words
    facts      what the Hub says of a model, remembered for a while
    preflight  whether a model can be used here, before a byte of its weights is fetched
    files      which files a loader needs
    download   those files into the Hub's cache: resumed, checked, cancelable
    cache      what lies there, and deleting it
    here       what lies there that a capability can use, while the Hub may not be asked
    search     models of a task by a few letters
    pins       a file that holds models at commits

Imports huggingface_hub only when the Hub is wanted. Knows neither torch nor gradio.
"""

from models.hub.client import hub_answers
from models.hub.ids import check_id, split_id

__all__ = ["check_id", "hub_answers", "split_id"]
