"""The bench: what assay takes for its work, beside what others take for the same, in one run."""
