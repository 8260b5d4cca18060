"""`turret up`: start, watch and stop all servers together."""

from __future__ import annotations

import json
import signal
import sys
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING

from rich.console import Console
from rich.text import Text

from cli.installation import load_settings
from cli.serve.first_link import first_link_lines
from contracts.home import RUNS_SOCKET, Home

if TYPE_CHECKING:
    import threading
    from collections.abc import Callable, Iterator
    from types import FrameType

    from cli.serve.supervisor import Part
    from contracts.settings import Settings

FIRST_PROJECT_NAME = "My app"

STOPPING_SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
CODE_LOCATION = "turret"


def up() -> None:
    """Start collector, dashboard and Dagster, and keep them running until Ctrl-C or SIGTERM.

    A part that exits is restarted; one that keeps exiting stops all of them. The first start creates a project and
    prints its API key, which is shown only once. Each part has its own log file in the logs folder of TURRET_HOME.

    Example: `TURRET_DASHBOARD_PORT=8060 turret up`
    """
    from cli.serve.instance_lock import hold_instance_lock  # noqa: PLC0415 - the same
    from cli.serve.ports import check_ports, with_free_ports  # noqa: PLC0415 - the same
    from cli.serve.probes import addresses  # noqa: PLC0415 - `turret --help` need not load it

    settings = load_settings()
    if settings.landing_url:
        from contracts.landing_store import open_landing_store  # noqa: PLC0415 - few installations need it

        open_landing_store(settings.landing_url)  # what would end the collector each time is said at once
    console = Console(highlight=False)
    with hold_instance_lock(Home(settings.home)) as write_addresses:
        settings = with_free_ports(settings)
        check_ports(settings)
        write_addresses(addresses(settings))
        _serve(settings, console, on_stop=partial(write_addresses, {}))  # which tells everybody who waits for a change
    console.print("Everything has stopped.")


def _serve(settings: Settings, console: Console, on_stop: Callable[[], None]) -> None:
    """Run all parts until a stop is requested."""
    from cli.serve.supervisor import Supervisor  # noqa: PLC0415 - see up()

    _greet_first_start(settings, console)
    # A socket's path is limited to about a hundred characters, which that of a home may exceed.
    with TemporaryDirectory(prefix="turret-") as folder:
        supervisor = Supervisor(
            parts(settings, Path(folder)), lambda line: console.print(Text(line), soft_wrap=True), on_stop
        )
        with _stopping_on_signals(supervisor.stop_asked):
            if supervisor.start():
                _print_addresses(settings, console)
            supervisor.watch()


def parts(settings: Settings, folder: Path) -> list[Part]:
    """Return the servers in the order of starting; they stop in the opposite order.

    Dagster's web server and daemon share one code server. By default each would start its own, and the daemon
    a new one every minute, which costs a fifth of a core.

    Args:
        settings: the installation's settings.
        folder: a private folder for the code server's socket.
    """
    from cli.serve.child import Child  # noqa: PLC0415 - the same
    from cli.serve.probes import addresses, answers, listens, probe_url  # noqa: PLC0415 - see up()
    from cli.serve.supervisor import Part  # noqa: PLC0415 - the same
    from contracts.settings import child_environment  # noqa: PLC0415 - the same

    turret = [sys.executable, "-m", "cli.main"]
    port = str(settings.dagster_port)
    socket, workspace = folder / "code.sock", folder / "workspace.yaml"
    server = {"socket": str(socket), "location_name": CODE_LOCATION}
    workspace.write_text(json.dumps({"load_from": [{"grpc_server": server}]}), encoding="utf-8")  # JSON is YAML
    code = ["api", "grpc", "-m", "orchestration.code_location", "-s", str(socket), "--location-name", CODE_LOCATION]
    web = ["-m", "dagster_webserver", "-h", settings.dagster_host, "-p", port, "-w", str(workspace)]
    daemon = ["-m", "dagster._daemon", "run", "--log-level", "warning", "-w", str(workspace)]
    can_fork = sys.platform == "linux"  # elsewhere the system's own libraries do not survive a fork
    runs = ["-m", "orchestration.fork_server", str(folder / RUNS_SOCKET)]
    commands = {
        "collector": [*turret, "collector"],
        "dashboard": [*turret, "dashboard", "--no-print-link"],
        **({"dagster-runs": [sys.executable, *runs]} if can_fork else {}),
        "dagster-code": [sys.executable, "-m", "dagster", *code],
        "dagster": [sys.executable, *web],
        "dagster-daemon": [sys.executable, *daemon],
    }
    environment = child_environment(settings, DAGSTER_HOME=str(_dagster_home(settings)))
    works: dict[str, Callable[[], bool]] = {
        name: partial(answers, probe_url(name, base)) for name, base in addresses(settings).items()
    }
    works |= {"dagster-code": partial(listens, socket), "dagster-runs": partial(listens, folder / RUNS_SOCKET)}
    logs = Home(settings.home).logs
    return [
        Part(
            Child(
                name,
                command,
                environment,
                logs / f"{name}.log",
                "orchestration.forked_imports" if can_fork and name != "collector" else None,
            ),
            works.get(name),
            name in {"dagster-runs", "dagster-code"},
        )
        for name, command in commands.items()
    ]


def _dagster_home(settings: Settings) -> Path:
    """Create DAGSTER_HOME with its settings and databases, which Dagster reads before it loads our code."""
    from orchestration.runs.instance import open_instance  # noqa: PLC0415 - heavy: Dagster

    with open_instance(settings):
        return Home(settings.home).dagster


def _greet_first_start(settings: Settings, console: Console) -> None:
    """Create a project if there is none, and print its key, which is never shown again."""
    from projects.database import open_projects  # noqa: PLC0415 - see up()

    with open_projects(settings) as projects:
        if projects.list_projects():
            return
        project = projects.create_project(FIRST_PROJECT_NAME)
        key = projects.create_key(project.project_id)
    console.print(
        Text(f"Created the project {project.name} ({project.project_id}). Save its API key now; it is not shown again:")
    )
    console.print(Text(f"  {key.secret}", style="bold"), soft_wrap=True)


def _print_addresses(settings: Settings, console: Console) -> None:
    from cli.serve.probes import addresses  # noqa: PLC0415 - see up()

    urls = addresses(settings)
    for name, place in (
        ("Dashboard", urls["dashboard"]),
        ("Collector", f"{urls['collector']}/track (docs: {urls['collector']}/docs)"),
        ("Dagster", urls["dagster"]),
        ("Logs", str(Home(settings.home).logs)),
    ):
        console.print(Text(f"{name:<12}{place}"), soft_wrap=True)
    for line in first_link_lines(settings, urls["dashboard"]):
        console.print(Text(line), soft_wrap=True)
    console.print("Press Ctrl-C to stop everything.")


@contextmanager
def _stopping_on_signals(stop_asked: threading.Event) -> Iterator[None]:
    """Let SIGINT, SIGTERM and SIGHUP set the event instead of ending the process."""

    def ask(_number: int, _frame: FrameType | None) -> None:
        stop_asked.set()

    before = {number: signal.signal(number, ask) for number in STOPPING_SIGNALS}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
