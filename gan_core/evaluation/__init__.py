"""Scoring generators: metrics on features of an extractor, each score with the protocol that it was measured under."""
