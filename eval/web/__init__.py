"""The page in the browser, to color a chapter on."""
