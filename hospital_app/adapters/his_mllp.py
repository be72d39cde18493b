"""医院信息系统 over HL7 v2.5.1, MLLP on a socket, UTF-8."""

import socket
import ssl
from contextlib import closing

import hl7

from hospital_app import clock
from hospital_app.domain import hl7v2
from hospital_app.domain.his import HisChange
from hospital_app.ports import Rejected, Silent, Unreachable

START, END = b"\x0b", b"\x1c\r"
LONGEST_ANSWER_BYTES = 1 << 16
ACCEPTED, REFUSED = {"AA", "CA"}, {"AR", "CR"}


class MllpHis:
    """HisGateway over MLLP; one instance serves all threads, a connection for each change."""

    def __init__(
        self, host: str, port: int, *, receiver: str = "HIS", tls: bool = False, timeout_seconds: float = 5
    ) -> None:
        """`receiver`: MSH-5, the name of the receiving application."""
        self._address = (host, port)
        self._receiver = receiver
        self._tls = ssl.create_default_context() if tls else None
        self._timeout = timeout_seconds

    def send(self, change: HisChange) -> None:
        """One message after the other, each acknowledged: AA goes on, AE comes again later, AR is for people."""
        told = hl7v2.messages(change, receiver=self._receiver, sent_at=clock.now())
        if not told:
            return
        try:
            with closing(self._connect()) as connection:
                for message in told:
                    self._exchange(connection, message)
        except TimeoutError as failure:
            raise Silent("HIS: no acknowledgement") from failure
        except OSError as failure:
            raise Unreachable(f"HIS: {type(failure).__name__}") from failure

    def _connect(self) -> socket.socket:
        plain = socket.create_connection(self._address, self._timeout)
        return plain if self._tls is None else self._tls.wrap_socket(plain, server_hostname=self._address[0])

    def _exchange(self, connection: socket.socket, message: str) -> None:
        connection.sendall(START + message.encode() + END)
        answer = b""
        while not answer.endswith(END):
            part = connection.recv(4096)
            if not part or len(answer) > LONGEST_ANSWER_BYTES:
                raise Unreachable("HIS: the connection ended before the acknowledgement")
            answer += part
        _check(answer.removeprefix(START).removesuffix(END), str(hl7.parse(message).segment("MSH")[10]))


def _check(answer: bytes, control_id: str) -> None:
    """Raises Unreachable for AE and for what is no acknowledgement of this message, Rejected for AR."""
    try:
        acknowledgement = hl7.parse(answer.decode()).segment("MSA")
        code, about = str(acknowledgement[1]), str(acknowledgement[2])
        detail = str(acknowledgement[3]) if len(acknowledgement) > 3 else ""
    except (UnicodeDecodeError, hl7.HL7Exception, KeyError, IndexError) as failure:
        raise Unreachable("HIS: the answer is no acknowledgement") from failure
    if about != control_id:
        raise Unreachable("HIS: the acknowledgement is of another message")
    if code in REFUSED:
        raise Rejected(code, detail)
    if code not in ACCEPTED:
        raise Unreachable(f"HIS: {code} {detail}".rstrip())
