"""What flows wait for. A target is its own process on another core, and keeps its own count: the referee."""
