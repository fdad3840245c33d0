"""`entitlements fetch`: what the API of CSSM or of an SSM On-Prem server lists, kept as it came and read like files."""

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime
from urllib.parse import urljoin

from licsweep import files
from licsweep.access.login import Https, Limits
from licsweep.errors import AccessError, AuthFailed, InputError, UsageError
from licsweep.estate.credentials import client_of
from licsweep.imports.entitlements import ImportedFile, read_all
from licsweep.imports.fetching import LicensingApi, apis
from licsweep.imports.files import some
from licsweep.position_types import folded
from licsweep.settings import FILE_NAME, EntitlementSource, Project
from reconcile.tables.tables import Tables

KEPT = "entitlements/fetched"
_GUIDE = "docs/how-to/on-prem.md"


@contextmanager
def fetched(project: Project, name: str, *, keep: bool = True) -> Iterator[list[ImportedFile]]:
    """The lists of the source [entitlements.NAME], read, for the block that imports them.

    The answers stay in entitlements/fetched where the block ends well and `keep`. Raises UsageError, CredentialError,
    AccessError, InputError: then nothing stays.
    """
    source = project.entitlement_sources.get(name)
    if source is None:
        known = some(project.entitlement_sources) or "none"
        raise UsageError(f"{name}: no such source of entitlements", why=f"{FILE_NAME} has {known}", hint=_GUIDE)
    row, settings, begun = apis()[source.api], project.settings, datetime.now(UTC)
    now = begun.replace(microsecond=0)
    if source.credentials not in project.credential_sets or not (url := source.url or row.url):
        what = "url" if source.credentials in project.credential_sets else "credentials"
        raise UsageError(f"{FILE_NAME}: entitlements.{name}.{what}: is missing or no set", hint=_GUIDE)
    client_id, secret = client_of(project.credential_sets[source.credentials])
    authorities = files.read(project.path(source.https_ca), files.MIB).text if source.https_ca else None
    proxy = settings.https_proxy if source.proxy is None else source.proxy
    folder = project.folder / KEPT / f"{name}-{begun:%Y%m%dT%H%M%S.%fZ}"  # two may begin in one second
    for new in (folder.parent.parent, folder.parent, folder):
        files.make_folder(new)
    https = Https(authorities=authorities, pin=source.https_pin, proxy=proxy or None)
    limits = Limits(connect=settings.connect_timeout, command=settings.command_timeout, device=source.deadline)
    token_url = source.token_url or urljoin(url, row.token)
    api = LicensingApi(row, url, token_url, https=https, limits=limits, folder=folder)
    done = False
    try:
        api.log_in(client_id, secret)
        read = list((_onprem if source.api == "onprem" else _cssm)(project, source, api, now))
        if not read:
            raise InputError(f"entitlements.{name}, {url}: lists neither licenses nor product instances")
        yield read
        done = keep
    except AccessError as error:
        error.what = f"entitlements.{name}, {url}: {error.what}"
        if not isinstance(error, AuthFailed):
            error.hint = f"nothing was taken; see [entitlements.{name}] in {FILE_NAME} ({_GUIDE})"
        raise
    finally:
        api.close()
        if not done:
            shutil.rmtree(folder, ignore_errors=True)


def _onprem(project: Project, source: EntitlementSource, api: LicensingApi, now: datetime) -> Iterator[ImportedFile]:
    """Licenses and alerts of the local accounts that onprem.yaml names, as those of the cloud accounts behind them."""
    servers = Tables.load(project.folder).onprem.servers
    mine = [one for one in servers if folded(source.server) in ("", folded(one.name))]
    if len(mine) != 1 or not mine[0].accounts:
        what = f"onprem.yaml: no accounts of {source.server or 'the one server'}"
        raise InputError(what, why=f"its servers are {some(one.name for one in servers) or 'none'}", hint=_GUIDE)
    for account in mine[0].accounts:
        paths = [path for what in ("licenses", "alerts") for path in api.pages(what, account.local, {})]
        yield from read_all(
            paths, smart_account=account.smart_account, virtual_account=account.virtual_account, exported_at=now
        )


def _cssm(project: Project, source: EntitlementSource, api: LicensingApi, now: datetime) -> Iterator[ImportedFile]:  # noqa: ARG001
    """Licenses and product instances of one smart account: of all its virtual accounts, or of those that are wanted."""
    seen = {
        str(one.get("accountDomain")): str(one.get("accountName") or "")
        for one in api.objects("accounts", "accountDomain")
    }
    wanted = folded(source.smart_account)
    mine = [domain for domain, called in seen.items() if wanted in ("", folded(domain), folded(called))]
    if len(mine) != 1:
        why = f"the client sees {some(seen.values()) or 'none'}"
        raise UsageError(f"smart_account {source.smart_account!r}: is not one account", why=why, hint=_GUIDE)
    known = [one["name"] for one in api.objects("virtualAccounts", "name", mine[0])]
    names = [one for one in known if not source.virtual_accounts or one in source.virtual_accounts]
    if strange := set(source.virtual_accounts) - set(names):
        raise UsageError(f"virtual_accounts: {some(sorted(strange))}: not there", why=f"there are {some(known)}")
    asked = {"virtualAccounts": names}
    paths = [path for what in ("licenses", "devices") for path in api.pages(what, mine[0], asked)]
    for one in read_all(paths, smart_account=seen[mine[0]] or mine[0], exported_at=now):
        yield replace(one, one_account=bool(source.virtual_accounts))
