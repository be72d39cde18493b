"""Each sandbox once per test file, as its own process on a loopback port."""

from collections.abc import Iterator

import pytest

from hospital_app.adapters.his_fhir import FhirHis
from hospital_app.adapters.sms_sandbox import SandboxSms
from tests.adapters.alipay_merchant import AlipayMerchant
from tests.adapters.merchant import Merchant
from tests.adapters.world import Ear, Sandbox, sandbox
from tests.support.outside import AlipaySandbox, IdentitySandbox
from tests.support.processes import running


@pytest.fixture(scope="module")
def wechat(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Sandbox]:
    with sandbox("wechat", tmp_path_factory.mktemp("wechat")) as world:
        yield world


@pytest.fixture(scope="module")
def his_world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Sandbox]:
    with sandbox("his", tmp_path_factory.mktemp("his")) as world:
        yield world


@pytest.fixture(scope="module")
def sms_world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Sandbox]:
    with sandbox("sms", tmp_path_factory.mktemp("sms")) as world:
        yield world


@pytest.fixture(scope="module")
def identity_world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[IdentitySandbox]:
    world = IdentitySandbox(tmp_path_factory.mktemp("identity"))
    with running(world):
        yield world


@pytest.fixture(scope="module")
def alipay_world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[AlipaySandbox]:
    world = AlipaySandbox(tmp_path_factory.mktemp("alipay"))
    with running(world):
        yield world


@pytest.fixture
def ear() -> Iterator[Ear]:
    listening = Ear()
    listening.open()
    yield listening
    listening.close()


@pytest.fixture
def merchant(wechat: Sandbox, ear: Ear) -> Merchant:
    return Merchant(wechat, ear)


@pytest.fixture
def alipay_merchant(alipay_world: AlipaySandbox, ear: Ear) -> AlipayMerchant:
    return AlipayMerchant(alipay_world, ear)


@pytest.fixture
def his(his_world: Sandbox) -> FhirHis:
    return FhirHis(f"{his_world.url}/fhir/R4", his_world.keys.his_token)


@pytest.fixture
def sms(sms_world: Sandbox) -> SandboxSms:
    return SandboxSms(sms_world.url, sms_world.keys.sms_token)
