"""Procurement: the results of tenders and selections, recorded as deals. Running them comes later."""
