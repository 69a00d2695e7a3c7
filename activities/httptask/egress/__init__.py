"""Which addresses calls may go to."""
