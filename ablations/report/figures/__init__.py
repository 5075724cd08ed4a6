"""Drawing the report's numbers with matplotlib, without pyplot and its global state. Nothing is computed here."""
