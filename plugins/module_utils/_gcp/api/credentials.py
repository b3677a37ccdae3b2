# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Find the credentials for Google's API, and check the URLs that get to see them."""

from __future__ import annotations

import ipaddress
import json
import typing as t
import urllib.parse
from pathlib import Path

from .session import GcpError, message_of

try:
    import google.auth
    from google.auth import compute_engine, exceptions
    from google.oauth2 import credentials as oauth2
    from google.oauth2 import service_account
except ImportError:  # session.IMPORT_ERROR has the traceback
    pass

SCOPES = ["https://www.googleapis.com/auth/compute.readonly"]


def secure_url(name: str, url: str) -> str:
    """Return the URL without a trailing slash.

    Raises GcpError, which begins with `name`, unless the URL is https or leads to this machine.
    """
    problem = GcpError(
        f"{name}: must be an https:// URL without user, query or fragment;"
        f" http:// is for a loopback address only, such as http://127.0.0.1:8080"
    )
    try:
        parts = urllib.parse.urlsplit(url)
        host = parts.hostname or ""
    except ValueError:
        raise problem from None
    secure = parts.scheme == "https" or (parts.scheme == "http" and is_loopback(host))
    if not host or not secure or "@" in parts.netloc or parts.query or parts.fragment:
        raise problem
    return url.rstrip("/")


def is_loopback(host: str) -> bool:
    """Tell whether a host of a URL is this machine: localhost, 127.0.0.0/8 or ::1."""
    try:
        return host == "localhost" or ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def find_credentials(params: t.Mapping[str, t.Any]) -> t.Any:
    """Return google-auth's credentials for the parameters of gcp_network_info.

    Raises GcpError if there are none or if a key is broken; the error does not repeat the key.
    """
    kind = params["auth_kind"]
    try:
        if kind == "accesstoken":
            return oauth2.Credentials(params["access_token"].strip())
        if kind == "machineaccount":
            account = params["service_account_email"] or "default"
            return compute_engine.Credentials(account, scopes=SCOPES)
        if kind == "serviceaccount":
            return _service_account(*_source_and_key(params))
        return google.auth.default(scopes=SCOPES)[0]
    except exceptions.GoogleAuthError as exc:
        raise GcpError(f"auth_kind {kind}: {message_of(exc)}") from None


def _source_and_key(params: t.Mapping[str, t.Any]) -> tuple[str, str]:
    """Return where the service account's key comes from, for messages, and its text."""
    if params["service_account_contents"]:
        return "service_account_contents", params["service_account_contents"]
    source = f"service_account_file {params['service_account_file']}"
    try:
        return source, Path(params["service_account_file"]).read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as exc:
        raise GcpError(f"{source}: {getattr(exc, 'strerror', None) or 'is no text'}") from None


def _service_account(source: str, text: str) -> t.Any:
    # The libraries' messages about a broken key may quote it, so they are not passed on.
    try:
        info = json.loads(text)
        token_uri = info["token_uri"]
        credentials = service_account.Credentials.from_service_account_info(info, scopes=SCOPES)
    except (ValueError, KeyError, TypeError):
        raise GcpError(
            f"{source}: is not the JSON key of a service account, as"
            " 'gcloud iam service-accounts keys create' writes it"
        ) from None
    secure_url(f"token_uri of {source}", token_uri)
    return credentials
