"""Use cases of parallel review, as other rooms and the demonstration reach them."""

from trading.reviews.cases import Platform, hand_in
from trading.reviews.deciding import agree, extend, object_to
from trading.reviews.departments import add_department, assign, read_limit, set_in_service, set_member
from trading.reviews.lapsing import run_clocks
from trading.reviews.lookups import cases_of, department_of, departments, newest_case, parts_of, running_cases
from trading.reviews.meetings import Call, call_meeting, cancel_meeting, record_attendance
from trading.reviews.requesting import add_item, answer_items, finish_looking, take_item_back

__all__ = [
    "Call",
    "Platform",
    "add_department",
    "add_item",
    "agree",
    "answer_items",
    "assign",
    "call_meeting",
    "cancel_meeting",
    "cases_of",
    "department_of",
    "departments",
    "extend",
    "finish_looking",
    "hand_in",
    "newest_case",
    "object_to",
    "parts_of",
    "read_limit",
    "record_attendance",
    "run_clocks",
    "running_cases",
    "set_in_service",
    "set_member",
    "take_item_back",
]
