"""Two and more runs side by side: ratios inside each run first, absolute figures last."""
