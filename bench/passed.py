"""Where one value of Redis is passed through, and which."""

PATH = "/api/v1/passed-through"
KEY = "guahao:bench:passed-through"
