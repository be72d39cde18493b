"""Starts a sandbox, or makes the sandboxes' keys.

python -m hospital_app.sandbox wechat|alipay|his|sms|identity|authenticator|insurance|invoice [--port N]
    [--directory DIR]
python -m hospital_app.sandbox keys [DIR]
"""

import argparse
import sys
from pathlib import Path

from hospital_app.sandbox import keys
from hospital_app.sandbox.alipay import keys as alipay_keys
from hospital_app.sandbox.alipay.app import alipay_app
from hospital_app.sandbox.alipay.books import open_alipay_books
from hospital_app.sandbox.alipay.signing import platform_of as alipay_platform_of
from hospital_app.sandbox.authenticator.app import authenticator_app, open_authenticator_books
from hospital_app.sandbox.his.app import his_app
from hospital_app.sandbox.his.books import open_his_books
from hospital_app.sandbox.identity import keys as identity_keys
from hospital_app.sandbox.identity.app import identity_app
from hospital_app.sandbox.identity.books import open_identity_books
from hospital_app.sandbox.insurance import keys as insurance_keys
from hospital_app.sandbox.insurance.app import insurance_app
from hospital_app.sandbox.insurance.books import open_insurance_books
from hospital_app.sandbox.invoice import keys as invoice_keys
from hospital_app.sandbox.invoice.app import invoice_app, open_invoice_books
from hospital_app.sandbox.serve import serve
from hospital_app.sandbox.settings import SandboxSettings
from hospital_app.sandbox.sms.app import sms_app
from hospital_app.sandbox.sms.books import open_sms_books
from hospital_app.sandbox.wechat.app import wechat_app
from hospital_app.sandbox.wechat.ledger import open_ledger
from hospital_app.sandbox.wechat.signing import platform_of


def main(arguments: list[str]) -> int:
    settings = SandboxSettings()
    parser = argparse.ArgumentParser(prog="python -m hospital_app.sandbox", description=__doc__)
    commands = parser.add_subparsers(dest="command", required=True)
    for name in ("wechat", "alipay", "his", "sms", "identity", "authenticator", "insurance", "invoice"):
        command = commands.add_parser(name)
        command.add_argument("--port", type=int, default=getattr(settings, f"sandbox_{name}_port"))
        command.add_argument("--directory", type=Path, default=settings.sandbox_directory)
    making = commands.add_parser("keys")
    making.add_argument("directory", type=Path, nargs="?", default=settings.sandbox_directory / "keys")
    asked = parser.parse_args(arguments)
    if asked.command == "keys":
        keys.generate(asked.directory)
        beside = asked.directory.parent / "identity-keys"
        identity_keys.generate(beside)
        known = keys.product_settings(asked.directory) | identity_keys.product_settings(beside)
        known |= alipay_keys.product_settings(asked.directory.parent / "alipay-keys")
        known |= insurance_keys.product_settings(asked.directory.parent / "insurance-keys")
        known |= invoice_keys.product_settings(asked.directory.parent / "invoice-keys")
        for name, value in known.items():
            print(f"{name}={value}")
        return 0
    _serve(asked.command, asked.port, asked.directory, settings)
    return 0


def _serve(name: str, port: int, directory: Path, settings: SandboxSettings) -> None:
    path = directory / f"{name}.sqlite3"
    if name == "alipay":
        platform = alipay_platform_of(alipay_keys.generate(directory / "alipay-keys"))
        serve(alipay_app(open_alipay_books(path), platform, retry_scale=settings.sandbox_retry_scale), port)
        return
    if name == "identity":
        serve(identity_app(open_identity_books(path), identity_keys.generate(directory / "identity-keys")), port)
        return
    if name == "invoice":
        serve(invoice_app(open_invoice_books(path), invoice_keys.generate(directory / "invoice-keys")), port)
        return
    if name == "insurance":
        known = insurance_keys.generate(directory / "insurance-keys")
        mobile = insurance_keys.generate_mobile(directory / "insurance-mobile-keys")
        authority = insurance_keys.generate_authority(directory / "insurance-authority-keys")
        bureau = insurance_app(
            open_insurance_books(path),
            known,
            mobile,
            authority,
            notify_url=settings.sandbox_insurance_notify_url,
            retry_scale=settings.sandbox_retry_scale,
        )
        serve(bureau, port)
        return
    held = keys.generate(directory / "keys")
    if name == "wechat":
        app = wechat_app(
            open_ledger(path),
            platform_of(held),
            retry_scale=settings.sandbox_retry_scale,
            refund_seconds=settings.sandbox_refund_seconds,
        )
    elif name == "his":
        app = his_app(open_his_books(path), token=held.his_token, mllp_port=settings.sandbox_his_mllp_port)
    elif name == "authenticator":
        app = authenticator_app(open_authenticator_books(path))
    else:
        app = sms_app(open_sms_books(path), token=held.sms_token)
    serve(app, port)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
