from datetime import UTC, date, datetime, time

import pytest

from hospital_app.domain.schedule import Channel, Quotas, channels, opens_at

ON = date(2026, 11, 24)
NINE = datetime(2026, 11, 24, 1, tzinfo=UTC)


def spread(quotas: Quotas, *, periods: int = 8, per_period: int = 4) -> list[str]:
    """One word for each half hour: o online, r referral, s on-site."""
    letters = {Channel.ONLINE: "o", Channel.REFERRAL: "r", Channel.ONSITE: "s"}
    marks = [letters[channel] for channel in channels(periods=periods, per_period=per_period, quotas=quotas)]
    return ["".join(marks[at : at + per_period]) for at in range(0, len(marks), per_period)]


def test_without_quotas_every_number_is_for_everybody() -> None:
    assert spread(Quotas()) == ["oooo"] * 8


def test_what_is_kept_is_spread_evenly_and_last_in_its_half_hour() -> None:
    assert spread(Quotas(25, 0)) == ["ooor"] * 8
    assert spread(Quotas(20, 10)) == ["ooor", "ooos", "ooor", "ooor", "oosr", "ooor", "ooos", "ooor"]
    assert spread(Quotas(10, 20), per_period=2) == ["os", "oo", "or", "oo", "os", "or", "oo", "os"]


@pytest.mark.parametrize("referral", range(0, 91, 5))
@pytest.mark.parametrize("onsite", (0, 10, 25))
@pytest.mark.parametrize(("periods", "per_period"), [(8, 1), (8, 3), (13, 2), (1, 5), (6, 20)])
def test_shares_are_exact_and_no_half_hour_keeps_more_than_one_above_another(
    referral: int, onsite: int, periods: int, per_period: int
) -> None:
    quotas = Quotas(referral, onsite)
    if not quotas.sound:
        return
    found = channels(periods=periods, per_period=per_period, quotas=quotas)
    total = periods * per_period
    assert len(found) == total
    assert abs(found.count(Channel.REFERRAL) - total * referral / 100) <= 0.5
    assert abs(found.count(Channel.ONSITE) - total * onsite / 100) <= 0.5
    kept = [sum(c is not Channel.ONLINE for c in found[at : at + per_period]) for at in range(0, total, per_period)]
    assert max(kept) - min(kept) <= 1


@pytest.mark.parametrize(
    ("quotas", "sound"), [((0, 0), True), ((60, 30), True), ((61, 30), False), ((-1, 0), False), ((0, -5), False)]
)
def test_something_remains_for_everybody(quotas: tuple[int, int], sound: bool) -> None:
    assert Quotas(*quotas).sound is sound


def test_unused_numbers_return_by_the_rules() -> None:
    def returns(channel: Channel) -> datetime | None:
        return opens_at(
            channel, on=ON, starts_at=NINE, release=time(7), referral_returns_days=1, onsite_returns_minutes=30
        )

    assert returns(Channel.ONLINE) is None
    assert returns(Channel.REFERRAL) == datetime(2026, 11, 22, 23, tzinfo=UTC)  # 07:00 of the day before
    assert returns(Channel.ONSITE) == datetime(2026, 11, 24, 0, 30, tzinfo=UTC)
