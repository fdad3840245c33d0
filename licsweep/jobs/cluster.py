"""The programs of a cluster: its scheduler, and its workers, which sweep for whoever asks the scheduler."""

import asyncio
import io
import os
import shutil
import signal
import socket
import sys
import tempfile
from collections.abc import Callable, Coroutine
from contextlib import suppress
from pathlib import Path
from typing import Any, NoReturn
from urllib.parse import urlsplit

from licsweep.clean_text import one_line
from licsweep.errors import ClusterUnreachable, optional
from licsweep.settings import Project
from licsweep.sweep.plan import make_plan

_LOST_SECONDS, _CONNECT_SECONDS = 30, 10


def certificates(project: Project, days: int) -> list[Path]:
    """Makes the certificates of a cluster in the project's folder for them. Raises OutputError, MissingExtra."""
    with optional("certificates", "cluster"):
        from licsweep.sweep.cluster_access import make_certificates

        return make_certificates(project.path(project.settings.certificates), days)


def scheduler(project: Project, url: str, ready: Callable[[str], None]) -> None:
    """Runs a scheduler at this URL until a signal; `ready` hears the URL at which it listens.

    Raises UsageError, InputError (certificates), ClusterUnreachable where it can't listen.
    """
    with optional("a cluster", "cluster"):
        from distributed import Scheduler

        from licsweep.sweep.cluster_access import secured

    security, parts = secured(project, url, "scheduler"), urlsplit(url)

    async def serve() -> None:
        async with Scheduler(
            host=parts.hostname,
            port=parts.port or 0,
            protocol=parts.scheme,
            security=security,
            allowed_failures=0,  # a task that lost its worker is not tried elsewhere: the sweep knows what is left
            worker_ttl=_LOST_SECONDS,
            dashboard=False,
            dashboard_address="127.0.0.1:0",
        ) as running:
            ready(running.address)
            await running.finished()

    try:
        _run(serve)
    except RuntimeError as error:  # what Dask makes of any failure to start
        why = one_line(str(error.__cause__ or error))
        hint = "an address of this machine, a port that is free"
        raise ClusterUnreachable(f"{url}: no scheduler can run there", why=why, hint=hint) from error


def worker(project: Project, url: str, collector: str, ready: Callable[[str], None]) -> None:
    """Sweeps hosts of a collector, by this project, for the scheduler at this URL, until a signal.

    Nobody is asked for a credential. A signal ends the program at once, as if it were killed: whoever asked gives its
    hosts to another worker. Raises UsageError, InventoryError, CredentialError, and ClusterUnreachable when
    the scheduler has gone.
    """
    with optional("a cluster", "cluster"):
        from distributed import Worker

        from licsweep.sweep.cluster_access import secured
        from licsweep.sweep.cluster_worker import OwnProject, all_of, resource

    sys.stdin = io.StringIO()
    make_plan(project, all_of(collector))  # what is wrong is told now
    security = secured(project, url, "worker")

    async def serve() -> None:
        with tempfile.TemporaryDirectory(prefix="licsweep-") as folder:

            def end(*_: object) -> NoReturn:
                shutil.rmtree(folder)
                os._exit(130)  # Dask would wait for the share, which can't tell of a host any more

            for number in (signal.SIGINT, signal.SIGTERM):
                signal.signal(number, end)
            async with Worker(
                url,
                nthreads=1,
                name=f"{socket.gethostname()} {os.getpid()}",
                host="127.0.0.1" if url.startswith("tcp:") else None,
                resources={resource(collector): 1},
                plugins=[OwnProject(project, collector)],
                security=security,
                death_timeout=_LOST_SECONDS,
                memory_limit=0,
                local_directory=folder,
                dashboard=False,
                dashboard_address="127.0.0.1:0",
            ) as running:
                ready(running.address)
                await running.finished()

    with suppress(TimeoutError):  # it was never there
        _run(serve)
    why = "it ended, shows no certificate of ours, or took this worker for lost"
    raise ClusterUnreachable(f"{url}: the scheduler has gone", why=why, hint="start both again")


def _run(serve: Callable[[], Coroutine[Any, Any, None]]) -> None:
    import dask

    signal.signal(signal.SIGTERM, signal.default_int_handler)  # so that the others are told
    no_pages: list[str] = []
    given = {
        "distributed.comm.timeouts.connect": _CONNECT_SECONDS,
        "distributed.scheduler.no-workers-timeout": _CONNECT_SECONDS,  # a worker that went before it had its task
        "distributed.scheduler.http.routes": no_pages,  # whoever has no certificate learns nothing
        "distributed.worker.http.routes": no_pages,
    }
    with dask.config.set(given):
        asyncio.run(serve())
