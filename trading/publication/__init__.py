"""Unified publication: announcements that are written once, and the public pages of projects and lots."""
