"""Everything that other rooms may ask of deposits, and where it is done.

Coming in: `trading.deposits.receiving`. Going back: `trading.deposits.refunding`. After the hammer:
`trading.deposits.settling`. Finding: `trading.deposits.lookups`.
"""

from trading.deposits.forfeiting import hold_after_voiding
from trading.deposits.lookups import (
    Amounts,
    Today,
    Whereabouts,
    payouts_without_refund,
    receipts_of_lot,
    receipts_since,
    refunds_done,
    refunds_failed,
    refunds_in,
    refunds_of_lot,
    today,
    whereabouts,
)
from trading.deposits.receiving import (
    expect_deposit,
    handle_bank_event,
    open_deposit_account,
    open_missing_accounts,
    reconcile,
)
from trading.deposits.refunding import (
    Batch,
    approve_refunds,
    ask_about_sent,
    release_refunds,
    request_again,
    send_released,
)
from trading.deposits.settling import settle_lot

__all__ = [
    "Amounts",
    "Batch",
    "Today",
    "Whereabouts",
    "approve_refunds",
    "ask_about_sent",
    "expect_deposit",
    "handle_bank_event",
    "hold_after_voiding",
    "open_deposit_account",
    "open_missing_accounts",
    "payouts_without_refund",
    "receipts_of_lot",
    "receipts_since",
    "reconcile",
    "refunds_done",
    "refunds_failed",
    "refunds_in",
    "refunds_of_lot",
    "release_refunds",
    "request_again",
    "send_released",
    "settle_lot",
    "today",
    "whereabouts",
]
