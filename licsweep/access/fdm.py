"""FDM over REST: a token for user name and password, refreshed, and revoked when the session ends."""

import json

from licsweep.access.https import Reply
from licsweep.access.rest import OK, PAGE, RestSession, tree
from licsweep.errors import NoRestAnswer

_TOKEN = "/api/fdm/latest/fdm/token"  # noqa: S105 - a path


class FdmSession(RestSession):
    """One login to an FTD that manages itself. It answers a wrong password with 400."""

    _refused_logins = (400, 401)
    _refreshes = 1
    _access_token = _refresh_token = ""

    def _log_in(self) -> None:
        words = {"username": self._login.username, "password": self._login.password or ""}
        self._keep(self._with_password(lambda: self._post("password", **words)))

    def _keep(self, reply: Reply) -> None:
        """Takes the tokens of a login or a refresh. NoRestAnswer: there is none."""
        found = tree(reply.text)
        token = found.get("access_token")
        if not isinstance(token, str) or not token.isascii() or not token.isprintable():
            raise NoRestAnswer("the login: no token in the answer", why=f"HTTP {reply.status} without access_token")
        self._headers, self._access_token = {"Authorization": f"Bearer {token}"}, token
        self._refresh_token = str(found.get("refresh_token") or "")

    def _refresh(self) -> bool:
        reply = self._post("refresh_token", refresh_token=self._refresh_token)
        if reply.status not in OK or "access_token" not in tree(reply.text):
            return False
        self._keep(reply)
        return True

    def _log_out(self) -> None:
        self._post("revoke_token", access_token=self._access_token, token_to_revoke=self._access_token)

    def _post(self, grant: str, **words: str) -> Reply:
        return self._client.post(_TOKEN, {}, json.dumps({"grant_type": grant} | words).encode())

    def _target(self, path: str, offset: int) -> str:
        return path if path.endswith("/default") else f"{path}?limit={PAGE}&offset={offset}"
