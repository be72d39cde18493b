"""一位医生: title, specialty, introduction, photo."""

import reflex as rx

from hospital_app.domain.staffing import TITLES
from pages.components.browser import WAITS
from pages.components.cards import face
from pages.components.forms import field, long_field, select_field
from pages.components.parts import button, button_link, card, section
from pages.components.records import admin_page
from pages.components.staff import work_head
from pages.components.staff_browser import PhotoUpload, uploads_script
from pages.components.text import t
from state.doctor_records import DoctorRecordState


def _photo() -> rx.Component:
    return section(
        t("照片"),
        card(
            face(DoctorRecordState.mark, DoctorRecordState.photo, DoctorRecordState.name, size="avatar-l"),
            PhotoUpload.create(
                rx.el.div(
                    rx.el.label(t("上传新照片"), html_for="photo"),
                    rx.el.p(t("JPEG、PNG 或 WebP，不超过 5 MB"), id="photo-hint", class_name="hint"),
                    rx.el.input(
                        id="photo",
                        type="file",
                        accept="image/jpeg,image/png,image/webp",
                        class_name="input",
                        custom_attrs={"aria-describedby": "photo-hint photo-told"},
                    ),
                    rx.el.p(id="photo-told", role="alert", custom_attrs={"data-told": ""}),
                    class_name="field",
                ),
                rx.el.button(
                    type="button",
                    hidden=True,
                    on_click=DoctorRecordState.look_again,
                    custom_attrs={"data-done": "", "aria-label": t("照片已上传")},
                ),
                custom_attrs={"doctor": DoctorRecordState.id},
            ),
            rx.cond(
                DoctorRecordState.photo != "",
                button(t("移除照片"), kind="loss", on_click=DoctorRecordState.remove_photo, custom_attrs=WAITS),
            ),
            class_name="stack record",
        ),
    )


def _form() -> rx.Component:
    return card(
        rx.el.form(
            field("name", t("姓名"), default_value=DoctorRecordState.name, max_length=40, required=True),
            select_field(
                "gender",
                t("性别"),
                [("female", t("女")), ("male", t("男")), ("unknown", t("未说明"))],
                default_value=DoctorRecordState.gender,
            ),
            select_field(
                "title",
                t("职称"),
                [(title, t(title)) for title in TITLES],
                default_value=DoctorRecordState.title,
            ),
            field("specialty", t("专长"), default_value=DoctorRecordState.specialty, max_length=200),
            long_field("introduction", t("简介"), default_value=DoctorRecordState.introduction, max_length=2000),
            button(t("保存"), type="submit", kind="primary btn-block", custom_attrs=WAITS),
            on_submit=DoctorRecordState.save,
            class_name="stack",
        ),
        class_name="record",
    )


def page() -> rx.Component:
    return admin_page(
        DoctorRecordState,
        work_head(
            rx.cond(DoctorRecordState.loaded, DoctorRecordState.said, t("医生")),
            rx.cond(
                DoctorRecordState.staff_href != "",
                button_link(t("账号与在岗"), DoctorRecordState.staff_href, kind="plain"),
            ),
            button_link(t("全部医生"), "/admin/doctors", kind="plain"),
            note=DoctorRecordState.department,
        ),
        rx.el.div(section(t("资料"), _form()), _photo(), class_name="records-beside"),
        uploads_script(),
        current="/admin/doctors",
    )
