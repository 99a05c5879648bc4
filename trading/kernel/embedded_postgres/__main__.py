"""Run one of PostgreSQL's own programs on the embedded database, running or not, as its owner:

    python -m trading.kernel.embedded_postgres DATA_FOLDER pg_dump --format=custom --file=trading.dump
    python -m trading.kernel.embedded_postgres DATA_FOLDER psql

The programs are of the database's own version, and need neither address nor password. The exit code is the program's.
"""

import os
import subprocess
import sys
from pathlib import Path

from trading.kernel.embedded_postgres import embedded_postgres
from trading.kernel.embedded_postgres.creation import DATABASE
from trading.kernel.embedded_postgres.folder import OWNER
from trading.kernel.errors import Refusal


def run_program(data_folder: Path, command: list[str], *, pgbin: Path | None = None) -> int:
    """Run `command` with the embedded database as its default connection. Returns its exit code."""
    with embedded_postgres(data_folder, pgbin=pgbin) as cluster:
        environment = {
            **os.environ,
            "PATH": f"{cluster.programs}{os.pathsep}{os.environ.get('PATH', os.defpath)}",
            "PGHOST": str(cluster.socket_folder),
            "PGUSER": OWNER,
            "PGDATABASE": DATABASE,
            "PGPASSFILE": str(cluster.passwords_file),
        }
        return subprocess.run(command, env=environment, check=False).returncode


def main(arguments: list[str]) -> int:
    """Read the command line; refusals are told on standard error."""
    if len(arguments) < 2:
        print(__doc__, file=sys.stderr)
        return 2
    pgbin = os.environ.get("TRADING_PGBIN")
    try:
        return run_program(Path(arguments[0]), arguments[1:], pgbin=Path(pgbin) if pgbin else None)
    except Refusal as refusal:
        print(refusal, file=sys.stderr)
        return 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
