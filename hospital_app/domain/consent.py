"""单独同意：what is asked, and in which version. A changed wording takes a new version, and is asked again."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from types import MappingProxyType

from hospital_app.domain.errors import Refusal


class ConsentKind(StrEnum):
    """健康信息（个人信息保护法第 29 条）/ 监护人对未满 14 周岁儿童（第 31 条）."""

    HEALTH_DATA = "health-data"
    GUARDIAN = "guardian"


@dataclass(frozen=True, slots=True)
class Wording:
    """What somebody agrees to. Title and text are sentences of the catalogue."""

    version: str
    title: str
    text: str


WORDINGS: Mapping[ConsentKind, Wording] = MappingProxyType(
    {
        ConsentKind.HEALTH_DATA: Wording(
            version="2026-11",
            title="同意处理健康信息",
            text=(
                "为了挂号，本院需要处理您和就诊人的健康信息：挂哪个科、看哪位医生、何时就诊、候诊到哪一步。"
                "这些只用于挂号、候诊、支付和法律要求的留存，不做广告，也不给无关的人。"
                "您可以随时在“隐私与数据”里撤回；撤回后不能再预约新的号，已有的挂号照常使用。"
            ),
        ),
        ConsentKind.GUARDIAN: Wording(
            version="2026-11",
            title="监护人同意",
            text=(
                "我是孩子的父母或其他监护人，同意本院为挂号和就诊使用孩子的姓名、证件、出生日期和健康信息。"
                "我可以随时在“隐私与数据”里撤回；撤回后不能再为孩子预约新的号，已有的挂号照常使用。"
            ),
        ),
    }
)


def consent_required() -> Refusal:
    wording = WORDINGS[ConsentKind.HEALTH_DATA]
    return Refusal(
        "consent_required",
        "预约前需要您单独同意处理健康信息，同意后即可继续预约。",
        extra={"kind": ConsentKind.HEALTH_DATA.value, "version": wording.version},
    )
