"""医疗收费电子票据 as a PDF: real text in an embedded open font, so that it can be selected, searched and read out.

A5 across, as the printed bill is. The font's file is Noto Sans SC, of which only the characters that occur go in.
"""

import io
from collections.abc import Sequence

import qrcode
from fpdf import FPDF
from fpdf.enums import XPos, YPos
from fpdf.fonts import TTFFont
from pylopdf_fonts_zh_cn import sans_path
from qrcode.constants import ERROR_CORRECT_M
from qrcode.image.pure import PyPNGImage

from hospital_app.domain.calendar import local
from hospital_app.domain.money import yuan
from hospital_app.domain.receipts import INSURANCES, Receipt, in_words

WIDTH, HEIGHT, EDGE = 210.0, 148.0, 12.0
INSIDE = WIDTH - 2 * EDGE
FACE = "Noto Sans SC"
#: 〓 stands for a character that a typesetter does not have.
MISSING = "〓"
INK, SOFT, RED, RULE, PALE = (23, 28, 38), (88, 96, 110), (178, 34, 34), (150, 60, 60), (226, 229, 234)
CHANNELS = {"wechat": "微信支付", "alipay": "支付宝", "onsite": "窗口现金", "insurance": "医保"}


def draw(receipt: Receipt, *, hospital: str, verify_url: str) -> bytes:
    """`verify_url`: where the issuing platform shows this bill; it is the QR code."""
    sheet = _Sheet(receipt, hospital)
    sheet.head(verify_url)
    sheet.table()
    sheet.rest()
    sheet.foot()
    return sheet.finished()


class _Sheet:
    def __init__(self, receipt: Receipt, hospital: str) -> None:
        self.receipt, self.hospital = receipt, hospital
        self.pdf = pdf = FPDF(orientation="landscape", format=(HEIGHT, WIDTH))
        pdf.set_margins(EDGE, 9, EDGE)
        pdf.set_auto_page_break(False)
        pdf.add_font(FACE, fname=sans_path())
        pdf.set_title(f"医疗门诊收费票据（电子）{receipt.invoice.number}")
        pdf.set_author(hospital)
        pdf.set_lang("zh-CN")
        pdf.set_creation_date(receipt.issued_at)
        font = pdf.fonts[FACE.lower()]
        self.known = font.cmap if isinstance(font, TTFFont) else {}
        pdf.add_page()

    def finished(self) -> bytes:
        out = io.BytesIO()
        self.pdf.output(out)
        return out.getvalue()

    def head(self, verify_url: str) -> None:
        pdf, bill = self.pdf, self.receipt.invoice
        if self.receipt.of_sandbox:
            self._across("演示票据 不作报销凭证", 30, PALE, y=112)
        self._text("医疗门诊收费票据（电子）", EDGE, 9, INSIDE, size=17, align="C", colour=RED)
        pdf.set_draw_color(*RULE)
        pdf.set_line_width(0.4)
        for y in (19.5, 20.5):
            pdf.line(WIDTH / 2 - 52, y, WIDTH / 2 + 52, y)
        pdf.image(_code(verify_url), x=EDGE, y=7, w=27, h=27, alt_text="核验票据的二维码")
        left, right = EDGE + 31, EDGE + 112
        self._named("票据代码", bill.batch_code, left, 23)
        self._named("票据号码", bill.number, right, 23)
        self._named("交款人", self.receipt.payer, left, 29, width=50)
        self._named("校验码", bill.check_code, right, 29)
        self._named("开票日期", f"{local(self.receipt.issued_at):%Y-%m-%d}", left, 35)

    def table(self) -> None:
        pdf, total = self.pdf, self.receipt.split.total_fen
        widths = (78.0, 30.0, 36.0, INSIDE - 144)
        pdf.set_line_width(0.25)
        self._row(("项目名称", "数量/单位", "金额（元）", "备注"), widths, 43, 7, colour=SOFT, aligns="CCCC")
        self._row(("挂号诊查费", "1/次", yuan(total), ""), widths, 50, 9, aligns="LCRL")
        self._row(
            (f"金额合计（大写）{in_words(total)}", f"（小写）{yuan(total)}"), (108.0, INSIDE - 108), 59, 9, aligns="LL"
        )

    def rest(self) -> None:
        """其他信息: two columns."""
        seen, split = self.receipt, self.receipt.split
        left = [
            ("业务流水号", seen.payment_no),
            ("挂号单号", seen.appointment_no),
            ("就诊科室", seen.department),
            ("就诊日期", f"{local(seen.visit_at):%Y-%m-%d}"),
            ("医保类型", INSURANCES.get(seen.insurance_kind, "医保") if seen.insurance_settlement else "自费"),
            ("医保结算号", seen.insurance_settlement or "—"),
        ]
        right = [
            ("医保统筹基金支付", yuan(split.fund_fen)),
            ("个人账户支付", yuan(split.insurance_account_fen)),
            ("个人现金支付", yuan(split.cash_fen)),
            ("现金支付方式", CHANNELS.get(seen.channel, seen.channel) if split.cash_fen else "—"),
        ]
        self.pdf.rect(EDGE, 68, INSIDE, 45)
        self._text("其他信息", EDGE + 2, 69.5, 40, size=8, colour=SOFT)
        for column, x, width in ((left, EDGE + 2, 60.0), (right, EDGE + 108, 36.0)):
            for turn, (name, value) in enumerate(column):
                self._named(name, value, x, 75.5 + 6 * turn, width=width)

    def foot(self) -> None:
        seen = self.receipt
        self._named("收款单位", self.hospital, EDGE, 116, width=80)
        self._named("收款人", "挂号系统", EDGE + 112, 116)
        said = "扫描左上角二维码，可在开票平台核验票据的真伪和状态；重复打印、下载的是同一张票据。"
        if seen.red_lettered_at is not None:
            self._stamp()
            day = f"{local(seen.red_lettered_at):%Y-%m-%d}"
            said = f"本票据已于 {day} 冲红作废，款项已退，不得作为报销凭证。"
        self._text(said, EDGE, 125, INSIDE, size=8, colour=SOFT if seen.red_lettered_at is None else RED)

    def _stamp(self) -> None:
        pdf, x, y = self.pdf, 154.0, 100.0
        pdf.set_draw_color(*RED)
        pdf.set_line_width(0.9)
        with pdf.rotation(12, x=x + 20, y=y + 7):
            pdf.rect(x, y, 40, 14)
            self._text("已冲红作废", x, y + 2.5, 40, size=18, align="C", colour=RED)

    def _across(self, text: str, size: float, colour: tuple[int, int, int], *, y: float) -> None:
        with self.pdf.rotation(24, x=WIDTH / 2, y=y - 36):
            self._text(text, EDGE, y - 42, INSIDE, size=size, align="C", colour=colour)

    def _named(self, name: str, value: str, x: float, y: float, *, width: float = 44) -> None:
        self._text(f"{name}：", x, y, 40, size=9, colour=SOFT)
        aside = self.pdf.get_string_width(f"{name}：") + 1
        self._text(value, x + aside, y, width, size=9)

    def _row(
        self,
        texts: Sequence[str],
        widths: Sequence[float],
        y: float,
        height: float,
        *,
        colour: tuple[int, int, int] = INK,
        aligns: str,
    ) -> None:
        x = EDGE
        for text, width, align in zip(texts, widths, aligns, strict=True):
            self.pdf.rect(x, y, width, height)
            self._text(text, x + 2, y + height / 2 - 2.5, width - 4, size=10, align=align, colour=colour)
            x += width

    def _text(
        self,
        text: str,
        x: float,
        y: float,
        width: float,
        *,
        size: float,
        align: str = "L",
        colour: tuple[int, int, int] = INK,
    ) -> None:
        """Smaller where it would not fit; nothing is cut off."""
        pdf = self.pdf
        shown = "".join(letter if ord(letter) in self.known else MISSING for letter in text)
        pdf.set_font(FACE, size=size)
        if (wide := pdf.get_string_width(shown)) > width:
            pdf.set_font(FACE, size=size * width / wide)
        pdf.set_text_color(*colour)
        pdf.set_xy(x, y)
        pdf.c_margin = 0
        pdf.cell(width, size * 0.5, shown, align=align, new_x=XPos.RIGHT, new_y=YPos.TOP)


def _code(text: str) -> io.BytesIO:
    code = qrcode.QRCode(error_correction=ERROR_CORRECT_M, box_size=6, border=2)
    code.add_data(text)
    picture = io.BytesIO()
    code.make_image(image_factory=PyPNGImage).save(picture)
    picture.seek(0)
    return picture
