"""症状表：reading and replacing it."""

from collections.abc import Sequence

from sqlalchemy import delete, insert, select
from sqlmodel import col

from hospital_app.domain import authority
from hospital_app.domain.authority import Right
from hospital_app.domain.triage import Flag, SymptomWeight
from hospital_app.models.hospital import Symptom, SymptomFlag
from hospital_app.work import Work


def replace_table(work: Work, *, weights: Sequence[SymptomWeight], flags: Sequence[Flag]) -> None:
    """整表更新：the whole table and its flags, all or nothing."""
    authority.check(work.actor, Right.SET_RULES)
    work.session.execute(delete(Symptom))
    work.session.execute(delete(SymptomFlag))
    if weights:
        work.session.execute(
            insert(Symptom),
            [
                {"name": w.symptom, "department_code": w.department_code, "weight_percent": w.weight_percent}
                for w in weights
            ],
        )
    if flags:
        work.session.execute(
            insert(SymptomFlag), [{"name": f.symptom, "flag": f.flag, "advice": f.advice} for f in flags]
        )
    work.record("symptoms.replace", "symptoms", weights=len(weights), flags=len(flags))


def weights(work: Work) -> list[SymptomWeight]:
    rows = work.session.execute(
        select(col(Symptom.name), col(Symptom.department_code), col(Symptom.weight_percent)).order_by(col(Symptom.id))
    )
    return [SymptomWeight(*row) for row in rows]


def flags(work: Work) -> list[Flag]:
    rows = work.session.execute(
        select(col(SymptomFlag.name), col(SymptomFlag.flag), col(SymptomFlag.advice)).order_by(col(SymptomFlag.name))
    )
    return [Flag(*row) for row in rows]
