"""审计链：each link is a keyed hash over the link before it and one entry.

So nobody without the key can change, remove, insert or move an entry unseen; `Walk` says which it was.
"""

import hmac
import json
from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from datetime import datetime
from hashlib import sha256

#: What the first link of all is tied to.
GENESIS = "0" * 64
#: Entries by which the house itself speaks about the chain.
SUBJECT = "audit-chain"
RETIRED, VERIFIED = "audit.retired", "audit.verified"
#: More broken links than these are counted and not compared with each other.
SUSPECTS_KEPT = 100


@dataclass(frozen=True, slots=True)
class Entry:
    """An audit entry as it is sealed."""

    id: int
    at: datetime
    actor: str
    role: str
    address: str
    action: str
    subject: str
    detail: str


@dataclass(frozen=True, slots=True)
class Link:
    """One link as stored. `entry` is None when it is gone."""

    seq: int
    entry_id: int
    hash: str
    sealed_at: datetime
    entry: Entry | None


@dataclass(frozen=True, slots=True)
class Fault:
    """`kind`: changed removed inserted reordered missing beginning; `seq` 0: of the chain as a whole."""

    kind: str
    seq: int
    entry_id: int
    text: str


def link_hash(key: bytes, previous: str, entry: Entry, sealed_at: datetime) -> str:
    """64 hex digits: HMAC-SHA256 over the hash before and the entry's canonical JSON."""
    canonical = json.dumps(
        {
            "id": entry.id,
            "at": entry.at.isoformat(),
            "actor": entry.actor,
            "role": entry.role,
            "address": entry.address,
            "action": entry.action,
            "subject": entry.subject,
            "detail": entry.detail,
            "sealed_at": sealed_at.isoformat(),
        },
        ensure_ascii=False,
        separators=(",", ":"),
        sort_keys=True,
    )
    return hmac.new(key, f"{previous}{canonical}".encode(), sha256).hexdigest()


def retirement_proof(key: bytes, through: int, hash_: str) -> str:
    """What only the house can write beside a prefix that retention removed."""
    return hmac.new(key, f"retired:{through}:{hash_}".encode(), sha256).hexdigest()


@dataclass(slots=True)
class _Suspect:
    """A link that does not fit, and the hash it was expected to follow."""

    link: Link
    entry: Entry
    previous: str


@dataclass(slots=True)
class Walk:
    """Goes along the chain from its beginning; give it every link in the order of `seq`, then ask `faults()`."""

    key: bytes
    links: int = 0
    last: Link | None = None
    broken: int = 0
    _found: list[Fault] = field(default_factory=list)
    _suspects: list[_Suspect] = field(default_factory=list)
    _before_last: str = GENESIS
    _last_is_suspect: bool = False
    _checkpoints: list[Link] = field(default_factory=list)
    _retired: set[tuple[int, str]] = field(default_factory=set)

    def take(self, links: Iterable[Link]) -> None:
        for link in links:
            self._take(link)

    def faults(self) -> list[Fault]:
        """What is wrong with the links taken so far, in their order."""
        found = [*self._found, *(self._diagnosed(suspect) for suspect in self._suspects)]
        for start in self._checkpoints:
            if (start.seq, start.hash) not in self._retired:
                text = f"entries up to link {start.seq} are gone, and no later entry says that retention removed them"
                found.append(Fault("beginning", start.seq, start.entry_id, text))
        return sorted(found, key=lambda fault: fault.seq)

    def _take(self, link: Link) -> None:
        self.links += 1
        last, suspect = self.last, False
        expected = last.seq + 1 if last else 1
        if link.entry is None and (last is None or link.seq != expected):
            self._checkpoints.append(link)
        elif link.seq != expected:
            self._add("missing", link, f"links {expected} to {link.seq - 1} are missing", seq=expected)
        elif link.entry is None:
            self._add("removed", link, f"entry {link.entry_id} (link {link.seq}) was removed")
        else:
            suspect = self._misfits(link, link.entry, last.hash if last else GENESIS)
        if link.entry is not None:
            self._note(link.entry)
        self._before_last = last.hash if last else GENESIS
        self._last_is_suspect = suspect
        self.last = link

    def _misfits(self, link: Link, entry: Entry, previous: str) -> bool:
        if link_hash(self.key, previous, entry, link.sealed_at) == link.hash:
            return False
        fits_the_one_before = link_hash(self.key, self._before_last, entry, link.sealed_at) == link.hash
        if self._last_is_suspect and self.last is not None and fits_the_one_before:
            stranger = self.last
            self._suspects = [each for each in self._suspects if each.link.seq != stranger.seq]
            text = f"entry {stranger.entry_id} (link {stranger.seq}) was inserted afterwards"
            self._found.append(Fault("inserted", stranger.seq, stranger.entry_id, text))
            return False
        self.broken += 1
        if len(self._suspects) < SUSPECTS_KEPT:
            self._suspects.append(_Suspect(link, entry, previous))
        return True

    def _diagnosed(self, suspect: _Suspect) -> Fault:
        link = suspect.link
        if self._stands_elsewhere(suspect):
            text = f"entry {link.entry_id} (link {link.seq}) stands in another place than where it was sealed"
            return Fault("reordered", link.seq, link.entry_id, text)
        text = (
            f"entry {link.entry_id} (link {link.seq}) was changed after it was sealed,"
            " or what was sealed before it was removed"
        )
        return Fault("changed", link.seq, link.entry_id, text)

    def _stands_elsewhere(self, suspect: _Suspect) -> bool:
        """Whether this very link is genuine behind another one, or genuine with another broken link's entry."""
        link = suspect.link
        for other in self._suspects:
            for previous in (other.link.hash, other.previous):
                if link_hash(self.key, previous, suspect.entry, link.sealed_at) == link.hash:
                    return True
            for entry in (other.entry, replace(other.entry, id=link.entry_id)):
                if other is not suspect and link_hash(self.key, suspect.previous, entry, link.sealed_at) == link.hash:
                    return True
        return False

    def _note(self, entry: Entry) -> None:
        """Remember what the house itself wrote of a prefix that retention removed."""
        if entry.action != RETIRED or entry.subject != SUBJECT:
            return
        said = json.loads(entry.detail)
        through, hash_ = int(said["through"]), str(said["hash"])
        if hmac.compare_digest(retirement_proof(self.key, through, hash_), str(said["proof"])):
            self._retired.add((through, hash_))

    def _add(self, kind: str, link: Link, text: str, *, seq: int | None = None) -> None:
        self.broken += 1
        if len(self._found) < SUSPECTS_KEPT:
            self._found.append(Fault(kind, link.seq if seq is None else seq, link.entry_id, text))
