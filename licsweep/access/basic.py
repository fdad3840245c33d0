"""What CUCM, Unity Connection and Expressway say over HTTPS beside their CLI: a GET, or one call of AXL."""

import time
from base64 import b64encode
from collections.abc import Iterator, Sequence
from functools import partial

from licsweep.access.allowlist import AXL_PATH
from licsweep.access.conversation import Answer
from licsweep.access.https import Reply
from licsweep.access.rest import RestSession

AXL_VERSIONS = ("12.5", "14.0", "15.0")
"""Versions of the interface, tried in this order: which ones a release still takes is not public for all."""
_UNKNOWN_VERSION = 599
_ENVELOPE = (
    '<soapenv:Envelope xmlns:soapenv="http://schemas.xmlsoap.org/soap/envelope/" '
    'xmlns:ns="http://www.cisco.com/AXL/API/{version}"><soapenv:Header/><soapenv:Body><ns:{call}/></soapenv:Body>'
    "</soapenv:Envelope>"
)


class BasicSession(RestSession):
    """No login of its own: each request carries user name and password, in its turn."""

    def _log_in(self) -> None:
        words = f"{self._login.username}:{self._login.password or ''}".encode()
        self._headers = {"Authorization": f"Basic {b64encode(words).decode()}"}

    def answers(self, commands: Sequence[str], *, type_ahead: bool = False) -> Iterator[Answer]:  # noqa: ARG002
        """The answers to GETs and AXL calls, in order."""
        for command in commands:
            began = time.monotonic()
            reply = self._without_secrets(self._with_password(partial(self._send, command), command))
            yield Answer(command, reply.text, time.monotonic() - began, "login")

    def _send(self, command: str) -> Reply:
        method, _, what = command.partition(" ")
        if method == "GET":
            return self._client.get(what, self._headers)
        for version in AXL_VERSIONS:
            about = {"Content-Type": "text/xml; charset=utf-8", "Accept": "text/xml"}
            action = {"SOAPAction": f'"CUCM:DB ver={version} {what}"'}
            body = _ENVELOPE.format(version=version, call=what).encode()
            reply = self._client.post(AXL_PATH, self._headers | about | action, body)
            if reply.status != _UNKNOWN_VERSION:
                break
        return reply

    def _is_answer(self, text: str) -> bool:
        """JSON or XML, and no web page."""
        return super()._is_answer(text) or (
            text.startswith("<") and not text.lower().startswith(("<!doctype", "<html"))
        )
