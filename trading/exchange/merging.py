"""Merging the releases of a process into its present state, by the rules of OCDS 1.1. Pure.

A value takes the place of the one before it; objects are merged member by member; lists of objects that all have an
`id` are merged object by object, other lists are replaced; null takes a value away.
Source: https://standard.open-contracting.org/1.1/en/schema/merging/
"""

from collections.abc import Sequence
from typing import Any

Json = dict[str, Any]


def compiled_release(releases: Sequence[Json]) -> Json:
    """The state after all `releases` of one process, in the order of their dates. There must be one."""
    ordered = sorted(releases, key=lambda release: release["date"])
    merged: Json = {}
    for release in ordered:
        merged = _merge(merged, release)
    last = ordered[-1]
    return merged | {"id": f"{last['ocid']}-{last['date']}", "date": last["date"], "tag": ["compiled"]}


def record_of(releases: Sequence[Json]) -> Json:
    """The record of a process: its releases and what they come to."""
    return {"ocid": releases[0]["ocid"], "releases": list(releases), "compiledRelease": compiled_release(releases)}


def _merge(old: Json, new: Json) -> Json:
    merged = dict(old)
    for name, value in new.items():
        if value is None:
            merged.pop(name, None)
        elif isinstance(value, dict):
            before = merged.get(name)
            merged[name] = _merge(before if isinstance(before, dict) else {}, value)
        elif _is_of_objects(value):
            before = merged.get(name)
            merged[name] = _merge_lists(before if _is_of_objects(before) else [], value)
        else:
            merged[name] = value
    return merged


def _merge_lists(old: Any, new: Any) -> list[Json]:
    by_id = {each["id"]: each for each in old}
    for each in new:
        by_id[each["id"]] = _merge(by_id.get(each["id"], {}), each)
    return list(by_id.values())


def _is_of_objects(value: Any) -> bool:
    return isinstance(value, list) and bool(value) and all(isinstance(each, dict) and "id" in each for each in value)
