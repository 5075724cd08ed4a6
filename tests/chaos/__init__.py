"""Random kills and signals over real studies."""
