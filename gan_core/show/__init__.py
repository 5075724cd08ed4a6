"""Pictures of a run, drawn from what lies in its folder, so that they can be drawn again at any time."""
