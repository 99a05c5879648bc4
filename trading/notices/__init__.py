"""Notices to people and to roles: what needs them now, with a mark once it was read."""
