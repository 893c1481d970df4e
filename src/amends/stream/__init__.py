"""How work passes between processes: put, take with a lease, done, give back."""
