"""Live land auctions: the rules, the settling of bids, and the rooms where people follow and bid."""
