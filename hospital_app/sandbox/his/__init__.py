"""HIS 沙箱：a small FHIR R4 server."""
