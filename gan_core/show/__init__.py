"""Pictures of a run, drawn from the files in its folder, so that they can be drawn again at any time."""
