"""The kinds of projects: what each asks, and how its form is judged."""
