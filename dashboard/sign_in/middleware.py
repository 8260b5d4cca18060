"""Protect the dashboard: an ASGI middleware around everything, so that no page can forget to check.

Without a valid sign-in it serves only the sign-in pages, their styles and the health check: pages redirect to the
sign-in, callbacks and downloads get 401. A request that is not read-only must come from a page of this origin. The
browser states it in `Origin` (or `Sec-Fetch-Site`), which no other site can forge; together with SameSite cookies this
prevents cross-site request forgery.
"""

from __future__ import annotations

import asyncio
import logging
import math
import time
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING
from urllib.parse import parse_qs, quote, urlsplit

from starlette.datastructures import MutableHeaders
from starlette.requests import Request
from starlette.responses import HTMLResponse, JSONResponse, RedirectResponse, Response

from dashboard.errors import UnclearHeaderError
from dashboard.sign_in import forms
from dashboard.sign_in.throttle import FREE_TRIES_OF_ADDRESS, Throttle
from dashboard.sign_in.visitor import EVERYBODY, Visitor, set_program, set_visitor
from projects.audit.actor import set_actor
from projects.errors import DatabaseError, InvalidValueError, NotFoundError

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from starlette.types import ASGIApp, Message, Receive, Scope, Send

    from dashboard.sign_in.cookie import SignInCookie
    from dashboard.sign_in.proxy import ProxySignIn
    from projects.access.people import People, Person

OPEN_PATHS = frozenset({"/health/live", "/assets/turret.css", "/assets/sign_in.css", "/assets/mark.svg"})
KEY_PATHS = "/api/"
"""Paths that authenticate by an API key instead, which no browser sends by itself, and have no visitor."""
MAX_FORM_BYTES = 8_192
MAX_HASHES_AT_ONCE = 2
"""Passwords that are hashed at once: each takes about a fifth of a second of CPU, and 64 MiB."""
MAX_HASHES_WAITING = 20
"""Passwords that wait for their turn; more are refused."""
PERSON_CACHE_S = 2.0
"""Seconds for which a person who was looked up is trusted: an ended sign-in is refused within this time."""
_NEW_COOKIE = "turret.new_cookie"
_READ_ONLY = frozenset({"GET", "HEAD", "OPTIONS"})

_log = logging.getLogger(__name__)


@dataclass
class _CachedPerson:
    person: Person | None
    named: str | None
    until: float


class _TooManyHashesError(Exception):
    """As many passwords as allowed are being hashed or wait for it."""


class SignInMiddleware:
    """Lets in visitors who are signed in.

    Args:
        app: the dashboard.
        people: the people who may sign in.
        cookie: makes and reads the cookies; None if sign-in is off.
        proxy: how a trusted proxy names people; None if none does.
    """

    def __init__(
        self, app: ASGIApp, people: People, cookie: SignInCookie | None, proxy: ProxySignIn | None = None
    ) -> None:
        self._app = app
        self._people = people
        self._cookie = cookie
        self._proxy = proxy
        self._hashes = asyncio.Semaphore(MAX_HASHES_AT_ONCE)
        self._n_hashing = 0
        self._by_name = Throttle()
        self._by_address = Throttle(FREE_TRIES_OF_ADDRESS)
        self._seen: dict[str, _CachedPerson] = {}

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request."""
        if scope["type"] == "lifespan":
            await self._app(scope, receive, send)
            return
        if scope["type"] == "websocket":  # nothing here speaks WebSocket, so refuse it
            await send({"type": "websocket.close", "code": 1008})
            return
        request = Request(scope, receive)
        try:
            response = await self._answer(request)
        except DatabaseError as error:
            _log.error("Nobody can be let in: %s", error)  # the message is complete
            response = HTMLResponse(forms.refusal_page("Turret's projects database does not respond; try again."), 503)
        except _TooManyHashesError:
            sentence = "Too many people are signing in at once; try again in a few seconds."
            response = HTMLResponse(forms.refusal_page(sentence), 429, {"retry-after": "3"})
        except UnclearHeaderError as error:
            _log.warning("A proxy's header names nobody for certain: it has to replace what a browser sends.")
            response = _refuse(request, 403, str(error), "UNCLEAR_HEADER")
        await (response or self._app)(scope, receive, _with_new_cookie(scope, send))

    @asynccontextmanager
    async def _turn_to_hash(self) -> AsyncIterator[None]:
        """Wait for the turn to hash a password, which is dear, and which anybody may ask for.

        Raises:
            _TooManyHashesError: too many wait already.
        """
        if self._n_hashing >= MAX_HASHES_AT_ONCE + MAX_HASHES_WAITING:
            raise _TooManyHashesError
        self._n_hashing += 1
        try:
            async with self._hashes:
                yield
        finally:
            self._n_hashing -= 1

    async def _answer(self, request: Request) -> Response | None:
        """Answer what the middleware answers itself; None lets the request through."""
        if request.url.path.startswith(KEY_PATHS):
            set_program()
            return None
        if request.method not in _READ_ONLY and not _is_of_this_origin(request):
            return _refuse(request, 403, "The request did not come from a page of this dashboard.", "FOREIGN_ORIGIN")
        if self._cookie is None:
            set_visitor(EVERYBODY)
            return None
        if request.url.path in OPEN_PATHS:
            return None
        door = {"/sign-in": self._sign_in, "/password": self._password}.get(request.url.path)
        if door is not None:
            return await door(request, self._cookie)
        return await self._let_in(request, self._cookie)

    async def _let_in(self, request: Request, cookie: SignInCookie) -> Response | None:
        named = self._named(request)
        person = await self._person(request, cookie, named)
        if person is None and named is not None and _wants_page(request):
            try:
                person = await self._sign_in_by_proxy(request, cookie, named)
            except (NotFoundError, InvalidValueError) as error:
                _log.warning("The proxy named somebody who may not see this dashboard.")
                return _refuse(request, 403, str(error), "UNKNOWN_PERSON")
        if person is None:
            return _ask_to_sign_in(request)
        set_actor(person.name)
        if request.url.path in {"/sign-out", "/sign-out-everywhere"} and request.method == "POST":
            return await self._sign_out(request, cookie, person)
        if request.url.path == forms.CHANGE_PASSWORD:
            return await self._change_password(request, cookie, person)
        only = person.role not in {"admin", "viewer"}  # an unknown role sees least
        set_visitor(Visitor(person.name, is_admin=person.is_admin, person=person, sees_numbers_only=only))
        return None

    def _named(self, request: Request) -> str | None:
        return self._proxy.named(request.scope) if self._proxy else None

    async def _sign_in_by_proxy(self, request: Request, cookie: SignInCookie, named: str) -> Person:
        """Sign in the person whom the proxy names; the response to this request brings the cookie.

        Raises:
            NotFoundError: Turret does not know them.
            InvalidValueError: they cannot be added under this name.
        """
        role = self._proxy.new_people_role if self._proxy else ""
        address = request.client.host if request.client else ""
        person = await asyncio.to_thread(self._people.sign_in_by_proxy, named, role, address)
        self._seen.pop(person.person_id, None)
        is_https = request.url.scheme == "https"
        request.scope[_NEW_COOKIE] = cookie.header(person, is_https=is_https, named=named)
        return person

    async def _person(self, request: Request, cookie: SignInCookie, named: str | None) -> Person | None:
        """Return the person of the cookie; None if it is not valid, or the proxy names others than at the sign-in."""
        signed = cookie.read(request.headers.get("cookie", ""))
        if signed is None or signed.named != named:
            return None
        person_id, epoch, _ = signed
        seen = self._seen.get(person_id)
        if seen is None or seen.named != named or seen.until < time.monotonic():
            person = await asyncio.to_thread(self._look, person_id, named)
            seen = self._seen[person_id] = _CachedPerson(person, named, time.monotonic() + PERSON_CACHE_S)
        return seen.person if seen.person is not None and seen.person.sign_in_epoch == epoch else None

    def _look(self, person_id: str, named: str | None) -> Person | None:
        """Return a person; None if they are gone, or the name that the proxy gives is somebody else's by now."""
        person = self._people.get(person_id) if named is None else self._people.find_by_proxy(named)
        if person is None or person.person_id != person_id:
            return None
        self._people.saw(person)
        return person

    async def _sign_in(self, request: Request, cookie: SignInCookie) -> Response:
        if request.method != "POST":
            target, named = _own_path(request.query_params.get("to")), self._named(request)
            return HTMLResponse(forms.signed_out_page(target, named) if named else forms.sign_in_page(target))
        form = await _read_form(request)
        name, target = form.get("name", ""), _own_path(form.get("to"))
        known_name, address = name.strip().casefold()[:200], request.client.host if request.client else ""
        wait_s = max(self._by_name.wait_s(known_name), self._by_address.wait_s(address))
        if wait_s > 0:
            sentence = f"Too many wrong passwords. Try again in {math.ceil(wait_s)} s."
            page = forms.sign_in_page(target, sentence, name)
            return HTMLResponse(page, 429, {"retry-after": str(math.ceil(wait_s))})
        async with self._turn_to_hash():
            # Count the try before checking it, so that concurrent tries count too.
            self._by_name.record_failure(known_name)
            self._by_address.record_failure(address)
            person = await asyncio.to_thread(self._people.sign_in, name, form.get("password", ""), address)
        if person is None:
            return HTMLResponse(forms.sign_in_page(target, "Wrong name or password.", name), 401)
        self._by_name.record_success(known_name)
        self._by_address.record_success(address)
        return self._enter(request, cookie, person, target)

    async def _password(self, request: Request, cookie: SignInCookie) -> Response:
        form = await _read_form(request) if request.method == "POST" else {}
        link = form.get("link", "") or request.query_params.get("link", "")
        person = await asyncio.to_thread(self._people.person_of_link, link)
        if person is None:
            return HTMLResponse(forms.ended_link_page(), 404)
        if request.method != "POST":
            return HTMLResponse(forms.password_page(link, person.name))
        set_actor(person.name)
        if form.get("password", "") != form.get("again", ""):
            return HTMLResponse(forms.password_page(link, person.name, "The passwords do not match."), 400)
        try:
            async with self._turn_to_hash():
                person = await asyncio.to_thread(self._people.choose_password, link, form.get("password", ""))
        except InvalidValueError as error:
            return HTMLResponse(forms.password_page(link, person.name, str(error)), 400)
        except NotFoundError:
            return HTMLResponse(forms.ended_link_page(), 404)
        return self._enter(request, cookie, person, "/")

    async def _change_password(self, request: Request, cookie: SignInCookie, person: Person) -> Response:
        if request.method != "POST":
            return HTMLResponse(forms.change_password_page(person.name))
        form = await _read_form(request)
        known_name = person.name.casefold()[:200]

        def ask_again(problem: str, status: int = 400) -> Response:
            return HTMLResponse(forms.change_password_page(person.name, problem), status)

        if (wait_s := self._by_name.wait_s(known_name)) > 0:
            return ask_again(f"Too many wrong passwords. Try again in {math.ceil(wait_s)} s.", 429)
        if form.get("password", "") != form.get("again", ""):
            return ask_again("The new passwords do not match.")
        self._by_name.record_failure(known_name)  # as when signing in
        try:
            async with self._turn_to_hash():
                changed = await asyncio.to_thread(
                    self._people.change_password, person.person_id, form.get("old", ""), form.get("password", "")
                )
        except (InvalidValueError, NotFoundError) as error:
            return ask_again(str(error))
        if changed is None:
            return ask_again("The current password is wrong.")
        self._by_name.record_success(known_name)
        return self._enter(request, cookie, changed, "/")

    def _enter(self, request: Request, cookie: SignInCookie, person: Person, target: str) -> Response:
        self._seen.pop(person.person_id, None)
        response = RedirectResponse(target, 303)
        response.headers["set-cookie"] = cookie.header(person, is_https=request.url.scheme == "https")
        return response

    async def _sign_out(self, request: Request, cookie: SignInCookie, person: Person) -> Response:
        if request.url.path == "/sign-out-everywhere":
            await asyncio.to_thread(self._people.end_sign_ins, person.person_id)
            self._seen.pop(person.person_id, None)
        has_way_out = self._proxy is not None and self._named(request) is not None and self._proxy.sign_out_path
        response = RedirectResponse(has_way_out or "/sign-in", 303)
        response.headers["set-cookie"] = cookie.end_header(is_https=request.url.scheme == "https")
        return response


def _is_of_this_origin(request: Request) -> bool:
    """Whether the browser says that a page of ours asks. Other programs send neither header and are refused too."""
    origin = request.headers.get("origin")
    if origin in {None, "null"}:  # some referrer policies withhold the origin, but never this header
        return request.headers.get("sec-fetch-site") == "same-origin"
    return urlsplit(origin or "").netloc == request.headers.get("host")


def _with_new_cookie(scope: Scope, send: Send) -> Send:
    """Return a `send` that adds the cookie of a sign-in through a proxy, if there was one, to the response."""
    if _NEW_COOKIE not in scope:
        return send

    async def send_with_cookie(message: Message) -> None:
        if message["type"] == "http.response.start":
            MutableHeaders(scope=message).append("set-cookie", scope[_NEW_COOKIE])
        await send(message)

    return send_with_cookie


def _wants_page(request: Request) -> bool:
    return request.method == "GET" and "text/html" in request.headers.get("accept", "")


def _ask_to_sign_in(request: Request) -> Response:
    if _wants_page(request):
        here = request.url.path + (f"?{request.url.query}" if request.url.query else "")
        return RedirectResponse("/sign-in" if here == "/" else f"/sign-in?to={quote(here, safe='')}", 303)
    return _refuse(request, 401, "You are not signed in; open /sign-in.", "SIGN_IN_NEEDED")


def _refuse(request: Request, status: int, sentence: str, code: str) -> Response:
    if "text/html" in request.headers.get("accept", ""):
        return HTMLResponse(forms.refusal_page(sentence), status)
    return JSONResponse({"error": sentence, "code": code}, status)


def _own_path(target: str | None) -> str:
    """Return a path of this dashboard to go to, never another site, whatever the address says."""
    if not target or not target.startswith("/") or target.startswith(("//", "/\\")) or not target.isprintable():
        return "/"
    return target


async def _read_form(request: Request) -> dict[str, str]:
    """Read a small form; one that is too long is empty."""
    body = b""
    async for chunk in request.stream():
        body += chunk
        if len(body) > MAX_FORM_BYTES:
            return {}
    try:
        fields = parse_qs(body.decode(), keep_blank_values=True, max_num_fields=10)
    except ValueError:
        return {}
    return {name: values[0] for name, values in fields.items()}
