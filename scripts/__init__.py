"""What is run by hand, or by make; and `set_up`, which makes the environments that all else runs in."""
