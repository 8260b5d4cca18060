"""Send an alert to a webhook, signed as the Standard Webhooks specification says (https://www.standardwebhooks.com).

Slack's incoming webhooks take a text, and have their secret in the address.
"""

from __future__ import annotations

import asyncio
import hashlib
import hmac
import json
import logging
import ssl
from base64 import b64decode, b64encode
from typing import TYPE_CHECKING, Any

import httpx

from alerts.addresses import resolve
from alerts.answers import Answer
from alerts.errors import AddressRefusedError, UnresolvedNameError
from projects.alerts.rules import SECRET_START

if TYPE_CHECKING:
    from datetime import datetime

    from projects.alerts.records import AlertChannel, AlertDelivery

logging.getLogger("httpx").setLevel(logging.WARNING)
"""Below that level it logs addresses, and that of a Slack webhook is a secret."""

STEP_S = 10.0
"""How long connecting may take, and each wait for bytes."""
WHOLE_S = 30.0
"""How long an attempt may take in all."""
MAX_ANSWER_BYTES = 2_048
MAX_ANSWER_CHARACTERS = 200
_MARKUP = str.maketrans({"&": "&amp;", "<": "&lt;", ">": "&gt;"})
"""What Slack takes for markup."""


def send_webhook(delivery: AlertDelivery, channel: AlertChannel, now: datetime, *, is_private_allowed: bool) -> Answer:
    """Send a delivery with its id and a signature; the body is the same in every attempt.

    Args:
        delivery: what to send.
        channel: a channel of the kind `webhook`.
        now: the time that is signed.
        is_private_allowed: whether the receiver may have an address that is not public.
    """
    seconds = str(int(now.timestamp()))
    body = delivery.body.encode()
    headers = {
        "webhook-id": delivery.delivery_id,
        "webhook-timestamp": seconds,
        "webhook-signature": sign(channel.secret, delivery.delivery_id, seconds, body),
        "idempotency-key": delivery.delivery_id,
    }
    return _post(channel.address, body, headers, is_private_allowed=is_private_allowed)


def send_slack(delivery: AlertDelivery, channel: AlertChannel, *, is_private_allowed: bool) -> Answer:
    """Send a delivery in the shape of Slack's incoming webhooks."""
    body = json.dumps({"text": slack_text(json.loads(delivery.body))}, ensure_ascii=False).encode()
    headers = {"idempotency-key": delivery.delivery_id}
    return _post(channel.address, body, headers, is_private_allowed=is_private_allowed)


def sign(secret: str, delivery_id: str, seconds: str, body: bytes) -> str:
    """Return `v1,` and the HMAC-SHA256 of id, time and body in base64; its key is the decoded secret."""
    key = b64decode(secret.removeprefix(SECRET_START))
    signed = b".".join([delivery_id.encode(), seconds.encode(), body])
    return f"v1,{b64encode(hmac.new(key, signed, hashlib.sha256).digest()).decode()}"


def slack_text(alert: dict[str, Any]) -> str:
    """Return an alert as text with Slack's markup; nothing in it that people wrote is markup."""
    project, rule = (str(alert[part]["name"]).translate(_MARKUP) for part in ("project", "rule"))
    lines = [f"*{project}*: {alert['sentence'].translate(_MARKUP)}"]
    lines += [f"> {text.translate(_MARKUP)}" for text in alert.get("examples", [])]
    return "\n".join([*lines, f"<{alert['link']}|Open in Turret> · {rule}"])


def _post(address: str, body: bytes, headers: dict[str, str], *, is_private_allowed: bool) -> Answer:
    is_final = False
    try:
        return asyncio.run(_call(address, body, headers, is_private_allowed=is_private_allowed))
    except AddressRefusedError as error:
        words, is_final = str(error), True
    except (httpx.InvalidURL, UnicodeError):  # an older version allowed more addresses
        words, is_final = "The call failed: the channel's address is not a web address.", True
    except UnresolvedNameError as error:
        words = str(error)
    except TimeoutError:
        words = f"There was no answer within {WHOLE_S:g} seconds."
    except httpx.TimeoutException:
        words = f"There was no answer within {STEP_S:g} seconds."
    except httpx.HTTPError as error:  # its text may contain no address: it is that of a socket or of TLS
        words = f"The call failed: {type(error).__name__}: {_one_line(str(error))}"
    return Answer(words, is_final=is_final)


async def _call(address: str, body: bytes, headers: dict[str, str], *, is_private_allowed: bool) -> Answer:
    """Post to the first address of the host that can be connected."""
    url = httpx.URL(address)
    port = url.port or (443 if url.scheme == "https" else 80)
    async with asyncio.timeout(WHOLE_S):
        places = await resolve(url.host, port, is_private_allowed=is_private_allowed)
        # Without the environment's proxies, which would resolve the name once more.
        async with httpx.AsyncClient(verify=_authorities(url), timeout=STEP_S, trust_env=False) as client:
            for place in places[:-1]:
                try:
                    return await _post_to(client, url, place, body, headers)
                except (httpx.ConnectError, httpx.ConnectTimeout):
                    continue
            return await _post_to(client, url, places[-1], body, headers)


async def _post_to(
    client: httpx.AsyncClient, url: httpx.URL, place: str, body: bytes, headers: dict[str, str]
) -> Answer:
    """Post to one address of the host, whose name the certificate must have; read the beginning of the answer."""
    sent = {"host": url.netloc.decode(), "content-type": "application/json", "user-agent": "Turret", **headers}
    own = {"sni_hostname": url.host} if url.scheme == "https" else {}
    call = client.stream("POST", url.copy_with(host=place), content=body, headers=sent, extensions=own)
    async with call as response:
        read = b""
        async for chunk in response.aiter_raw():
            read += chunk
            if len(read) >= MAX_ANSWER_BYTES:
                break
    words = f"{response.status_code} {response.reason_phrase}".strip()
    if response.is_redirect:
        return Answer(f"{words}: redirects are not followed; set the address to which it leads.")
    said = _one_line(read[:MAX_ANSWER_BYTES].decode(errors="replace"))
    return Answer(f"{words}: {said}" if said else words, has_arrived=response.is_success)


def _authorities(url: httpx.URL) -> ssl.SSLContext | bool:
    """Return the authorities of this machine, and of SSL_CERT_FILE; reading them takes time, so only for https."""
    return ssl.create_default_context() if url.scheme == "https" else False


def _one_line(text: str) -> str:
    printable = "".join(character if character.isprintable() else " " for character in text)
    return " ".join(printable.split())[:MAX_ANSWER_CHARACTERS]
