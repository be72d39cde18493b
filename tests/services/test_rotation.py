"""密钥轮换: nothing is lost, nothing is left behind, and nobody who writes meanwhile is overwritten."""

import json
from collections.abc import Callable, Iterator

import pytest
from sqlalchemy import select, text
from sqlmodel import col

from hospital_app.domain.identity import SYSTEM
from hospital_app.flows import rotation as flow
from hospital_app.flows.reading import look
from hospital_app.flows.unit import perform
from hospital_app.launch.rotate import rotate_keys
from hospital_app.models.identity import Account, Patient
from hospital_app.models.operation import OutboxRow
from hospital_app.services import rotation
from hospital_app.settings import get_settings
from hospital_app.vault import vault
from hospital_app.work import Work
from tests.conftest import TEST_ENVIRONMENT, key_of
from tests.support.builders import people
from tests.support.house import House
from tests.support.race import race

OLD = json.loads(TEST_ENVIRONMENT["HOSPITAL_ENCRYPTION_KEYS"])
NEW = {"next_%": key_of(b"the next one in tests only, 32 b")}


@pytest.fixture
def keys(monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[..., None]]:
    """Puts these keys into use, the last one as the current."""

    def use(*sets: dict[str, str]) -> None:
        together = {name: key for each in sets for name, key in each.items()}
        monkeypatch.setenv("HOSPITAL_ENCRYPTION_KEYS", json.dumps(together))
        monkeypatch.setenv("HOSPITAL_ENCRYPTION_KEY_ID", list(together)[-1])
        get_settings.cache_clear()
        vault.cache_clear()

    yield use
    monkeypatch.undo()
    get_settings.cache_clear()
    vault.cache_clear()


def texts(house: House, table: str = "patient", column: str = "name") -> list[str]:
    with house.sessions() as session:
        return list(session.scalars(text(f"SELECT {column} FROM {table} ORDER BY id")))


def rotate(batch: int = 3) -> dict[str, int]:
    return flow.rotate(lambda *_: None, batch=batch)


def test_every_table_with_sealed_columns_is_known() -> None:
    names = {sealed.name: sealed.columns for sealed in rotation.sealed_tables()}
    assert names["patient"] == ("name", "document_number", "insurance_number") and "phone" in names["account"]
    assert {"staff", "ceremony", "linked_identity"} <= set(names)


def test_everything_is_sealed_anew_and_reads_the_same(house: House, keys: Callable[..., None]) -> None:
    pairs = people(house.sessions, 10)
    house.do(lambda work: work.later("sms.send", phone_sealed=vault().encrypt("13800138000"), code_id=1))
    before = texts(house)
    keys(OLD, NEW)
    owed = look(SYSTEM, rotation.remaining)
    assert owed == {"test": 31}  # 10 phones, 10 names, 10 documents, and the message on its way
    assert rotate() == {}
    after = texts(house)
    assert all(sealed.startswith("next_%:") for sealed in [*after, *texts(house, "account", "phone")])
    assert not set(before) & set(after)
    keys(NEW)  # the old key is gone
    with house.sessions() as session:
        assert {patient.name for patient in session.scalars(select(Patient))} == {"李强"}
        assert len({account.phone for account in session.scalars(select(Account))}) == len(pairs)
        payload = json.loads(session.scalars(select(col(OutboxRow.payload))).one())
    assert vault().decrypt(payload["phone_sealed"]) == "13800138000" and payload["code_id"] == 1
    assert texts(house) == after and rotate() == {} and texts(house) == after


def test_it_goes_on_where_it_was_ended(house: House, keys: Callable[..., None]) -> None:
    people(house.sessions, 7)
    keys(OLD, NEW)
    patients = next(sealed for sealed in rotation.sealed_tables() if sealed.name == "patient")
    first = perform(SYSTEM, rotation.rotate_rows, sealed=patients, after=None, limit=3)
    assert first.changed == 3 and first.last is not None
    assert sum(sealed.startswith("next_%:") for sealed in texts(house)) == 3
    done = {sealed for sealed in texts(house) if sealed.startswith("next_%:")}
    assert rotate() == {} and done < set(texts(house))


def test_who_writes_meanwhile_is_not_overwritten(house: House, keys: Callable[..., None]) -> None:
    (_, patient_id), _ = people(house.sessions, 2)
    keys(OLD, NEW)
    patients = next(sealed for sealed in rotation.sealed_tables() if sealed.name == "patient")
    written, seal = vault().encrypt("张三丰"), rotation._anew

    def one(work: Work) -> rotation.Batch:
        def while_somebody_writes(sealed: str) -> str:
            """Between the reading of the row and the writing, its text becomes another one."""
            renaming = text("UPDATE patient SET name = :name WHERE id = :id")
            work.session.execute(renaming, {"name": written, "id": patient_id})
            return seal(sealed)

        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(rotation, "_anew", while_somebody_writes)
            return rotation.rotate_rows(work, sealed=patients, after=None, limit=1)

    assert house.do(one).changed == 0
    with house.sessions() as session:
        assert session.get_one(Patient, patient_id).name == "张三丰"
    assert rotate() == {}
    with house.sessions() as session:
        assert session.get_one(Patient, patient_id).name == "张三丰"


def test_writers_and_the_rotation_at_once(mariadb_house: House, keys: Callable[..., None]) -> None:
    pairs = people(mariadb_house.sessions, 20)
    keys(OLD, NEW)

    def rename(patient_id: int) -> None:
        with mariadb_house.sessions.begin() as session:
            row = session.get_one(Patient, patient_id, with_for_update=True)
            row.name = f"新名{patient_id}"

    jobs: list[Callable[[], object]] = [lambda: rotate(2), lambda: rotate(5)]
    jobs += [lambda patient_id=patient_id: rename(patient_id) for _, patient_id in pairs[::2]]  # type: ignore[misc]
    answers = race(jobs, lambda job: job())
    assert not [answer for answer in answers if isinstance(answer, Exception)]
    assert rotate() == {}
    with mariadb_house.sessions() as session:
        names = {row.id: row.name for row in session.scalars(select(Patient))}
    assert [names[patient_id] for _, patient_id in pairs[::2]] == [f"新名{patient_id}" for _, patient_id in pairs[::2]]
    assert {names[patient_id] for _, patient_id in pairs[1::2]} == {"李强"}


def test_the_command_says_what_is_left(
    sqlite_house: House, keys: Callable[..., None], capsys: pytest.CaptureFixture[str]
) -> None:
    people(sqlite_house.sessions, 2)
    keys(NEW)
    assert rotate_keys([]) == 1 and "'test' is needed" in capsys.readouterr().out
    keys(OLD, NEW)
    assert rotate_keys([]) == 0
    said = capsys.readouterr().out
    assert "patient: 2 rows" in said and "needed no more" in said
    assert rotate_keys(["--index"]) == 2 and "cannot be rotated" in capsys.readouterr().out
    assert rotate_keys(["--all"]) == 2
