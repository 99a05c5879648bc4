"""Time limits: every limit that runs for a project, from which fact, until when, who must act."""
