"""演示医院: `python -m hospital_app seed` fills an empty database. What and why: docs/seed.md."""

from hospital_app.seed.build import seed

__all__ = ["seed"]
