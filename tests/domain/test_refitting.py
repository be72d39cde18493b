from hospital_app.domain.refitting import Place, Refit, Standing, refit
from hospital_app.domain.schedule import Channel

ONLINE, REFERRAL, ONSITE = Channel.ONLINE, Channel.REFERRAL, Channel.ONSITE


def places(marks: str, channels: str = "") -> list[Place]:
    """One letter each: f free, t taken, c closed; o r s for the channel."""
    standings = {"f": Standing.FREE, "t": Standing.TAKEN, "c": Standing.CLOSED}
    kinds = {"o": ONLINE, "r": REFERRAL, "s": ONSITE}
    channels = channels or "o" * len(marks)
    return [
        Place(at + 1, at + 1, standings[m], kinds[c]) for at, (m, c) in enumerate(zip(marks, channels, strict=True))
    ]


def test_more_numbers_are_added_and_nothing_else() -> None:
    assert refit(places("tff"), [ONLINE] * 5) == Refit((ONLINE, ONLINE), (), (), 0)


def test_fewer_numbers_take_closed_ones_then_the_last_free_ones() -> None:
    assert refit(places("ftcff"), [ONLINE] * 3) == Refit((), (3, 5), (), 0)


def test_what_somebody_has_stays_and_is_counted() -> None:
    assert refit(places("ttf"), [ONLINE]) == Refit((), (3,), (), 1)
    assert refit(places("ttt"), []) == Refit((), (), (), 3)


def test_free_numbers_take_the_channels_that_are_left() -> None:
    assert refit(places("tff"), [ONLINE, REFERRAL, ONSITE]) == Refit((), (), ((2, REFERRAL), (3, ONSITE)), 0)
    assert refit(places("ftf", "oro"), [ONLINE, REFERRAL, ONLINE]) == Refit((), (), (), 0)
    assert refit(places("ttt"), [REFERRAL, ONLINE, ONLINE, ONSITE]) == Refit((ONSITE,), (), (), 0)
