"""HTTP/1.1 without I/O: request targets, header hygiene, the PROXY protocol."""
