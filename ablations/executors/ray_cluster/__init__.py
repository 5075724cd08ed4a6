"""Trials on the machines of a Ray cluster. The only Ray; it is imported when this executor was chosen."""
