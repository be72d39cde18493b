"""Chooses the adapters from the settings, once per process."""

from collections.abc import Callable, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import datetime

import redis
from sqlalchemy import Engine
from sqlalchemy.orm import Session, sessionmaker

from hospital_app import clock
from hospital_app.adapters.alipay_identity import AlipayIdentity
from hospital_app.adapters.alipay_pay import AlipayPay
from hospital_app.adapters.altcha_proofs import AltchaProofs
from hospital_app.adapters.audit_copy import MongoAuditCopy
from hospital_app.adapters.event_log import MongoEventLog, NullEventLog
from hospital_app.adapters.his_fhir import FhirHis
from hospital_app.adapters.his_mllp import MllpHis
from hospital_app.adapters.his_several import SeveralHis
from hospital_app.adapters.insurance_authority import MobileAuthority
from hospital_app.adapters.insurance_bureau import Customs, NationalBureau
from hospital_app.adapters.insurance_desk import InsuranceDesk
from hospital_app.adapters.insurance_gateway import Institution, InsuranceGateway
from hospital_app.adapters.insurance_mobile import MobileBureau
from hospital_app.adapters.insurance_registry import NationalRegistry
from hospital_app.adapters.insurance_sm import NationalEnvelope
from hospital_app.adapters.invoice_platform import InvoicePlatform
from hospital_app.adapters.rate_budgets import RateBudgets
from hospital_app.adapters.redis_calendars import RedisCalendars
from hospital_app.adapters.redis_gate import RedisGate
from hospital_app.adapters.redis_hints import RedisHints
from hospital_app.adapters.redis_lobby import RedisLobby
from hospital_app.adapters.redis_scalping import RedisScalping
from hospital_app.adapters.redis_sessions import RedisSessions
from hospital_app.adapters.redis_spent_proofs import RedisSpentProofs
from hospital_app.adapters.rq_queue import RqQueue
from hospital_app.adapters.sms_sandbox import SandboxSms
from hospital_app.adapters.wechat_identity import WeChatIdentity
from hospital_app.adapters.wechat_pay import WeChatPay
from hospital_app.db import make_engine, make_sessions
from hospital_app.domain.policy import Rules
from hospital_app.ports import (
    AuditCopy,
    Budgets,
    CalendarShelf,
    ClinicGate,
    EventLog,
    Hints,
    HisGateway,
    HisRecords,
    IdentityProvider,
    InsuranceAuthority,
    InsuranceBureau,
    InsuranceRegistry,
    InvoiceIssuer,
    JobQueue,
    Lobby,
    MobileInsurance,
    PayerIdentity,
    PaymentGateway,
    Provider,
    ScalpingCounters,
    SessionShelf,
    SmsSender,
    SpentProofs,
    WorkProofs,
)
from hospital_app.rules_in_force import RulesInForce
from hospital_app.settings import Settings, get_settings
from hospital_app.vault import vault


@dataclass(frozen=True)
class Container:
    """Everything that flows need besides services."""

    settings: Settings
    clock: Callable[[], datetime]
    engine: Engine
    sessions: sessionmaker[Session]
    redis: redis.Redis
    hints: Hints
    calendars: CalendarShelf
    gate: ClinicGate
    sessions_kept: SessionShelf
    budgets: Budgets
    lobby: Lobby
    scalping: ScalpingCounters
    proofs: WorkProofs
    spent_proofs: SpentProofs
    event_log: EventLog
    audit_copy: AuditCopy | None
    jobs: JobQueue
    payments: Mapping[str, PaymentGateway]
    his: HisGateway
    his_records: HisRecords | None
    invoices: InvoiceIssuer | None
    sms: SmsSender
    identities: Mapping[Provider, IdentityProvider]
    insurance: InsuranceRegistry | None
    bureau: InsuranceBureau | None
    mobile: MobileInsurance | None
    authority: InsuranceAuthority | None
    payer: PayerIdentity | None
    _rules: RulesInForce = field(init=False, repr=False, compare=False, default_factory=RulesInForce)

    @property
    def rules(self) -> Rules:
        """Those in force now. May ask the database, every two seconds: not for the event loop."""
        return self.rules_at(self.clock())

    def rules_at(self, now: datetime) -> Rules:
        return self._rules.at(now, base=self.settings.rules, engine=self.engine)

    def rules_known(self) -> Rules:
        """Those in force now, by what this process has read last; never waits."""
        return self._rules.known(self.clock(), base=self.settings.rules, refresh=lambda: self.rules)

    def forget_rules(self) -> None:
        """Something was changed here."""
        self._rules.forget()


def build(settings: Settings) -> Container:
    """Opens no connection: every adapter connects when first used."""
    engine = make_engine(settings.database_url, pool_size=settings.database_pool_size)
    client = redis.Redis.from_url(settings.redis_url, socket_timeout=2, socket_connect_timeout=1)
    insurance = _insurance(settings, client) if settings.insurance_url else None
    national = NationalBureau(insurance, _customs(settings)) if insurance else None
    mobile = _mobile(settings, national) if national and settings.insurance_mobile_url else None
    return Container(
        settings=settings,
        clock=clock.now,
        engine=engine,
        sessions=make_sessions(engine),
        redis=client,
        hints=RedisHints(settings.redis_url),
        calendars=RedisCalendars(settings.redis_url),
        sessions_kept=RedisSessions(settings.redis_url),
        # Holds end by the clock of the house that is in use, which tests move.
        gate=RedisGate(settings.redis_url, clock=lambda: container().clock(), rules=lambda: container().rules),
        budgets=RateBudgets(settings.redis_url),
        lobby=RedisLobby(settings.redis_url),
        scalping=RedisScalping(settings.redis_url),
        proofs=AltchaProofs(lambda: vault().proof_key),
        spent_proofs=RedisSpentProofs(settings.redis_url),
        event_log=MongoEventLog(settings.event_log_url) if settings.event_log_url else NullEventLog(),
        audit_copy=MongoAuditCopy(settings.event_log_url) if settings.event_log_url else None,
        jobs=RqQueue(settings.redis_url),
        payments={gateway.channel: gateway for gateway in _payments(settings, client)},
        his=_his(settings),
        his_records=_fhir_his(settings) if settings.his_url else None,
        invoices=_invoices(settings) if settings.invoice_url else None,
        sms=_sms(settings),
        identities={found.provider: found for found in _identities(settings)},
        insurance=NationalRegistry(insurance) if insurance else None,
        bureau=mobile or national,
        mobile=mobile,
        authority=_authority(settings) if mobile and settings.insurance_way == "mobile" else None,
        payer=_payer(settings),
    )


def _invoices(settings: Settings) -> InvoicePlatform:
    return InvoicePlatform(
        settings.invoice_url,
        settings.invoice_appid,
        settings.invoice_key.get_secret_value(),
        place_code=settings.invoice_place_code,
    )


def _fhir_his(settings: Settings) -> FhirHis:
    return FhirHis(settings.his_url, settings.his_token.get_secret_value())


def _his(settings: Settings) -> HisGateway:
    fhir = _fhir_his(settings)
    if settings.his_protocol == "fhir":
        return fhir
    mllp = MllpHis(
        settings.his_mllp_host,
        settings.his_mllp_port,
        receiver=settings.his_mllp_receiver,
        tls=settings.his_mllp_tls,
    )
    return mllp if settings.his_protocol == "hl7v2" else SeveralHis([fhir, mllp])


def _insurance(settings: Settings, client: redis.Redis) -> InsuranceGateway:
    return InsuranceGateway(
        url=settings.insurance_url,
        access_key=settings.insurance_access_key,
        secret_key=settings.insurance_secret_key.get_secret_value(),
        institution=Institution(
            settings.insurance_institution_code, settings.hospital_name[:20], settings.insurance_region
        ),
        desk=InsuranceDesk(client),
    )


def _mobile(settings: Settings, national: NationalBureau) -> MobileBureau:
    envelope = NationalEnvelope(
        settings.insurance_mobile_app_id,
        settings.insurance_mobile_app_secret.get_secret_value(),
        bytes.fromhex(settings.insurance_mobile_private_key.get_secret_value()),
        bytes.fromhex(settings.insurance_mobile_public_key),
        bytes.fromhex(settings.insurance_mobile_platform_key),
    )
    return MobileBureau(
        national,
        url=settings.insurance_mobile_url,
        envelope=envelope,
        institution_code=settings.insurance_institution_code,
        customs=_customs(settings),
    )


def _authority(settings: Settings) -> MobileAuthority:
    return MobileAuthority(
        authorize_url=settings.insurance_mobile_authorize_url,
        query_url=settings.insurance_mobile_query_url,
        secret=settings.insurance_mobile_partner_secret.get_secret_value(),
    )


def _customs(settings: Settings) -> Customs:
    national = Customs()
    return Customs(
        suffixes=settings.insurance_suffixes,
        med_type=settings.insurance_med_type,
        fee_code=settings.insurance_fee_code,
        local_fee_code=settings.insurance_local_fee_code,
        clear_type=settings.insurance_clear_type,
        nothing_there=settings.insurance_nothing_there or national.nothing_there,
        timeout_seconds=settings.insurance_timeout_seconds,
        quote_timeout_seconds=settings.insurance_quote_timeout_seconds,
    )


def _sms(settings: Settings) -> SmsSender:
    """The vendors' SDKs are optional: only the chosen one's is imported."""
    if settings.sms_vendor == "aliyun":
        from hospital_app.adapters.sms_aliyun import AliyunSms

        return AliyunSms(
            access_key_id=settings.sms_aliyun_access_key_id,
            access_key_secret=settings.sms_aliyun_access_key_secret.get_secret_value(),
            sign_name=settings.sms_sign_name,
            templates=settings.sms_templates,
            url=settings.sms_url,
        )
    if settings.sms_vendor == "tencent":
        from hospital_app.adapters.sms_tencent import TencentSms

        return TencentSms(
            secret_id=settings.sms_tencent_secret_id,
            secret_key=settings.sms_tencent_secret_key.get_secret_value(),
            app_id=settings.sms_tencent_app_id,
            region=settings.sms_tencent_region,
            sign_name=settings.sms_sign_name,
            templates=settings.sms_templates,
            url=settings.sms_url,
        )
    return SandboxSms(settings.sms_url, settings.sms_token.get_secret_value())


def _identities(settings: Settings) -> Iterator[IdentityProvider]:
    """Those ways in that are configured, in the order of their buttons."""
    if settings.wechat_login_appid:
        yield WeChatIdentity(
            appid=settings.wechat_login_appid,
            secret=settings.wechat_login_secret.get_secret_value(),
            scope=settings.wechat_login_scope,
            authorize_url=settings.wechat_login_authorize_url,
            api_url=settings.wechat_login_api_url,
        )
    if settings.alipay_login_app_id:
        if settings.alipay_login_private_key_path is None or settings.alipay_login_public_key_path is None:
            raise ValueError(
                "HOSPITAL_ALIPAY_LOGIN_PRIVATE_KEY_PATH and HOSPITAL_ALIPAY_LOGIN_PUBLIC_KEY_PATH must be set"
            )
        yield AlipayIdentity(
            app_id=settings.alipay_login_app_id,
            private_key=settings.alipay_login_private_key_path.read_text(),
            public_key=settings.alipay_login_public_key_path.read_text(),
            authorize_url=settings.alipay_login_authorize_url,
            gateway_url=settings.alipay_login_gateway_url,
        )


def _payer(settings: Settings) -> WeChatIdentity | None:
    """An openid is of one appid: only the one that WeChat Pay knows the merchant by is of use."""
    if not settings.wechat_mchid or settings.wechat_login_appid != settings.wechat_appid:
        return None
    return WeChatIdentity(
        appid=settings.wechat_login_appid,
        secret=settings.wechat_login_secret.get_secret_value(),
        scope="snsapi_base",
        authorize_url=settings.wechat_login_authorize_url,
        api_url=settings.wechat_login_api_url,
    )


def _payments(settings: Settings, client: redis.Redis) -> Iterator[PaymentGateway]:
    """Those channels that are configured."""
    if settings.wechat_mchid:
        yield _wechat(settings, client)
    if settings.alipay_app_id:
        yield _alipay(settings, client)


def _wechat(settings: Settings, client: redis.Redis) -> WeChatPay:
    if settings.wechat_private_key_path is None or settings.wechat_public_key_path is None:
        raise ValueError("HOSPITAL_WECHAT_PRIVATE_KEY_PATH and HOSPITAL_WECHAT_PUBLIC_KEY_PATH must be set")

    seen, mark = _nonces(client, "wechat", seconds=900)
    return WeChatPay(
        appid=settings.wechat_appid,
        mchid=settings.wechat_mchid,
        serial_no=settings.wechat_serial_no,
        private_key=settings.wechat_private_key_path.read_text(),
        public_key=settings.wechat_public_key_path.read_text(),
        public_key_id=settings.wechat_public_key_id,
        apiv3_key=settings.wechat_apiv3_key.get_secret_value(),
        notify_url=settings.wechat_notify_url or f"{settings.public_url}/callbacks/wechat",
        return_url=f"{settings.public_url}/pay",
        gateway_url=settings.wechat_gateway_url,
        seen=seen,
        mark=mark,
    )


def _alipay(settings: Settings, client: redis.Redis) -> AlipayPay:
    if settings.alipay_private_key_path is None or settings.alipay_public_key_path is None:
        raise ValueError("HOSPITAL_ALIPAY_PRIVATE_KEY_PATH and HOSPITAL_ALIPAY_PUBLIC_KEY_PATH must be set")
    seen, mark = _nonces(client, "alipay", seconds=27 * 3600)
    return AlipayPay(
        app_id=settings.alipay_app_id,
        seller_id=settings.alipay_seller_id,
        private_key=settings.alipay_private_key_path.read_text(),
        public_key=settings.alipay_public_key_path.read_text(),
        notify_url=settings.alipay_notify_url or f"{settings.public_url}/callbacks/alipay",
        return_url=f"{settings.public_url}/pay",
        gateway_url=settings.alipay_gateway_url,
        cashier_url=settings.alipay_cashier_url,
        seen=seen,
        mark=mark,
    )


def _nonces(client: redis.Redis, channel: str, *, seconds: int) -> tuple[Callable[[str], bool], Callable[[str], None]]:
    """Whether a callback's nonce was taken before, and that it was. Redis down: it passes, the books know it anyway."""

    def seen(nonce: str) -> bool:
        try:
            return bool(client.exists(f"guahao:nonce:{channel}:{nonce}"))
        except redis.RedisError:
            return False

    def mark(nonce: str) -> None:
        with suppress(redis.RedisError):
            client.set(f"guahao:nonce:{channel}:{nonce}", 1, ex=seconds)

    return seen, mark


_in_use: list[Container] = []


def container() -> Container:
    """The container of this process, built from the settings when first asked for."""
    if not _in_use:
        _in_use.append(build(get_settings()))
    return _in_use[0]


def use(chosen: Container) -> None:
    """Make `chosen` this process's container: tests bring their own stores, sandboxes and clock."""
    _in_use[:] = [chosen]
