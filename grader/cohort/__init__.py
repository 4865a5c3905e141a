"""Grade many submissions at once: on this machine's cores or on other machines."""
