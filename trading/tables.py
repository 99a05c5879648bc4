"""All tables of the platform, gathered in one place for migrations and for the running role's rights."""

import importlib

from trading.kernel.database import Base

_ROOMS = (
    "trading.accounts.models",
    "archive.models",
    "trading.projects.models",
    "trading.registration.models",
    "trading.publication.models",
    "trading.deposits.models",
    "auction.models",
    "trading.supervision.models",
)
for _room in ("trading.kernel.journal_store", *_ROOMS):
    try:
        importlib.import_module(_room)
    except ModuleNotFoundError as error:
        if error.name != _room and not _room.startswith(str(error.name)):
            raise

metadata = Base.metadata
