"""The screens of the centre's hall: the board of today's sessions, and a screen to look things up by touching it."""
