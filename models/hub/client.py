"""Asking the Hub: its address, a caller's rights, and its errors in our words."""

from __future__ import annotations

import errno
import os
import socket
import time
import urllib.parse
import urllib.request
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any, TypeVar

from models.access import Access
from models.errors import (
    AppError,
    HubUnreachable,
    ModelGated,
    ModelNotFound,
    NoRoom,
)

T = TypeVar("T")
#: How long a question to the Hub may take before it counts as unanswered, in seconds.
ASK_S = 10.0


def hub_answers(timeout_s: float = 1.5) -> bool:
    """Whether the Hub's host (or ``HF_ENDPOINT``, or the proxy before it) takes a connection."""
    address = urllib.parse.urlsplit(os.environ.get("HF_ENDPOINT") or "https://huggingface.co")
    proxies = (
        urllib.request.getproxies()
    )  # the variables, in either case, and the system's settings
    proxy = proxies.get(address.scheme) or proxies.get("all")
    if proxy and not urllib.request.proxy_bypass(address.netloc):
        address = urllib.parse.urlsplit(proxy)
    port = address.port or (80 if address.scheme == "http" else 443)
    try:
        with socket.create_connection((address.hostname or "", port), timeout_s):
            return True
    except OSError:
        return False


def endpoint() -> str:
    """The Hub's address, or ``HF_ENDPOINT``, without a slash at its end."""
    from huggingface_hub import constants

    return str(constants.ENDPOINT)


def largest_file() -> int:
    """Bytes of the largest file that the Hub sends over HTTP, as its client knows it."""
    from huggingface_hub import constants

    return int(constants.MAX_HTTP_DOWNLOAD_SIZE)


def page_of(repo: str) -> str:
    """Where people read about a model, and accept its terms."""
    return f"{endpoint()}/{repo}"


def tokens_page() -> str:
    """Where people make tokens of their account."""
    return f"{endpoint()}/settings/tokens"


def api(access: Access) -> Any:
    """A client of the Hub with a caller's rights."""
    from huggingface_hub import HfApi

    return HfApi(endpoint=endpoint(), token=access.header, library_name="modeldeck")


@contextmanager
def explained(repo: str) -> Iterator[None]:
    """Turns the errors of the Hub's client into ours.

    Raises:
        ModelError: not found, gated, or out of reach.
        NoRoom: the disk is full.
    """
    import httpx2
    from huggingface_hub import errors

    try:
        yield
    except AppError:
        raise
    except errors.GatedRepoError as error:
        raise gated(repo) from error
    except errors.RevisionNotFoundError as error:
        raise ModelNotFound(
            f"{repo} has no such revision.", hint="Check the branch, tag or commit."
        ) from error
    except errors.RepositoryNotFoundError as error:
        raise ModelNotFound(
            f"The Hub knows no model {repo}, or it is private.",
            hint="Check the spelling of org/name; a private model needs your token.",
        ) from error
    except errors.LocalEntryNotFoundError as error:
        raise not_here(repo) from error
    except (
        errors.OfflineModeIsEnabled,
        httpx2.TransportError,
        ConnectionError,
        TimeoutError,
    ) as error:
        raise HubUnreachable(
            f"The Hub did not answer for {repo}.",
            hint="Check the network, or choose a starter model.",
        ) from error
    except errors.HfHubHTTPError as error:
        raise _refused(repo, error) from error
    except OSError as error:
        if error.errno != errno.ENOSPC:
            raise
        raise NoRoom(
            f"The disk is full; {repo} was not fetched.", hint="Free some space."
        ) from error


def gated(repo: str) -> ModelGated:
    """The refusal of a model whose terms the caller has not accepted."""
    return ModelGated(
        f"{repo} is gated: its owner wants terms accepted first.",
        hint=f"Accept them at {page_of(repo)}, then give a token of the account that did.",
        page=page_of(repo),
    )


def not_here(repo: str) -> HubUnreachable:
    """The refusal of a model that is not on this disk while the Hub may not be asked."""
    return HubUnreachable(
        f"{repo} is not in this machine's cache, and the Hub can't be asked.",
        hint="Go online, leave offline mode, or choose a starter model.",
    )


def get(path: str, access: Access, params: Mapping[str, object] | None = None) -> Any:
    """The answer at a path of the Hub's API, within ``ASK_S``: the client's own calls may wait for ever.

    Raises:
        huggingface_hub.errors.HfHubHTTPError: refused; ``explained`` turns it into ours.
    """
    from huggingface_hub import utils

    client: Any = utils
    answer = client.get_session().get(
        f"{endpoint()}{path}", params=dict(params or {}), headers=headers(access), timeout=ASK_S
    )
    client.hf_raise_for_status(answer)
    return answer


def account(access: Access) -> str:
    """Name of the account behind a caller's rights; empty for nobody, or when the Hub does not say."""
    if access.token == "" or not headers(access).get("authorization"):
        return ""
    try:
        with explained("the account"):
            return str(get("/api/whoami-v2", access).json().get("name") or "")
    except AppError:
        return ""


def headers(access: Access) -> dict[str, str]:
    """What a question of this caller carries."""
    from huggingface_hub import utils

    client: Any = utils
    return dict(client.build_hf_headers(token=access.header, library_name="modeldeck"))


def is_busy(error: Any) -> bool:
    """Whether an answer says that the Hub could do it at another time."""
    code = error.response.status_code if error.response is not None else 0
    return code in (408, 429, 500, 502, 503, 504)


def patiently(ask: Callable[[], T]) -> T:
    """Asks, and once more when the Hub is busy and wants to be asked again within ``ASK_S`` seconds."""
    from huggingface_hub.errors import HfHubHTTPError

    try:
        return ask()
    except HfHubHTTPError as error:
        pause = wait_of(error) or 1
        if not is_busy(error) or pause > ASK_S:
            raise
    time.sleep(pause)
    return ask()


def wait_of(error: Any) -> int:
    """Seconds that a rate-limited answer asks to wait; 0 when it does not say."""
    told = error.response.headers if error.response is not None else {}
    asked = str(told.get("retry-after", ""))
    if asked.isdigit():
        return int(asked)
    from huggingface_hub import utils

    client: Any = utils
    limit = client.parse_ratelimit_headers(told)
    return int(limit.reset_in_seconds) if limit else 0


def _refused(repo: str, error: Any) -> AppError:
    code = error.response.status_code if error.response is not None else 0
    if code == 401:
        return ModelGated(
            "The Hub does not know the access token that came with the question.",
            hint="Give a valid one, or an empty one to ask without.",
            page=tokens_page(),
        )
    if code == 403:
        return ModelGated(
            f"The Hub does not let this token read {repo}.",
            hint="Give a token of the kind Read, of an account that may.",
            page=tokens_page(),
        )
    if code == 407:
        return HubUnreachable(
            "The proxy before the Hub wants a name and a password.",
            hint="Put them into HTTPS_PROXY and HTTP_PROXY: http://name:password@host:port.",
        )
    if code == 429:
        wait = wait_of(error)
        return HubUnreachable(
            "The Hub takes no more questions from this machine for now.",
            hint=f"Try again in {wait} s." if wait else "Try again in a few minutes.",
        )
    return HubUnreachable(
        f"The Hub answered {code or 'nothing'} for {repo}.", hint="Try again in a while."
    )
