"""FMC over REST: a token for user name and password, refreshed three times at most. cdFMC: a bearer token that a person
made, the same paths behind `/fmc`.

FMC keeps one session a user: a login elsewhere ends ours, and we log in once more, not again and again.
"""

from base64 import b64encode
from typing import Any

from licsweep.access.https import Reply
from licsweep.access.rest import OK, PAGE, RestSession, objects, tree
from licsweep.access.terminal import quoted
from licsweep.errors import AuthFailed, NoRestAnswer

_API = "/api/fmc_platform/v1"
_ACCESS, _REFRESH, _DOMAIN = "X-auth-access-token", "X-auth-refresh-token", "DOMAIN_UUID"
_NO_LISTS = ("/serverversion", "/smartlicenses", "/domain")


class FmcSession(RestSession):
    """One login to an FMC or cdFMC."""

    _refreshes = 3
    _domain = _refresh_token = ""

    def _log_in(self) -> None:
        if token := self._login.token:
            if not token.isascii() or not token.isprintable():
                raise AuthFailed("the token can't be sent", why="it holds characters that no token has")
            self._headers = {"Authorization": f"Bearer {token}"}
        else:
            basic = b64encode(f"{self._login.username}:{self._login.password}".encode()).decode()
            path, headers = f"{_API}/auth/generatetoken", {"Authorization": f"Basic {basic}"}
            self._keep(self._with_password(lambda: self._client.post(path, headers)))
        self._domain = self._domain or self._first_domain()

    def _keep(self, reply: Reply) -> None:
        """Takes the tokens of a login or a refresh. NoRestAnswer: there is none."""
        if not reply.headers.get(_ACCESS):
            raise NoRestAnswer("the login: no token in the answer", why=f"HTTP {reply.status} without {_ACCESS}")
        self._headers = {_ACCESS: reply.headers[_ACCESS]}
        self._refresh_token = reply.headers.get(_REFRESH, "")
        self._domain = reply.headers.get(_DOMAIN) or self._domain
        self._note_others(tree(f'{{"items": {reply.headers.get("DOMAINS", "[]")}}}'))

    def _first_domain(self) -> str:
        found = tree(self._asked(self._target(f"{_API}/info/domain", 0)))
        first = (objects(found, "items") or [found])[0]
        if not isinstance(first.get("uuid"), str):
            raise NoRestAnswer("no domain in the answer of the login, nor in info/domain", why="paths need its uuid")
        self._domain = str(first["uuid"])
        self._note_others(found)
        return self._domain

    def _note_others(self, found: dict[str, Any]) -> None:
        """Notes the domains whose devices are not read: those beside the one of the login."""
        others = [quoted(str(one.get("name"))) for one in objects(found, "items") if one.get("uuid") != self._domain]
        note = f"the devices of other domains are not read: {', '.join(others)}"
        if self._domain and others and note not in self.notes:
            self.notes.insert(0, note)

    def _refresh(self) -> bool:
        if not self._refresh_token:
            return False
        reply = self._client.post(f"{_API}/auth/refreshtoken", {**self._headers, _REFRESH: self._refresh_token})
        if reply.status not in OK or not reply.headers.get(_ACCESS):
            return False
        self._keep(reply)
        return True

    def _log_out(self) -> None:
        if not self._login.token:
            self._client.post(f"{_API}/auth/revokeaccess", self._headers)

    def _target(self, path: str, offset: int) -> str:
        prefix = "/fmc" if self._login.token else ""
        query = "" if path.endswith(_NO_LISTS) else f"?expanded=true&limit={PAGE}&offset={offset}"
        return f"{prefix}{path.replace('DOMAIN', self._domain)}{query}"
