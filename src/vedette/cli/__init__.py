"""The command line, `vedette`."""
