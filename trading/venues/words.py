"""The words of rooms and bookings, in the language of the request."""

import shlex
from datetime import timedelta
from typing import Any

from trading.kernel.formats import yuan
from trading.kernel.i18n import gettext as _
from trading.projects.problems import N_
from trading.venues.proposing import Proposal
from trading.venues.rules import Equipment, FeeUnit, Part, Purpose, VenueFacts, clock

PURPOSES = {
    Purpose.OPENING: N_("Bid opening"),
    Purpose.AUCTION: N_("Auction session"),
    Purpose.EVALUATION: N_("Evaluation of bids"),
    Purpose.JOINT_MEETING: N_("Joint meeting"),
    Purpose.OTHER: N_("Other use"),
    Purpose.CLOSURE: N_("Room closed"),
}

EQUIPMENT = {
    Equipment.AUDIO: N_("Audio recording"),
    Equipment.VIDEO: N_("Video recording"),
    Equipment.SCREEN: N_("Screen"),
    Equipment.REMOTE_SEAT: N_("Remote evaluation seat"),
    Equipment.SIGN_IN: N_("Sign-in terminal"),
}

PARTS = {
    Part.OFFICER: N_("Officer in charge"),
    Part.AUCTIONEER: N_("Auctioneer of the session"),
    Part.COMMITTEE: N_("Committee member"),
}

FEE_UNITS = {FeeUnit.HALF_DAY: N_("half day"), FeeUnit.HOUR: N_("hour")}

WEEKDAYS = (N_("Mon"), N_("Tue"), N_("Wed"), N_("Thu"), N_("Fri"), N_("Sat"), N_("Sun"))

HAPPENED = {
    "room_booked": N_("Booked"),
    "booking_moved": N_("Moved"),
    "booking_cancelled": N_("Cancelled"),
    "room_closed": N_("Closed"),
    "confidential_booking_viewed": N_("Looked at by office"),
    "recording_upload_begun": N_("Upload of a recording begun"),
    "recording_upload_dropped": N_("Upload of a recording dropped"),
    "recording_upload_expired": N_("Upload of a recording expired"),
    "recording_noted": N_("Recording kept elsewhere noted"),
    "recording_stored": N_("Recording stored"),
    "recording_downloaded": N_("Recording downloaded"),
}


def purpose_words(purpose: str) -> str:
    """What a room is booked for."""
    return _(PURPOSES[Purpose(purpose)])


def equipment_words(equipment: frozenset[Equipment]) -> str:
    """Equipment in a row, in its usual order."""
    return _(", ").join(_(EQUIPMENT[part]) for part in Equipment if part in equipment)


def fee_words(venue: VenueFacts) -> str:
    """What a room costs: `300.00 yuan per half day`."""
    if venue.fee.fen == 0:
        return _("Free of charge")
    return _("{amount} yuan per {unit}").format(amount=yuan(venue.fee), unit=_(FEE_UNITS[venue.fee_unit]))


def hours_words(venue: VenueFacts) -> str:
    """When a room is open: `08:30–18:00`."""
    return f"{clock(venue.opens_minute)}–{clock(venue.closes_minute)}"


def reasons_of(proposal: Proposal) -> list[str]:
    """Why a room is proposed, and what would stay unused."""
    venue = proposal.venue
    seats = {"capacity": venue.capacity, "spare": proposal.spare_seats}
    said = [_("Holds {capacity}, {spare} more than expected").format(**seats)]
    if proposal.is_usual:
        said.insert(0, _("The project was in this room before"))
    if venue.equipment:
        said.append(_("Has: {equipment}").format(equipment=equipment_words(venue.equipment)))
    said.append(_("Costs {amount} yuan").format(amount=yuan(proposal.fee)) if proposal.fee.fen else _("Free of charge"))
    if venue.set_up or venue.clearing:
        said.append(_("Set-up {before} min, clearing {after} min").format(**buffers(venue)))
    return said


def buffers(venue: VenueFacts) -> dict[str, Any]:
    """Set-up and clearing in minutes."""
    minute = timedelta(minutes=1)
    return {"before": venue.set_up // minute, "after": venue.clearing // minute}


def size_words(size_bytes: int) -> str:
    """A size of a file: `1.5 GB`, `12 MB`, `340 KB`; whole below ten of a kind never says more than one decimal."""
    for unit, power in (("GB", 3), ("MB", 2), ("KB", 1)):
        tenths = size_bytes * 10 // 1024**power
        if tenths >= 10:
            return f"{tenths // 10}.{tenths % 10} {unit}"
    return f"{size_bytes} B"


def upload_commands(address: str, file_name: str, offset: int) -> str:
    """How a shell asks where an upload stands, and goes on with it. A file's name can do nothing there."""
    headers = f"-H 'Content-Type: application/offset+octet-stream' -H 'Upload-Offset: {offset}'"
    tail = f"tail -c +{offset + 1} -- {shlex.quote(file_name)}"
    return f"curl -I {address}\n{tail} | curl -X PATCH --data-binary @- {headers} {address}"
