"""Every tunable, with its unit in its name. Environment prefix HOSPITAL_, or `.env`."""

from functools import lru_cache
from importlib.util import find_spec
from pathlib import Path
from typing import Literal

from pydantic import Field, SecretStr, ValidationError
from pydantic_settings import BaseSettings, SettingsConfigDict

from hospital_app.domain.policy import Rules
from hospital_app.domain.text_messages import TEMPLATES

#: What a vendor's adapter imports; not among requirements.txt.
SMS_SDKS = {"aliyun": "alibabacloud_dysmsapi20170525", "tencent": "tencentcloud"}

SANDBOX_PORTS = (
    "sandbox_wechat_port",
    "sandbox_alipay_port",
    "sandbox_his_port",
    "sandbox_his_mllp_port",
    "sandbox_sms_port",
    "sandbox_identity_port",
    "sandbox_authenticator_port",
    "sandbox_insurance_port",
    "sandbox_invoice_port",
)
#: Set for a sandbox only.
VENDORS_OWN = {
    "wechat_gateway_url": "WeChat",
    "alipay_gateway_url": "Alipay",
    "alipay_cashier_url": "Alipay",
    "wechat_login_authorize_url": "WeChat",
    "wechat_login_api_url": "WeChat",
    "alipay_login_authorize_url": "Alipay",
    "alipay_login_gateway_url": "Alipay",
}


#: What production asks of each guess at a password, at least: the least that OWASP recommends for Argon2id.
LEAST_PASSWORD_MEMORY_KIB = 19_456


class Settings(BaseSettings):
    """医院的全部配置。Secrets have no default: a production that lacks one does not start."""

    model_config = SettingsConfigDict(
        env_prefix="HOSPITAL_", env_file=".env", env_nested_delimiter="__", extra="ignore", frozen=True
    )

    profile: Literal["demo", "production", "test"] = "production"
    hospital_name: str = "市第一人民医院"
    hospital_phone: str = "010-12345678"
    public_url: str = "http://localhost:8000"
    trusted_proxies: list[str] = ["127.0.0.1", "::1"]

    # stores
    database_url: str = "sqlite:///.run/guahao.sqlite3"
    database_pool_size: int = 20
    redis_url: str = "redis://127.0.0.1:6379/0"
    event_log_url: str = ""  # mongodb://... or litemongo:///directory; empty: no event log

    # secrets: key id -> base64 of 32 bytes; the current id encrypts, every listed one decrypts
    encryption_keys: dict[str, SecretStr] = Field(default_factory=dict)
    encryption_key_id: str = ""
    index_key: SecretStr = SecretStr("")  # base64 of 32 bytes: blind indexes
    signing_key: SecretStr = SecretStr("")  # base64 of 32 bytes: QR slips, SMS code hashes
    audit_key: SecretStr = SecretStr("")  # base64 of 32 bytes: the audit trail's chain; empty: the signing key

    # WeChat Pay v3 (public-key mode)
    wechat_gateway_url: str = ""  # empty: the vendor's own host
    wechat_appid: str = ""
    wechat_mchid: str = ""
    wechat_serial_no: str = ""
    wechat_private_key_path: Path | None = None
    wechat_public_key_path: Path | None = None
    wechat_public_key_id: str = ""
    wechat_apiv3_key: SecretStr = SecretStr("")
    wechat_notify_url: str = ""  # empty: public_url + /callbacks/wechat

    # Alipay (public-key mode); empty app id: not offered
    alipay_gateway_url: str = ""  # empty: the vendor's own host
    alipay_cashier_url: str = ""  # likewise, for the payer's browser
    alipay_app_id: str = ""
    alipay_seller_id: str = ""  # our 2088 number, which notifications must name
    alipay_private_key_path: Path | None = None  # of our application
    alipay_public_key_path: Path | None = None  # Alipay's
    alipay_notify_url: str = ""  # empty: public_url + /callbacks/alipay

    # hospital information system: what it is told in (docs/his.md); it is read in FHIR whatever that is
    his_protocol: Literal["fhir", "hl7v2", "both"] = "fhir"
    his_mllp_host: str = ""
    his_mllp_port: int = 2575
    his_mllp_tls: bool = False
    his_mllp_receiver: str = "HIS"  # MSH-5
    his_url: str = ""  # the FHIR base, such as https://his.hospital.example/fhir/R4
    his_token: SecretStr = SecretStr("")

    # SMS: the vendor, and what it knows us by (docs/sms.md)
    sms_vendor: Literal["sandbox", "aliyun", "tencent"] = "sandbox"
    sms_url: str = ""  # the sandbox; empty for a vendor: its own host
    sms_token: SecretStr = SecretStr("")  # the sandbox's
    sms_sign_name: str = ""  # 短信签名
    sms_templates: dict[str, str] = Field(default_factory=dict)  # our name of a template -> the vendor's
    sms_aliyun_access_key_id: str = ""
    sms_aliyun_access_key_secret: SecretStr = SecretStr("")
    sms_tencent_secret_id: str = ""
    sms_tencent_secret_key: SecretStr = SecretStr("")
    sms_tencent_app_id: str = ""
    sms_tencent_region: str = "ap-guangzhou"

    # signing in through WeChat; empty appid: not offered. Scope snsapi_login is for a website application (QR code)
    wechat_login_appid: str = ""
    wechat_login_secret: SecretStr = SecretStr("")
    wechat_login_scope: Literal["snsapi_base", "snsapi_userinfo", "snsapi_login"] = "snsapi_userinfo"
    wechat_login_authorize_url: str = ""  # empty, as the next ones: the vendor's own
    wechat_login_api_url: str = ""

    # signing in through Alipay; empty app id: not offered
    alipay_login_app_id: str = ""
    alipay_login_private_key_path: Path | None = None  # of our application
    alipay_login_public_key_path: Path | None = None  # Alipay's
    alipay_login_authorize_url: str = ""
    alipay_login_gateway_url: str = ""

    # e-invoices (电子票据) at the issuing platform; empty url: not offered
    invoice_url: str = ""
    invoice_appid: str = ""
    invoice_key: SecretStr = SecretStr("")
    invoice_place_code: str = ""  # 开票点编码

    # insurance bureau: the national interface through its CSB gateway; empty url: numbers are kept unverified
    insurance_url: str = ""
    insurance_access_key: str = ""
    insurance_secret_key: SecretStr = SecretStr("")
    insurance_institution_code: str = ""  # 定点医药机构编号, 12 characters
    insurance_region: str = ""  # 就医地医保区划, GB/T 2260
    insurance_timeout_seconds: float = 120.0  # of what settles; who is insured is asked for 5 s
    insurance_quote_timeout_seconds: float = 20.0  # of each step of what is computed while the patient looks on
    insurance_suffixes: dict[str, str] = Field(default_factory=lambda: {"2203": "A"})  # transaction -> its letter here
    insurance_med_type: str = "12"  # 门诊挂号; some regions want 11
    insurance_fee_code: str = "001102000010000-110200001"  # 医保目录编码 of the registration fee
    insurance_local_fee_code: str = "GH0001"  # the hospital's own
    insurance_clear_type: str = "11"  # clr_type: 门诊
    insurance_way: Literal["national", "mobile"] = "national"  # 医保移动支付: the next ones are its platform's
    insurance_mobile_url: str = ""  # .../org/local/api/hos
    insurance_mobile_authorize_url: str = ""  # 授权页: the link that the platform makes out for this hospital
    insurance_mobile_query_url: str = ""  # .../userQuery/<partner>: what the page's code is exchanged at
    insurance_mobile_partner_secret: SecretStr = SecretStr("")
    insurance_authorisation_minutes: int = 30  # as long as the platform takes a payAuthNo
    insurance_mobile_app_id: str = ""
    insurance_mobile_app_secret: SecretStr = SecretStr("")
    insurance_mobile_private_key: SecretStr = SecretStr("")  # SM2, ours: 64 hexadecimal digits
    insurance_mobile_public_key: str = ""  # ours: 128
    insurance_mobile_platform_key: str = ""  # theirs: 128
    insurance_nothing_there: str = ""  # pattern of a refusal that says: nothing to undo; empty: the national words

    # machines that may read /fhir/R4
    fhir_tokens: list[SecretStr] = Field(default_factory=list)

    # sandboxes, demo only: loopback ports of their own processes; 0: not configured
    sandbox_wechat_port: int = 0
    sandbox_alipay_port: int = 0
    sandbox_his_port: int = 0
    sandbox_his_mllp_port: int = 0
    sandbox_sms_port: int = 0
    sandbox_identity_port: int = 0
    sandbox_authenticator_port: int = 0
    sandbox_insurance_port: int = 0
    sandbox_invoice_port: int = 0
    sandbox_directory: Path = Path(".run/sandbox")

    password_memory_kib: int = Field(default=65_536, ge=64)  # that each guess at a password costs (Argon2id)

    # processes
    host: str = "0.0.0.0"  # the address that web listens on
    port: int = 8000
    web_workers: int = 1
    web_threads: int = Field(default=64, ge=8)  # of a web worker: so many pages and calls wait for something at once
    web_threads_outside: int = Field(default=12, ge=1)  # of them, so many for the same vendor
    rq_workers: int = 2
    relay_interval_seconds: float = 0.2
    sweep_interval_seconds: float = 2.0
    outbox_again_seconds: int = 30  # a row that the queue lost comes again after this
    outbox_claim_seconds: int = 60  # a row that a dead worker held comes free after this
    outbox_retry_max_seconds: int = 300
    outbox_silence_seconds: float = 15.0  # a partner that let a worker wait in vain is left alone for so long

    # holds that arrive together are written together
    hold_batch: int = Field(default=256, ge=1, le=500)  # at most so many in one transaction
    hold_committers: int = Field(default=1, ge=1, le=8)  # threads of a process that write them
    hold_gather_milliseconds: float = 2.0  # while another transaction is on its way
    hold_patience_seconds: float = 10.0  # whoever has no answer by then is asked to try again

    # budgets: calls a minute; a whole hospital may stand behind one address
    budget_session_per_minute: int = 300
    budget_account_per_minute: int = 600
    budget_address_per_minute: int = 12_000
    budget_reading_per_minute: int = 12_000  # per address and web process: calendars, searches, pages' public data
    budget_socket_events_per_minute: int = 600  # per socket, whatever they are

    rules: Rules = Rules()

    @property
    def sandboxed(self) -> bool:
        return any(getattr(self, name) for name in SANDBOX_PORTS)

    @property
    def secure_cookies(self) -> bool:
        return self.public_url.startswith("https://")

    @property
    def identity_cookie(self) -> str:
        """Holds between two steps of a sign-in through WeChat or Alipay."""
        return "__Host-guahao_identity" if self.secure_cookies else "guahao_identity"

    @property
    def session_cookie(self) -> str:
        return "__Host-guahao_session" if self.secure_cookies else "guahao_session"

    @property
    def place_cookie(self) -> str:
        """A place in the line in front of booking."""
        return "__Host-guahao_place" if self.secure_cookies else "guahao_place"

    @property
    def device_cookie(self) -> str:
        return "__Host-guahao_device" if self.secure_cookies else "guahao_device"

    def problems(self) -> list[str]:
        """Why this configuration must not start, one sentence each; empty if it may."""
        found = []
        secrets = {
            "HOSPITAL_INDEX_KEY": self.index_key.get_secret_value(),
            "HOSPITAL_SIGNING_KEY": self.signing_key.get_secret_value(),
            "HOSPITAL_ENCRYPTION_KEYS": "".join(k.get_secret_value() for k in self.encryption_keys.values()),
        }
        found += [
            f"{name} is not set: give it a random key (base64 of 32 bytes)." for name, v in secrets.items() if not v
        ]
        if self.encryption_keys and self.encryption_key_id not in self.encryption_keys:
            found.append("HOSPITAL_ENCRYPTION_KEY_ID does not name one of HOSPITAL_ENCRYPTION_KEYS.")
        if self.profile == "production":
            found += self._unsafe_in_production()
        if self.profile == "production" or self.sms_vendor != "sandbox":
            found += self._incomplete_sms()
        return found

    def _unsafe_in_production(self) -> list[str]:
        found = [
            f"HOSPITAL_{name.upper()} points to a sandbox: unset it in production."
            for name in SANDBOX_PORTS
            if getattr(self, name)
        ]
        found += [
            f"HOSPITAL_{name.upper()} replaces {vendor}'s own host: unset it in production."
            for name, vendor in VENDORS_OWN.items()
            if getattr(self, name)
        ]
        if self.insurance_mobile_authorize_url.startswith("/"):
            found.append("HOSPITAL_INSURANCE_MOBILE_AUTHORIZE_URL is a sandbox's page: give the platform's own link.")
        if not self.rules.admin_second_factor:
            found.append("HOSPITAL_RULES__ADMIN_SECOND_FACTOR is off: production needs it on.")
        if self.password_memory_kib < LEAST_PASSWORD_MEMORY_KIB:
            found.append(f"HOSPITAL_PASSWORD_MEMORY_KIB must be {LEAST_PASSWORD_MEMORY_KIB} or more in production.")
        if not self.secure_cookies:
            found.append("HOSPITAL_PUBLIC_URL must start with https:// in production.")
        if self.database_url.startswith("sqlite"):
            found.append("HOSPITAL_DATABASE_URL must name a MySQL server in production (mysql+pymysql://...).")
        required = {
            "HOSPITAL_WECHAT_APPID": self.wechat_appid,
            "HOSPITAL_WECHAT_MCHID": self.wechat_mchid,
            "HOSPITAL_WECHAT_SERIAL_NO": self.wechat_serial_no,
            "HOSPITAL_WECHAT_PRIVATE_KEY_PATH": self.wechat_private_key_path,
            "HOSPITAL_WECHAT_PUBLIC_KEY_PATH": self.wechat_public_key_path,
            "HOSPITAL_WECHAT_PUBLIC_KEY_ID": self.wechat_public_key_id,
            "HOSPITAL_WECHAT_APIV3_KEY": self.wechat_apiv3_key.get_secret_value(),
        }
        if self.his_protocol != "hl7v2":
            required["HOSPITAL_HIS_URL"] = self.his_url
            required["HOSPITAL_HIS_TOKEN"] = self.his_token.get_secret_value()
        if self.his_protocol != "fhir":
            required["HOSPITAL_HIS_MLLP_HOST"] = self.his_mllp_host
        if self.sms_vendor == "sandbox":
            found.append("HOSPITAL_SMS_VENDOR must be aliyun or tencent in production: the sandbox sends nothing.")
        elif self.sms_url:
            found.append("HOSPITAL_SMS_URL replaces the SMS vendor's own host: unset it in production.")
        if self.alipay_app_id:
            required["HOSPITAL_ALIPAY_SELLER_ID"] = self.alipay_seller_id
            required["HOSPITAL_ALIPAY_PRIVATE_KEY_PATH"] = self.alipay_private_key_path
            required["HOSPITAL_ALIPAY_PUBLIC_KEY_PATH"] = self.alipay_public_key_path
        if self.wechat_login_appid:
            required["HOSPITAL_WECHAT_LOGIN_SECRET"] = self.wechat_login_secret.get_secret_value()
        if self.alipay_login_app_id:
            required["HOSPITAL_ALIPAY_LOGIN_PRIVATE_KEY_PATH"] = self.alipay_login_private_key_path
            required["HOSPITAL_ALIPAY_LOGIN_PUBLIC_KEY_PATH"] = self.alipay_login_public_key_path
        if self.invoice_url:
            required["HOSPITAL_INVOICE_APPID"] = self.invoice_appid
            required["HOSPITAL_INVOICE_KEY"] = self.invoice_key.get_secret_value()
            required["HOSPITAL_INVOICE_PLACE_CODE"] = self.invoice_place_code
        if self.insurance_url:
            required["HOSPITAL_INSURANCE_ACCESS_KEY"] = self.insurance_access_key
            required["HOSPITAL_INSURANCE_SECRET_KEY"] = self.insurance_secret_key.get_secret_value()
            required["HOSPITAL_INSURANCE_INSTITUTION_CODE"] = self.insurance_institution_code
            required["HOSPITAL_INSURANCE_REGION"] = self.insurance_region
        if self.insurance_way == "mobile":
            required["HOSPITAL_INSURANCE_MOBILE_AUTHORIZE_URL"] = self.insurance_mobile_authorize_url
            required["HOSPITAL_INSURANCE_MOBILE_QUERY_URL"] = self.insurance_mobile_query_url
            required["HOSPITAL_INSURANCE_MOBILE_PARTNER_SECRET"] = (
                self.insurance_mobile_partner_secret.get_secret_value()
            )
        if self.insurance_way == "mobile" or self.insurance_mobile_url:
            required["HOSPITAL_INSURANCE_URL"] = self.insurance_url
            required["HOSPITAL_INSURANCE_MOBILE_URL"] = self.insurance_mobile_url
            required["HOSPITAL_INSURANCE_MOBILE_APP_ID"] = self.insurance_mobile_app_id
            required["HOSPITAL_INSURANCE_MOBILE_APP_SECRET"] = self.insurance_mobile_app_secret.get_secret_value()
            required["HOSPITAL_INSURANCE_MOBILE_PRIVATE_KEY"] = self.insurance_mobile_private_key.get_secret_value()
            required["HOSPITAL_INSURANCE_MOBILE_PUBLIC_KEY"] = self.insurance_mobile_public_key
            required["HOSPITAL_INSURANCE_MOBILE_PLATFORM_KEY"] = self.insurance_mobile_platform_key
        return found + [f"{name} is not set." for name, value in required.items() if not value]

    def _incomplete_sms(self) -> list[str]:
        """What the chosen vendor needs and lacks."""
        if self.sms_vendor == "sandbox":
            return []
        keys = {
            "aliyun": {
                "HOSPITAL_SMS_ALIYUN_ACCESS_KEY_ID": self.sms_aliyun_access_key_id,
                "HOSPITAL_SMS_ALIYUN_ACCESS_KEY_SECRET": self.sms_aliyun_access_key_secret.get_secret_value(),
            },
            "tencent": {
                "HOSPITAL_SMS_TENCENT_SECRET_ID": self.sms_tencent_secret_id,
                "HOSPITAL_SMS_TENCENT_SECRET_KEY": self.sms_tencent_secret_key.get_secret_value(),
                "HOSPITAL_SMS_TENCENT_APP_ID": self.sms_tencent_app_id,
            },
        }[self.sms_vendor]
        required = {"HOSPITAL_SMS_SIGN_NAME": self.sms_sign_name, **keys}
        found = [f"{name} is not set." for name, value in required.items() if not value]
        if unregistered := [name for name in TEMPLATES if not self.sms_templates.get(name)]:
            found.append(f"HOSPITAL_SMS_TEMPLATES lacks {', '.join(unregistered)}: give the vendor's id of each.")
        if find_spec(SMS_SDKS[self.sms_vendor]) is None:
            file = f"requirements-{self.sms_vendor}.txt"
            found.append(f"HOSPITAL_SMS_VENDOR={self.sms_vendor} needs its SDK: pip install -r {file}.")
        return found


@lru_cache(maxsize=1)
def get_settings() -> Settings:
    return Settings()


def start_safely() -> Settings:
    """The settings for a process about to serve or work; ends it with one sentence for each thing that is wrong."""
    try:
        problems = get_settings().problems()
    except ValidationError as fault:
        problems = [
            f"HOSPITAL_{'__'.join(str(part) for part in error['loc']).upper()}: {error['msg']}."
            for error in fault.errors()
        ]
    if problems:
        raise SystemExit("\n".join(["拒绝启动 Refusing to start:", *(f"  - {problem}" for problem in problems)]))
    return get_settings()
