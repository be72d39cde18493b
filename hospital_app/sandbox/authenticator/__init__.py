"""验证器沙箱：a pretended phone with an authenticator app, for who has none at hand."""
