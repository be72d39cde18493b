"""`python -m hospital_app rotate-keys`: seals everything with the current key; see docs/operation.md."""

from cryptography.exceptions import InvalidTag

from hospital_app.flows import rotation
from hospital_app.launch.by_hand import start_beside_the_house

INDEX = """HOSPITAL_INDEX_KEY cannot be rotated, and nothing was changed.
It makes the blind indexes by which accounts are found by phone, patients by document, and WeChat or Alipay links by
their id. With another key nobody would be found again: every sign-in would open a new, empty account, and one person
would become two. It protects nothing by itself, since whoever has only this key can open no stored value. Keep it as
secret and as long as the database; if it has leaked, whoever also has a copy of the database can test guesses against
it, so treat that as a breach, and move to a new database with a new key (export, import) rather than changing it here.
"""


def rotate_keys(arguments: list[str]) -> int:
    """0: nothing is left under an old key; 1: something is, and the report says under which; 2: not understood."""
    if arguments == ["--index"]:
        print(INDEX)
        return 2
    if arguments:
        print("usage: python -m hospital_app rotate-keys [--index]")
        return 2
    settings = start_beside_the_house()
    try:
        left = rotation.rotate(lambda name, changed: print(f"rotate-keys: {name}: {changed} rows sealed anew"))
    except KeyError as missing:
        print(
            f"rotate-keys: key {missing} is needed to open what it sealed: put it back into HOSPITAL_ENCRYPTION_KEYS."
        )
        return 1
    except InvalidTag:
        print("rotate-keys: a stored value was not sealed with the key of its id. Nothing of that batch was changed.")
        return 1
    rotation.record(left)
    for key_id, number in left.items():
        print(f"rotate-keys: {number} values are still sealed with {key_id}: run it again, and keep that key.")
    if not left:
        print(f"rotate-keys: everything is sealed with {settings.encryption_key_id}; older keys are needed no more.")
    return 1 if left else 0
