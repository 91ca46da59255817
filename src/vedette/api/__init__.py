"""The admin API: everything that console and command line do, over HTTP."""
