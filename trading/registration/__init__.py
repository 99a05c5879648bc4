"""Registration: a unit asks to take part in a lot, and gets its plate once its deposit is there (报名)."""
