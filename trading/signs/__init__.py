"""Signs of collusion: looks at rivals' payers, devices, addresses, papers and bids, and raises alerts."""
