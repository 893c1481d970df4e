"""What is shown and what is asked for. Views are thin: a named read, or a call to the desk."""
