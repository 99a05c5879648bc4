"""All kinds of projects with their forms, and the rule profiles under which each may be entered. Pure data."""

from collections.abc import Mapping
from types import MappingProxyType

from trading.projects.kinds.land import LAND
from trading.projects.kinds.mining import MINING
from trading.projects.kinds.parts import Field, KindForm
from trading.projects.kinds.procurement import PROCUREMENT
from trading.projects.kinds.property_rights import PROPERTY
from trading.projects.kinds.selections import AGENCY_SELECTION, FIXED_PRICE_SELECTION, OTHER
from trading.projects.kinds.works import WORKS
from trading.projects.profile_types import RuleProfile
from trading.projects.profiles import (
    DEMONSTRATION,
    FUJIAN_TIMED,
    MINING_RIGHTS,
    NATIONAL_AUCTION,
    PROPERTY_MOVABLES,
    PROPERTY_ONLINE,
    SUZHOU_TIMED,
)
from trading.projects.purchase_profiles import PURCHASE_PROFILES, PurchaseProfile
from trading.projects.rules import ProjectKind

KIND_FORMS: Mapping[ProjectKind, KindForm] = MappingProxyType(
    {
        form.kind: form
        for form in (
            LAND,
            MINING,
            PROPERTY,
            PROCUREMENT,
            WORKS,
            AGENCY_SELECTION,
            FIXED_PRICE_SELECTION,
            OTHER,
        )
    }
)

_OF_SALES: Mapping[ProjectKind, tuple[RuleProfile, ...]] = MappingProxyType(
    {
        ProjectKind.LAND: (NATIONAL_AUCTION, SUZHOU_TIMED, FUJIAN_TIMED, PROPERTY_ONLINE, DEMONSTRATION),
        ProjectKind.MINING: (MINING_RIGHTS, DEMONSTRATION),
        ProjectKind.PROPERTY: (PROPERTY_ONLINE, PROPERTY_MOVABLES, DEMONSTRATION),
    }
)


def sale_profiles(kind: ProjectKind, *, demonstration: bool) -> dict[str, RuleProfile]:
    """The profiles under which a sale of this kind may be entered; the demonstration's own only in a demonstration."""
    found = _OF_SALES.get(kind, ())
    return {profile.name: profile for profile in found if demonstration or not profile.is_demonstration}


def purchase_profiles(kind: ProjectKind, *, demonstration: bool) -> dict[str, PurchaseProfile]:
    """The profiles under which a purchase of this kind may be entered."""
    found = PURCHASE_PROFILES.values()
    return {
        profile.name: profile
        for profile in found
        if kind in profile.kinds and (demonstration or not profile.is_demonstration)
    }


def profiles_of(kind: ProjectKind, *, demonstration: bool) -> Mapping[str, RuleProfile | PurchaseProfile]:
    """The profiles that may be chosen for a kind."""
    if kind.is_sale:
        return sale_profiles(kind, demonstration=demonstration)
    return purchase_profiles(kind, demonstration=demonstration)


def field_of(kind: ProjectKind, name: str) -> Field | None:
    """The declaration of a field by its name on the form, or by the name of its fact; None when there is none."""
    form = KIND_FORMS[kind]
    plain = name.partition("_")[2] if name.startswith("lot") and name[3:4].isdigit() else name
    fields = (*form.own_fields, *(form.lot.fields if form.lot is not None else ()))
    return next((field for field in fields if field.name == plain), None)
