"""One file per outside thing; only the `main.py` of a process wires them."""
