"""What can be born and how it varies: one package per kind of genome."""
