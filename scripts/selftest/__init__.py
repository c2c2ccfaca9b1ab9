"""The suite's judgement of itself: see __main__.py."""
