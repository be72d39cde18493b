"""电子票据沙箱：a small issuing platform."""
