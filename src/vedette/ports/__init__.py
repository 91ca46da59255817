"""What the road needs from outside, one Protocol per file."""
