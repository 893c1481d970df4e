"""4. What do we say, may we say it, was it said once?"""
