"""Starting the house: what `make run` does, from an empty directory to an address that answers."""
