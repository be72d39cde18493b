"""A hospital information system that is told twice: while one interface takes the other's place, both are fed."""

from collections.abc import Sequence

from hospital_app.domain.his import HisChange
from hospital_app.ports import HisGateway


class SeveralHis:
    """HisGateway of several. If one of them fails all are told again, which is harmless to the others."""

    def __init__(self, gateways: Sequence[HisGateway]) -> None:
        self._gateways = gateways

    def send(self, change: HisChange) -> None:
        for gateway in self._gateways:
            gateway.send(change)
