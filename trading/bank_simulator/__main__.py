"""`python -m trading.bank_simulator`: the simulated bank as a process of its own."""

import time
from pathlib import Path
from typing import Annotated

import typer
import uvicorn

from trading.bank_simulator.faults import Faults
from trading.bank_simulator.ledger import Ledger
from trading.bank_simulator.server import make_bank
from trading.deposits.bank_envelope import read_secret


def main(
    port: Annotated[int, typer.Option(help="TCP port on 127.0.0.1.")],
    data_folder: Annotated[Path, typer.Option(help="Folder of the bank's books; made when missing.")],
    secret_file: Annotated[Path, typer.Option(help="File with the secret shared with the platform.")],
    callback_url: Annotated[str | None, typer.Option(help="Address of the platform's callback.")] = None,
    allow_faults: Annotated[bool, typer.Option(help="Let the platform's tests make the bank misbehave.")] = False,
) -> None:
    """Serve the simulated bank until SIGINT or SIGTERM. It never leaves this machine and holds no real money."""
    data_folder.mkdir(parents=True, exist_ok=True)
    faults = Faults(allowed=allow_faults)
    ledger = Ledger(data_folder / "bank.sqlite3", faults)
    app = make_bank(ledger, faults, read_secret(secret_file), callback_url, _bank_time_ms)
    try:
        uvicorn.run(app, host="127.0.0.1", port=port, log_level="warning", timeout_graceful_shutdown=1)
    finally:
        ledger.close()


def _bank_time_ms() -> int:
    """The bank is another institution: it has a clock of its own."""
    return time.time_ns() // 1_000_000


if __name__ == "__main__":
    typer.run(main)
