"""Tests of the hall's screens."""
