"""The demonstration: people, lots and deals that are plainly invented, and the processes that keep them alive."""
