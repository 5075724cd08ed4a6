"""Trials on other machines: how their jobs, files and events travel, whatever starts them there."""
