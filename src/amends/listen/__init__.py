"""1. Did somebody speak to us or of us?"""
