"""Posting JSON to an address somebody else gave: within a time, to http or https only, and without telling the address.

An address of a webhook is a secret: who knows it can write there. Errors name its host and nothing else.
"""

from __future__ import annotations

import json
import threading
import urllib.error
import urllib.request
from collections.abc import Mapping
from http.client import HTTPException, HTTPMessage
from typing import IO
from urllib.parse import urlsplit


class WebhookError(RuntimeError):
    """A webhook cannot be used, or did not take what was posted; the message is one sentence."""


class _NoRedirects(urllib.request.HTTPRedirectHandler):
    """What is posted goes where it was meant to go, or nowhere."""

    def redirect_request(
        self,
        req: urllib.request.Request,
        fp: IO[bytes],
        code: int,
        msg: str,
        headers: HTTPMessage,
        newurl: str,
    ) -> None:
        """Follow none: the answer stays what it is, an error."""


def check_address(address: str) -> str:
    """The host of an address that can be posted to.

    Raises:
        WebhookError: it is no plain http or https address.
    """
    try:
        parts = urlsplit(address)
        port_is_readable = parts.port is None or parts.port > 0
    except ValueError:
        parts, port_is_readable = urlsplit(""), False
    is_plain = address.isascii() and address.isprintable() and " " not in address
    if not (is_plain and port_is_readable and parts.scheme in ("http", "https") and parts.hostname):
        raise WebhookError("Give --webhook an address that begins with http:// or https:// and names a host.")
    if "@" in parts.netloc:
        raise WebhookError("Leave user and password out of the address of --webhook.")
    return parts.hostname


def post_json(address: str, document: Mapping[str, object], seconds: float) -> None:
    """Post a document; return when it was taken (a status of 200 to 299).

    `seconds` bound the whole exchange, also with a host that answers byte by byte.

    Raises:
        WebhookError: the address cannot be used, nobody answered in time, or the answer is no success.
    """
    host = check_address(address)
    request = urllib.request.Request(
        address,
        data=json.dumps(document).encode(),
        headers={"Content-Type": "application/json; charset=utf-8", "User-Agent": "callmart"},
        method="POST",
    )
    answers: list[str] = []
    exchange = threading.Thread(target=lambda: answers.append(_exchange(request, seconds)), daemon=True)
    exchange.start()
    exchange.join(seconds)
    problem = answers[0] if answers else f"it did not answer within {seconds:g} seconds"
    if problem:
        raise WebhookError(f"The webhook at {host} did not take the alerts: {problem}.")


def _exchange(request: urllib.request.Request, seconds: float) -> str:
    """What went wrong, in a few words; nothing when it went well."""
    try:
        with urllib.request.build_opener(_NoRedirects).open(request, timeout=seconds):
            return ""
    except urllib.error.HTTPError as error:
        error.close()
        return f"it answered with status {error.code}"
    except TimeoutError:
        return f"it did not answer within {seconds:g} seconds"
    except urllib.error.URLError as error:
        if isinstance(error.reason, TimeoutError):
            return f"it did not answer within {seconds:g} seconds"
        return (
            f"it cannot be reached ({getattr(error.reason, 'strerror', None) or type(error.reason).__name__})"
        )
    except (OSError, HTTPException) as error:
        return f"its answer cannot be read ({type(error).__name__})"
