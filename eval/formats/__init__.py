"""File formats of colored pages: pictures, layers, and comic archives."""

SOFTWARE = 'comic-colorizer'  # what files name as the program that wrote them
