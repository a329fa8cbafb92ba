"""Tables of the valleys system."""
