"""Parts of drawn comics: the canvas, grounds, lettering and balloons, what panels show, and the layouts of pages."""
