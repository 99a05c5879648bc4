"""Venues (场地统一安排): rooms of the centre, their bookings, and the recordings made in them."""
