"""Small helpers that stand alone."""
