"""Claims: what somebody says of a trick, as a comparison that a study can answer."""
