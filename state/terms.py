"""退号改签规则 in words, from the numbers that the policy really uses."""

from hospital_app.catalogue import say
from hospital_app.domain.policy import Rules


def terms(rules: Rules, lang: str) -> list[str]:
    """One sentence for each tier, the kindest first, and one on rescheduling."""
    lines = []
    above = 0
    for tier in sorted(rules.cancel_tiers, key=lambda tier: -tier.hours_before):
        lines.append(_tier(lang, low=tier.hours_before, high=above, percent=tier.percent))
        above = tier.hours_before
    return [*lines, say("每张挂号单可改签 {count} 次", lang, count=rules.changes_per_appointment)]


def release_note(rules: Rules, lang: str) -> str:
    return say("每天 {at} 放出第 {days} 天的号，先到先得", lang, at=f"{rules.release:%H:%M}", days=rules.horizon_days)


def refund_note(rules: Rules, lang: str) -> str:
    """Until when cancelling is free of charge."""
    free = [tier.hours_before for tier in rules.cancel_tiers if tier.percent == 0]
    return say("就诊前 {low} 小时以上退号，全额退款", lang, low=min(free)) if free else ""


def _tier(lang: str, *, low: int, high: int, percent: int) -> str:
    if percent == 0:
        return say("就诊前 {low} 小时以上退号：全额退款", lang, low=low)
    if low > 0:
        return say("就诊前 {low}–{high} 小时退号：扣自付部分的 {percent}%", lang, low=low, high=high, percent=percent)
    return say("就诊前 {high} 小时内退号：扣自付部分的 {percent}%；开诊后不退", lang, high=high, percent=percent)
