"""All tables of the platform, gathered in one place for migrations and for the running role's rights."""

import archive.models as archive_tables
import auction.models as auction_tables
from trading.accounts import models as accounts_tables
from trading.deposits import models as deposits_tables
from trading.kernel import journal_store
from trading.kernel.database import Base
from trading.projects import models as projects_tables
from trading.publication import models as publication_tables
from trading.registration import models as registration_tables
from trading.transparency import models as transparency_tables

# Importing a room's models declares its tables; naming the modules keeps the imports from looking unused.
DECLARED_IN = (
    journal_store,
    accounts_tables,
    archive_tables,
    projects_tables,
    publication_tables,
    registration_tables,
    deposits_tables,
    auction_tables,
    transparency_tables,
)

metadata = Base.metadata
