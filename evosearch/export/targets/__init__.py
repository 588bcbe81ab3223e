"""What programs can be exported to: one file a target."""
