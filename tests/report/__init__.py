"""What a run looks like: its document, charts, page and card."""
