"""Whether the server can listen where it was told to, checked before models are built."""

from __future__ import annotations

import errno
import socket

from models.settings import SettingsError


def check_address(host: str, port: int) -> None:
    """Binds the address for a moment.

    Raises:
        SettingsError: which of the two is wrong, and what to do.
    """
    try:
        found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    except socket.gaierror:
        raise SettingsError(
            f"host: {host!r} is no address; write 127.0.0.1, 0.0.0.0 or ::1."
        ) from None
    family, kind, protocol, _, address = found[0]
    with socket.socket(family, kind, protocol) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(address)
        except OSError as error:
            raise SettingsError(_why(error, host, port)) from None


def bracketed(host: str) -> str:
    """The host as it stands in an address: an IPv6 one in brackets."""
    return f"[{host}]" if ":" in host else host


def _why(error: OSError, host: str, port: int) -> str:
    if error.errno == errno.EADDRINUSE:
        return f"port: {port} is taken by another program; choose another with --port."
    if error.errno == errno.EACCES:
        return f"port: {port} needs more rights than this user has; choose one from 1024 on."
    if error.errno == errno.EADDRNOTAVAIL:
        return f"host: {host!r} is no address of this machine."
    return f"host: {host!r} with port {port} can't be used: {error.strerror}."
