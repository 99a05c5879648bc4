"""All tables of the platform, gathered in one place for migrations and for the running role's rights."""

import archive.models as archive_tables
import auction.models as auction_tables
from trading.accounts import models as accounts_tables
from trading.calendars import models as calendars_tables
from trading.complaints import models as complaints_tables
from trading.deposits import models as deposits_tables
from trading.kernel import journal_store
from trading.kernel.database import Base
from trading.limits import models as limits_tables
from trading.mail import models as mail_tables
from trading.notices import models as notices_tables
from trading.projects import models as projects_tables
from trading.publication import listing as listing_tables
from trading.publication import models as publication_tables
from trading.publication import portal_models as portal_tables
from trading.ratings import models as ratings_tables
from trading.registration import models as registration_tables
from trading.reviews import models as reviews_tables
from trading.signs import models as signs_tables
from trading.supervision import models as supervision_tables
from trading.transparency import models as transparency_tables
from trading.venues import models as venues_tables

# Importing a room's models declares its tables; naming the modules keeps the imports from looking unused.
DECLARED_IN = (
    journal_store,
    accounts_tables,
    notices_tables,
    archive_tables,
    projects_tables,
    calendars_tables,
    publication_tables,
    listing_tables,
    portal_tables,
    mail_tables,
    registration_tables,
    venues_tables,
    reviews_tables,
    deposits_tables,
    auction_tables,
    transparency_tables,
    limits_tables,
    complaints_tables,
    supervision_tables,
    signs_tables,
    ratings_tables,
)

metadata = Base.metadata
