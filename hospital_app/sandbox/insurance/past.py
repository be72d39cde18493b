"""What was settled and reversed before this sandbox came into being: a seeded hospital tells of it."""

import sqlite3
from typing import Any

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from hospital_app.sandbox.insurance.policy import EMPLOYEE, POLICIES
from hospital_app.sandbox.intake import fields_of

BALANCE_FEN = 200_00  # of whoever is met here for the first time


def past_routes(books: sqlite3.Connection) -> list[Route]:
    """`POST /past-settlements`: not under /sandbox, hence for this machine's own processes only."""

    async def take(request: Request) -> Response:
        try:
            told = await fields_of(request)
            settlements = [_settlement(each) for each in told["settlements"]]
        except (KeyError, TypeError, ValueError):
            return JSONResponse({"error": "malformed", "detail": "settlements 的内容不正确。"}, 422)
        with books:
            for statement, values in _STATEMENTS.items():
                books.executemany(statement, (values | each for each in settlements))
        return JSONResponse({"settlements": len(settlements)}, 201)

    return [Route("/past-settlements", take, methods=["POST"])]


#: Statement → what it wants beyond the settlement itself.
_STATEMENTS: dict[str, dict[str, Any]] = {
    "INSERT OR IGNORE INTO persons VALUES (:certno, :name, :psn_no, :region, :insutype, '1')": {"insutype": EMPLOYEE},
    "INSERT OR IGNORE INTO means VALUES (:psn_no, :deductible_fen, :fund_fen, :balance_fen)": {
        "deductible_fen": POLICIES[EMPLOYEE].deductible_fen,
        "balance_fen": BALANCE_FEN,
    },
    "INSERT OR IGNORE INTO visits (mdtrt_id, psn_no, ipt_otp_no, insutype, at)"
    " VALUES (:mdtrt_id, :psn_no, :ipt_otp_no, :insutype, :at)": {"insutype": EMPLOYEE},
    "INSERT OR IGNORE INTO settlements (setl_id, msgid, infno, mdtrt_id, psn_no, insutype, ipt_otp_no, chrg_bchno,"
    " state, total_fen, over_fen, first_fen, within_fen, deductible_fen, fund_fen, account_fen, cash_fen, at,"
    " undone_msgid, undone_at) VALUES (:setl_id, :setl_id, '2207', :mdtrt_id, :psn_no, :insutype, :ipt_otp_no,"
    " :chrg_bchno, :state, :total_fen, 0, 0, :total_fen, 0, :fund_fen, :account_fen, :cash_fen, :at,"
    " :undone_msgid, :undone_at)": {"insutype": EMPLOYEE},
}


def _settlement(told: dict[str, Any]) -> dict[str, Any]:
    texts = {
        name: str(told[name])
        for name in ("certno", "name", "psn_no", "region", "mdtrt_id", "ipt_otp_no", "chrg_bchno", "setl_id")
    }
    fens = {f"{name}_fen": int(told[f"{name}_fen"]) for name in ("fund", "account", "cash")}
    undone_at = None if told.get("undone_at") is None else float(told["undone_at"])
    return {
        **texts,
        **fens,
        "total_fen": sum(fens.values()),
        "at": float(told["at"]),
        "state": "settled" if undone_at is None else "reversed",
        "undone_msgid": None if undone_at is None else f"{texts['setl_id']}R",
        "undone_at": undone_at,
    }
