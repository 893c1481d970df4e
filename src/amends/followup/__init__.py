"""5. Did we do what we said, in time, and are they satisfied?"""
