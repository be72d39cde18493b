"""参保信息: transaction 1101 人员信息获取."""

from collections.abc import Mapping
from typing import Any

from hospital_app import clock
from hospital_app.adapters.insurance_gateway import InsuranceGateway
from hospital_app.domain.calendar import local
from hospital_app.domain.insurance import CERT_TYPES, Claim, Enrolment, InsuredPerson
from hospital_app.ports import Rejected, Unreachable

BY_ID, BY_CARD = "02", "03"  # mdtrt_cert_type: 身份证, 社保卡


class NationalRegistry:
    """InsuranceRegistry over the national interface."""

    def __init__(self, gateway: InsuranceGateway) -> None:
        self._gateway = gateway

    def person(self, claim: Claim) -> InsuredPerson | None:
        by_id = claim.insurance_number == claim.document_number
        asked = {
            "mdtrt_cert_type": BY_ID if by_id else BY_CARD,
            "mdtrt_cert_no": claim.insurance_number,
            "card_sn": "",
            "begntime": f"{local(clock.now()):%Y-%m-%d %H:%M:%S}",
            "psn_cert_type": CERT_TYPES[claim.document_kind],
            "certno": claim.document_number,
            "psn_name": claim.name,
        }
        try:
            output = self._gateway.call("1101", {"data": asked})
        except Rejected:
            return None  # the bureau's own words repeat what was asked: they are not kept
        try:
            return _person(output)
        except (KeyError, TypeError, AttributeError) as failure:
            raise Unreachable("insurance: 1101 answered without what it must") from failure


def _person(output: Mapping[str, Any]) -> InsuredPerson:
    base = output["baseinfo"]
    return InsuredPerson(
        person_no=str(base["psn_no"]),
        name=str(base["psn_name"]),
        document_number=str(base["certno"]),
        enrolments=[
            Enrolment(str(row["insuplc_admdvs"]), str(row["psn_insu_stas"]), str(row.get("insutype", "")))
            for row in output.get("insuinfo") or []
        ],
    )
