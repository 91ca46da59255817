"""What administrators do, shared by the console, the API and the command line."""
