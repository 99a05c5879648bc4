"""The public report: value added and savings of a period, on a page and for programs."""
