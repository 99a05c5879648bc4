"""What each way of selling adds to `auction.rules`, one pure module each."""
