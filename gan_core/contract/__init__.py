"""What every record in a registry has to keep to, as checks that take the record: ours and a stranger's alike."""
