"""Parallel review (并联审批): several departments review an entry at once, each within its own promised limit."""
