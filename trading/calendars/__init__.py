"""Holidays and make-up working days that two administrators have entered from a notice."""
