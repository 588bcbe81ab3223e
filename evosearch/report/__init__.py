"""Report: what a campaign found, as Markdown and as one HTML file."""
