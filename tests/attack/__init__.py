"""Bad input and bad hands: what is broken is named and kept, what was tampered with is found."""
