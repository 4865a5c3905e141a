"""Static pages: one HTML file each, with no script and no request to anywhere (see `html`)."""
