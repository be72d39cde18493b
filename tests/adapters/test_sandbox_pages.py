"""The sandboxes' pages in Chromium: accessible in light and dark, narrow and wide, under their own strict CSP."""

import re
from collections.abc import Iterator

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page, sync_playwright

from hospital_app.adapters.his_fhir import FhirHis
from hospital_app.adapters.sms_sandbox import SandboxSms
from tests.adapters.merchant import Merchant
from tests.adapters.test_alipay_identity import alipay_at
from tests.adapters.test_his import a_slot, an_appointment
from tests.adapters.test_insurance_bureau import a_visit, agreed
from tests.adapters.test_wechat_identity import wechat_at
from tests.adapters.world import Sandbox
from tests.support.bureau import Bureau
from tests.support.outside import IdentitySandbox
from tests.support.processes import running
from tests.support.programs import find_program

WIDTHS = (320, 1280)


@pytest.fixture(scope="module")
def insurance_world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Bureau]:
    world = Bureau(tmp_path_factory.mktemp("insurance-page"))
    with running(world):
        yield world


@pytest.fixture(scope="module")
def chromium() -> Iterator[Browser]:
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=find_program("chromium"), args=["--no-sandbox"])
        yield browser
        browser.close()


@pytest.fixture(params=["light", "dark"])
def page(chromium: Browser, request: pytest.FixtureRequest) -> Iterator[Page]:
    context = chromium.new_context(color_scheme=request.param, locale="zh-CN")
    page = context.new_page()
    complaints: list[str] = []
    page.on("console", lambda message: complaints.append(message.text) if message.type == "error" else None)
    page.on("pageerror", lambda error: complaints.append(str(error)))
    yield page
    context.close()
    assert complaints == []


def inspect(page: Page, address: str) -> None:
    for width in WIDTHS:
        page.set_viewport_size({"width": width, "height": 800})
        page.goto(address)
        found = Axe().run(page).response["violations"]
        assert [(each["id"], each["nodes"][0]["html"]) for each in found] == []
        assert page.evaluate("document.documentElement.scrollWidth") <= width
        targets = "[...document.querySelectorAll('a, button, input[type=number], input[type=text], label.radio')]"
        assert page.evaluate(f"Math.min(...{targets}.map(e => e.getBoundingClientRect().height))") >= 44


def test_the_cashier(page: Page, merchant: Merchant) -> None:
    payment_no, paid = merchant.placed(), merchant.paid()
    address = f"{merchant.world.url}/sandbox/cashier"
    inspect(page, f"{address}/{payment_no}?redirect_url=/sandbox")
    inspect(page, f"{address}/{paid}?redirect_url=/sandbox")
    inspect(page, address)
    page.goto(f"{address}/{payment_no}?redirect_url=/sandbox")
    page.get_by_role("timer").filter(has_text=re.compile("^14:5[0-8]$")).wait_for(timeout=8000)
    page.get_by_role("button", name="支付成功").click()
    page.wait_for_url(f"{merchant.world.url}/sandbox")
    merchant.ear.wait_for(2)


def test_the_cashier_closes_by_itself(page: Page, merchant: Merchant) -> None:
    payment_no = merchant.placed(seconds=3)
    page.goto(f"{merchant.world.url}/sandbox/cashier/{payment_no}")
    page.get_by_text("订单已关闭").wait_for(timeout=8000)
    assert page.get_by_role("button").count() == 0


def test_the_messages(page: Page, sms: SandboxSms, sms_world: Sandbox) -> None:
    sms.send("13812345678", "login_code", {"code": "314159"})
    inspect(page, f"{sms_world.url}/sandbox/sms")
    sms.send("13812345678", "login_code", {"code": "271828"})
    page.get_by_text(re.compile("^271828$")).wait_for(timeout=8000)  # without a reload


def test_the_hospital_information_system(page: Page, his: FhirHis, his_world: Sandbox) -> None:
    his.put(an_appointment("A-page"))
    his.put(a_slot("S-page"))
    address = f"{his_world.url}/sandbox/his"
    inspect(page, address)
    page.get_by_role("button", name="停机").click()
    page.get_by_text("已停机").wait_for()
    inspect(page, address)
    page.get_by_role("button", name="恢复").click()
    page.get_by_text("运行中").wait_for()


@pytest.mark.parametrize("vendor", ["wechat", "alipay"])
def test_who_signs_in(page: Page, identity_world: IdentitySandbox, vendor: str) -> None:
    asks = wechat_at if vendor == "wechat" else alipay_at
    address = asks(identity_world).authorize_url(state="a1", return_url="http://localhost:8000/sandbox/identity?x=1")
    inspect(page, f"{identity_world.url}{address}")
    page.get_by_label("另一个").fill("<b>花花</b>")
    page.get_by_role("button", name="用这个账号").click()
    page.wait_for_url(re.compile(r"/sandbox/identity\?x=1&.*code=\w{32}"))
    page.get_by_text("<b>花花</b>，授权码未使用").first.wait_for()
    inspect(page, f"{identity_world.url}/sandbox/identity")
    page.goto(f"{identity_world.url}{address}")
    page.get_by_role("button", name="拒绝").click()
    page.wait_for_url(re.compile(r"/sandbox/identity\?x=1&(?!.*code=)"))


def test_the_insurance_bureau(page: Page, insurance_world: Bureau) -> None:
    bureau, visit = insurance_world.bureau(), a_visit()
    bureau.settle(agreed(bureau, visit, bureau.quote(visit)))
    address = f"{insurance_world.url}/sandbox/insurance"
    inspect(page, address)
    page.get_by_label("2207 结算", exact=True).check()
    page.get_by_label("已办理，但不应答").check()
    page.get_by_role("button", name="下一次照此出错").click()
    page.get_by_text("2207 已办理，但不应答 1 次").wait_for()
    page.get_by_role("button", name="全部取消").click()
    page.get_by_text("一切正常").wait_for()


def test_the_index(page: Page, sms_world: Sandbox) -> None:
    inspect(page, f"{sms_world.url}/sandbox")
