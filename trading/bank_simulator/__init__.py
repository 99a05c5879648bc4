"""A bank to play with: a separate process with a ledger, a signed API, callbacks, and a page for demonstration payers.

It shares nothing with the platform but the vocabulary `trading.deposits.bank_messages`. No real money is near it.
"""
