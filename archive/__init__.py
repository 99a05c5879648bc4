"""Archived documents: letters as PDF, dossiers as signed-off bundles, and the offline verifier."""
