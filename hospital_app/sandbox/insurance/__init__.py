"""医保局沙箱: the national insurance interface, one file for each transaction it speaks."""
