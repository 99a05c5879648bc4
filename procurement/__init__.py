"""Procurement: methods of buying and the recording of what came out of them."""
