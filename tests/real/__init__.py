"""The main job on real input: nothing lost, nothing doubled, and how fast."""
