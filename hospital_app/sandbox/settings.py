"""What the sandbox processes read of the environment; the names they share with the product mean the same."""

from pathlib import Path

from pydantic_settings import BaseSettings, SettingsConfigDict


class SandboxSettings(BaseSettings):
    """沙箱进程的配置，前缀 HOSPITAL_."""

    model_config = SettingsConfigDict(env_prefix="HOSPITAL_", env_file=".env", extra="ignore", frozen=True)

    sandbox_directory: Path = Path(".run/sandbox")  # books; keys in keys/ and *-keys/
    sandbox_wechat_port: int = 18301
    sandbox_his_port: int = 18302
    sandbox_his_mllp_port: int = 0  # HL7 v2; 0: not heard
    sandbox_sms_port: int = 18303
    sandbox_identity_port: int = 18304
    sandbox_authenticator_port: int = 18305
    sandbox_insurance_port: int = 18306
    sandbox_insurance_notify_url: str = ""  # where 6302 goes; empty: nowhere
    sandbox_invoice_port: int = 18307
    sandbox_alipay_port: int = 18308
    sandbox_retry_scale: float = 1  # of the vendor's retry rhythm; 0.01 makes 15 s into 0.15 s
    sandbox_refund_seconds: float = 1  # how long a refund takes
