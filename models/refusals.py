"""What it means when a library refuses to build a model: in our words, with what to do."""

from __future__ import annotations

from models.errors import AppError, ModelBroken, ModelUnsupported
from models.spec import ModelCard


def refused(error: Exception, card: ModelCard) -> AppError | None:
    """What a library's error means where it refused to run foreign code or knows no such model.

    Args:
        error: from a loader.
        card: the model.

    Returns:
        Our error for it; None when it means something else.
    """
    if type(error).__name__ == "UnpicklingError":  # pickle itself is not imported here
        return ModelBroken(
            f"The weights of {card.title} are a pickle that wants code to be run; nothing of it was.",
            hint="Choose a version with safetensors, and tell the Hub if you think it harmful.",
        )
    if not isinstance(error, ValueError):
        return None
    if "trust_remote_code" in str(error):
        return ModelUnsupported(
            f"{card.title} works only with code of its own, which is never run here; nothing of it was.",
            hint="Choose a model of an architecture that transformers knows.",
        )
    if "does not recognize this architecture" in str(error):
        return ModelUnsupported(
            f"{card.title} is of an architecture that this version of transformers does not know.",
            hint="Choose another model, or start the app with a newer transformers.",
        )
    return None
