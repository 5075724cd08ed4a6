"""Scoring what exists already: a run's generator, a file of weights, pictures made elsewhere; and floors."""
