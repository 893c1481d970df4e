"""6. Is it an isolated case, and what do we learn?"""
