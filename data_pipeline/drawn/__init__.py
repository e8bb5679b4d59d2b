"""Parts of drawn comics: canvas, grounds, lettering, balloons, figures, what panels show, and layouts of pages."""
