"""Programs of the house, and sandboxes, with traps (tests/support/traps.py) at the named moments of money.

    python -m tests.support.trapped.crew work|relay
    python -m tests.support.trapped.web
    python -m tests.support.trapped.outside wechat|alipay|insurance --port N --directory DIR

Moments are `<role>:<what>.<when>`. Of a call to a channel or to the bureau: before, after (it has answered, nothing is
written down). Of a deed (the action of an audit row): uncommitted (all is done in the transaction but its commit),
committed (nothing else has happened yet: nothing published, answered, finished, enqueued). `relay:enqueue.before`: the
relay has committed what it hands out, and not enqueued it. A sandbox's own: before (a request has arrived), after (done
and written down, its answer never sent).
"""
