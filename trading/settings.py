"""Settings, read once from the environment. Every one is named in docs/operations.md."""

import contextlib
import os
import secrets
from dataclasses import dataclass
from pathlib import Path

from trading.kernel.embedded_postgres.refusals import DataFolderNotWritable


@dataclass(frozen=True)
class Settings:
    """What an installation can set. `None` for the database URLs means the embedded PostgreSQL."""

    data_folder: Path
    database_url: str | None
    owner_database_url: str | None
    pgbin: Path | None
    public_url: str
    centre_name: str
    centre_name_en: str
    centre_credit_code: str
    region_code: str
    bank_url: str
    bank_secret: str
    secret: str
    log_key: str
    demonstration: bool
    secure_cookies: bool
    live_messages_per_s: int
    largest_batch: int
    largest_attachment_mib: int
    ocid_prefix: str
    smtp_url: str
    mail_from: str
    recordings_folder: Path
    largest_recording_bytes: int
    hall_addresses: str
    traces_kept_days: int

    @classmethod
    def from_environment(cls, environment: dict[str, str] | None = None) -> "Settings":
        """Read `TRADING_…` variables; what is missing takes its documented default."""
        env = dict(os.environ if environment is None else environment)
        data_folder = Path(env.get("TRADING_DATA_FOLDER", "data")).absolute()
        public_url = env.get("TRADING_PUBLIC_URL", "http://127.0.0.1:8000").rstrip("/")
        return cls(
            data_folder=data_folder,
            database_url=env.get("TRADING_DATABASE_URL") or None,
            owner_database_url=env.get("TRADING_OWNER_DATABASE_URL") or env.get("TRADING_DATABASE_URL") or None,
            pgbin=Path(env["TRADING_PGBIN"]) if env.get("TRADING_PGBIN") else None,
            public_url=public_url,
            centre_name=env.get("TRADING_CENTRE_NAME", "合江县公共资源交易中心"),
            centre_name_en=env.get("TRADING_CENTRE_NAME_EN", "Hejiang County Public Resource Trading Centre"),
            centre_credit_code=env.get("TRADING_CENTRE_CREDIT_CODE", "12510522MB0000014N"),
            region_code=env.get("TRADING_REGION_CODE", "510522"),
            bank_url=env.get("TRADING_BANK_URL", "http://127.0.0.1:8001").rstrip("/"),
            bank_secret=env.get("TRADING_BANK_SECRET") or _kept_secret(data_folder, "bank_secret"),
            secret=env.get("TRADING_SECRET") or _kept_secret(data_folder, "secret"),
            log_key=env.get("TRADING_LOG_KEY") or _kept_secret(data_folder, "log_key"),
            demonstration=env.get("TRADING_DEMONSTRATION", "") == "1",
            secure_cookies=public_url.startswith("https://"),
            live_messages_per_s=int(env.get("TRADING_LIVE_MESSAGES_PER_S") or 20),
            largest_batch=int(env.get("TRADING_LARGEST_BATCH") or 500),
            largest_attachment_mib=min(int(env.get("TRADING_LARGEST_ATTACHMENT_MIB") or 50), 200),
            ocid_prefix=env.get("TRADING_OCID_PREFIX", "ocds-000000"),
            smtp_url=env.get("TRADING_SMTP_URL", ""),
            mail_from=env.get("TRADING_MAIL_FROM", ""),
            recordings_folder=Path(env.get("TRADING_RECORDINGS_FOLDER") or data_folder / "recordings").absolute(),
            largest_recording_bytes=int(env.get("TRADING_LARGEST_RECORDING_GB") or 20) * 1024**3,
            hall_addresses=env.get("TRADING_HALL_ADDRESSES", ""),
            traces_kept_days=max(1, int(env.get("TRADING_TRACES_KEPT_DAYS") or 180)),
        )


def _kept_secret(data_folder: Path, name: str) -> str:
    """A secret made at the first start and kept in the data folder, readable by its owner only.

    Refuses with DataFolderNotWritable.
    """
    try:
        return _read_or_make(data_folder / "secrets" / name)
    except OSError as error:
        raise DataFolderNotWritable(data_folder, error.strerror or str(error)) from error


def _read_or_make(path: Path) -> str:
    if not path.exists():
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        draft = path.with_name(f"{path.name}.{os.getpid()}")
        with open(draft, "w", opener=lambda file, flags: os.open(file, flags, 0o600)) as new:
            new.write(secrets.token_hex(32))
        with contextlib.suppress(FileExistsError):  # another process was first: its secret is the one
            os.link(draft, path)
        draft.unlink()
    return path.read_text().strip()
