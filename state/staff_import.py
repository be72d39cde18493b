"""批量导入员工: the file itself goes to the REST API (assets/uploads.js); here is only whose page it is."""

import reflex as rx

from hospital_app.domain.authority import Right
from state import administering
from state.access import handles


class StaffImportState(rx.State):
    loaded: bool = False
    who: str = ""
    whole: bool = False

    @handles(Right.OWN_SCREEN)
    async def load(self):
        came = await administering.entered(self, Right.MANAGE_STAFF, "/admin/staff-import")
        self.reset()
        if came.away:
            return came.away
        self.who = administering.at_work(came.actor, came.reader.lang)
        self.whole = administering.whole(came.actor)
        self.loaded = True
        return None
