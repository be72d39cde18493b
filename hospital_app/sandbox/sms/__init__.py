"""短信沙箱：takes messages by HTTP and shows them on a page."""
