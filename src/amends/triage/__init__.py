"""2. What is it, how serious, and whose?"""
