"""Claims: statements about tricks, as comparisons that a study can answer."""
