"""Reference trainers of Assay: one command, five families, the contract in README.md."""
