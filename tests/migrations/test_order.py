"""Two hands may write the next migration at the same time: then one of them must go behind the other."""

from alembic.script import ScriptDirectory

from tests.support import database


def test_the_migrations_stand_in_one_line() -> None:
    scripts = ScriptDirectory.from_config(database.migrations("sqlite://"))
    assert len(scripts.get_heads()) == 1
    revisions = [script.revision for script in reversed(list(scripts.walk_revisions()))]
    assert revisions == [f"{number + 1:04d}" for number in range(len(revisions))]
