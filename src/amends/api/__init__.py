"""The door for programs: REST with django-ninja. It asks `store.queries`, calls the desk, shows the answer."""
