"""The one exception that a user may read."""


class Refusal(Exception):
    """业务拒绝：告诉用户发生了什么、现在该做什么。

    `code` is stable and in English (API contract), `message` one Chinese sentence that says what to do next and
    is a template of the catalogue, filled with `params`; `status` is the HTTP status; `extra` goes into the answer
    beside it (e.g. {"missing": ["id_number"]}). Never logged as an error, never pages anyone.
    """

    def __init__(
        self,
        code: str,
        message: str,
        status: int = 409,
        *,
        params: dict[str, object] | None = None,
        extra: dict[str, object] | None = None,
    ) -> None:
        self.code = code
        self.template = message
        self.params = params or {}
        self.status = status
        self.extra = extra or {}
        super().__init__(self.message)

    @property
    def message(self) -> str:
        return self.template.format(**self.params) if self.params else self.template


def not_found(what: str) -> Refusal:
    """The same answer for what does not exist and for what is somebody else's."""
    return Refusal("not_found", "没有找到{what}，请返回上一页重新选择。", 404, params={"what": what})


def forbidden() -> Refusal:
    return Refusal("forbidden", "您没有权限做这件事，如有需要请联系管理员。", 403)


def signed_out() -> Refusal:
    return Refusal("signed_out", "请先登录，再继续操作。", 401)


def malformed(what: str) -> Refusal:
    """Wrong type or shape of something that a form of ours would never send."""
    return Refusal("malformed", "{what}的内容不正确，请检查后重试。", 422, params={"what": what})
