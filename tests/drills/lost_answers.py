"""R3: acknowledgements are lost: the line to the server is cut before, inside and after its answers, slow, or a hole.

Eight Pis repeat every batch until it is acknowledged. Every reading ends up in the table once and unaltered, and the
counts of every receipt are right: what an unheard answer had stored already comes back as ``duplicates``, what the
server never got as ``accepted``.
"""

import random
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from threading import Event

import httpx

from tests.drills.farm import Farm, Member, farm
from tests.drills.fault_proxy import Fault, FaultProxy, Line, fault_proxy
from tests.drills.frame import Figures, at_least, exactly, none, told
from tests.drills.ledger import Ledger
from tests.drills.pis import Pi, body_of

NAME = "R3"
PIS = 8
#: Of 80 batches each, 48 of which are cut.
_ROUNDS = {False: 2, True: 21}
_BATCH = 5
_SETTLED_WITHIN_S = 60.0
_HEARS_NOTHING_S = 0.5
#: What the second post of a batch must be told, after this befell the first one.
_STORED = (Fault.ANSWER_CUT_BEFORE, Fault.ANSWER_CUT_INSIDE, Fault.BLACK_HOLE)
_NOT_STORED = (Fault.REFUSED, Fault.REQUEST_CUT)
_ARRIVES = (Fault.NONE, Fault.LATE, Fault.NARROW, Fault.ANSWER_CUT_AFTER)


def run(folder: Path, *, full: bool, seed: int) -> Figures:
    """Cut lines, and compare receipts and table with what was sent."""
    ledger = Ledger()
    with farm(folder, pis=PIS) as on, fault_proxy(on.server.port) as proxy, ThreadPoolExecutor(PIS) as threads:
        tellers = [
            threads.submit(_send_all, on, member, proxy, ledger, random.Random(seed + number), _ROUNDS[full])
            for number, member in enumerate(on.pis)
        ]
        told_of: Counter[str] = sum((teller.result() for teller in tellers), Counter())
        batches = PIS * _ROUNDS[full] * len(Fault)
        return {
            **ledger.compare(on.engine, least=batches * _BATCH),
            "batches": told(batches),
            "cut": at_least(told_of["cut"], PIS * _ROUNDS[full] * 6),
            "right_duplicates": exactly(told_of["right duplicates"], PIS * _ROUNDS[full] * len(_STORED)),
            "wrong_duplicates": none(told_of["wrong duplicates"]),
            "wrong_answers": none(told_of["wrong answers"]),
        }


def _send_all(
    on: Farm, member: Member, proxy: FaultProxy, ledger: Ledger, chance: random.Random, rounds: int
) -> Counter[str]:
    """Send batches over one line, every fault as often as the others, in any order; count what was told of them."""
    line, counts = proxy.open_line(), Counter[str]()
    pi = Pi(member, on.server.url, ledger, Event(), patient=False)
    faults = list(Fault) * rounds
    chance.shuffle(faults)
    for fault in faults:
        counts += _send(pi, member, line, fault, ledger)
    return counts


def _send(pi: Pi, member: Member, line: Line, fault: Fault, ledger: Ledger) -> Counter[str]:
    """Send one batch until it is acknowledged, the first time through the fault."""
    batch, answer, attempts = pi.next_batch(_BATCH), None, 0
    while answer is None and attempts < 5:
        line.arm(fault if attempts == 0 else Fault.NONE)
        patience_s = _HEARS_NOTHING_S if fault is Fault.BLACK_HOLE and not attempts else _SETTLED_WITHIN_S
        answer = _post(line, member, body_of(batch), patience_s)
        attempts += 1
        if answer is None and not line.is_settled.wait(_SETTLED_WITHIN_S):
            raise TimeoutError(f"the server did not settle what became of a batch after {fault.name}")
    if answer is None or answer.status_code != 200:
        return Counter({"wrong answers": 1})
    receipt = answer.json()
    ledger.note_acknowledged(batch, receipt)
    return _judge(fault, attempts, receipt["duplicates"])


def _judge(fault: Fault, attempts: int, duplicates: int) -> Counter[str]:
    """Compare what the last receipt said with what the fault had left in the table."""
    counts = Counter({"cut": attempts - 1})
    expected = {0, _BATCH} if fault is Fault.HALF_OPEN else {_BATCH if fault in _STORED else 0}
    if fault is not Fault.HALF_OPEN and attempts != (1 if fault in _ARRIVES else 2):
        counts["wrong answers"] += 1
    if duplicates not in expected:
        counts["wrong duplicates"] += 1
    elif fault in _STORED:
        counts["right duplicates"] += 1
    return counts


def _post(line: Line, member: Member, body: object, timeout_s: float) -> httpx.Response | None:
    """Post over a connection of its own; None if no whole answer came."""
    try:
        with httpx.Client(timeout=timeout_s, headers=member.headers) as client:
            return client.post(f"http://127.0.0.1:{line.port}/api/v1/readings", json=body)
    except httpx.HTTPError:
        return None
