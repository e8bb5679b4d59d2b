"""File formats of colored pages: pictures, layers, and comic archives."""
