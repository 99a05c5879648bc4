"""The platform of a public resource trading centre: the six unifieds, and the application that composes everything."""
