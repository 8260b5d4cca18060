"""Fuzzing of the HTTP contract: no 500, no hang, and everything that is accepted can be loaded.

There are two sources: schemathesis reads the served /openapi.json and sends valid and invalid requests; hypothesis
sends malformed bodies as bytes. Then DuckDB itself loads everything that landed, where one bad line would fail a
whole file, and the result is compared with what was accepted.

    python -m venv /tmp/fuzz && /tmp/fuzz/bin/pip install schemathesis
    python bench/contract_fuzz.py --schemathesis /tmp/fuzz/bin/schemathesis --bodies 20000
"""

from __future__ import annotations

import argparse
import signal
import subprocess
import sys
import tempfile
from pathlib import Path

from harness.body_fuzz import BodyFuzz
from harness.installation import Installation
from harness.ledger import Ledger
from harness.odd_bodies import REQUESTS, OddRequest
from harness.odd_exports import EXPORT_REQUESTS
from hypothesis import HealthCheck, given, seed, settings

CHECKS = "not_a_server_error,status_code_conformance,content_type_conformance,response_schema_conformance"
REQUEST_TIMEOUT_S = 20
STOPPED = {0, -signal.SIGTERM}
"""Exit status of a server that was stopped: uvicorn raises the signal again once it is done."""


def main() -> None:
    """Fuzz both ways; exit with 1 if anything was found."""
    options = _parse_arguments()
    with tempfile.TemporaryDirectory(dir=options.folder) as folder:
        installation = Installation.create(Path(folder) / "home")
        server = installation.start()
        try:
            server.wait_until_answering()
            fuzz = fuzz_bodies(installation, options.bodies, options.seed)
            print(f"bodies: {options.bodies:,} sent, answers by status {dict(sorted(fuzz.statuses.items()))}")
            is_conformant = _run_schemathesis(installation, options)
            server.wait_until_answering()
        finally:
            status = server.stop()
        is_loadable = _report_loading(Ledger(installation.home, Path(folder) / "fuzz.duckdb"), fuzz)
        n_faults = installation.log.read_text().count('"level": "ERROR"')
        print(f"collector: exit status {status}, {n_faults} errors in its log")
    sys.exit(0 if is_conformant and is_loadable and not n_faults and status in STOPPED else 1)


def fuzz_bodies(installation: Installation, n_bodies: int, seed_: int) -> BodyFuzz:
    """Send `n_bodies` malformed bodies.

    Raises:
        WrongAnswerError: an answer that the contract does not allow; hypothesis shows the smallest body it found.
    """
    fuzz = BodyFuzz(installation)

    @seed(seed_)
    @settings(max_examples=n_bodies, deadline=None, database=None, suppress_health_check=list(HealthCheck))
    @given(REQUESTS | EXPORT_REQUESTS)
    def send(request: OddRequest) -> None:
        fuzz.send(request)

    send()
    return fuzz


def _run_schemathesis(installation: Installation, options: argparse.Namespace) -> bool:
    if options.schemathesis is None:
        print("schemathesis: left out; name its command with --schemathesis")
        return True
    url = f"http://127.0.0.1:{installation.port}/openapi.json"
    command = [str(options.schemathesis), "run", url, "--header", f"X-API-Key: {installation.key}", "--checks", CHECKS]
    command += ["--max-examples", str(options.examples), "--seed", str(options.seed)]
    command += ["--request-timeout", str(REQUEST_TIMEOUT_S), "--no-color"]
    run = subprocess.run(command, cwd=installation.home.root, capture_output=True, text=True, check=False)
    print(f"schemathesis: exit status {run.returncode}\n{run.stdout}{run.stderr}")
    return run.returncode == 0


def _report_loading(ledger: Ledger, fuzz: BodyFuzz) -> bool:
    is_quick = ledger.loads_quickly()
    loaded = ledger.load_ids()
    missing = set(fuzz.event_ids) - loaded
    print(
        f"loading: {len(loaded):,} distinct events, {len(set(fuzz.event_ids)):,} of them accepted from odd bodies, "
        f"{len(missing)} missing; DuckDB reads every landed file itself: {'yes' if is_quick else 'NO'}"
    )
    return is_quick and not missing


def _parse_arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--bodies", type=int, default=5000, help="odd bodies that hypothesis sends")
    parser.add_argument("--schemathesis", type=Path, metavar="COMMAND", help="run it too")
    parser.add_argument("--examples", type=int, default=200, help="examples of schemathesis for each operation")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--folder", type=Path, help="where the temporary home is made")
    return parser.parse_args()


if __name__ == "__main__":
    main()
