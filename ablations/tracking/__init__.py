"""From the journal on disk to a tracking server. The journal is the truth; what is here only copies it."""
