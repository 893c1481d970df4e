"""3. What exactly was said, and can we prove it?"""
