"""Archives: their kinds, their members, and the encoding of the members' names."""
