"""Pages and htmx fragments. A view asks, calls the desk, shows the answer."""
