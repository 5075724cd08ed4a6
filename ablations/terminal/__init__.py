"""What is drawn on the terminal; the only user of rich."""
