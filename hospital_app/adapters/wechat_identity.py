"""微信登录 (网页授权). The token comes through authlib, which is taught what is WeChat's own: credentials in the query,
errors as errcode with HTTP 200, no token_type, UTF-8 that says it is text/plain.

The authorise address is made by hand: WeChat checks it by a regular expression that knows one order of parameters,
and authlib has another. See docs/decisions/0008-signing-in-through-wechat-and-alipay.md.
"""

import json
import logging
from typing import Any
from urllib.parse import quote

import requests
from authlib.common.urls import add_params_to_uri
from authlib.integrations.base_client import OAuthError
from authlib.integrations.requests_client import OAuth2Session

from hospital_app.domain.linking import Proven, Provider
from hospital_app.ports import Rejected, Silent, Unreachable

log = logging.getLogger(__name__)

API = "https://api.weixin.qq.com"
#: In WeChat's own browser; by a QR code on any other (a "website application", with an appid of its own).
IN_WECHAT = "https://open.weixin.qq.com/connect/oauth2/authorize"
BY_QR = "https://open.weixin.qq.com/connect/qrconnect"
QR_SCOPE = "snsapi_login"
#: invalid, missing, used and expired codes: the person begins again. Everything else is ours or theirs to mend.
NO_CODE = {"40029", "41008", "40163", "42003"}


class WeChatIdentity:
    """IdentityProvider over WeChat's OAuth."""

    provider = Provider.WECHAT

    def __init__(
        self,
        *,
        appid: str,
        secret: str,
        scope: str = "snsapi_userinfo",
        authorize_url: str = "",
        api_url: str = "",
        timeout_seconds: float = 8,
    ) -> None:
        """The two addresses replace the vendor's own (sandbox); then no proxy of the environment is used."""
        self._appid = appid
        self._secret = secret
        self._scope = scope
        self._authorize = authorize_url or (BY_QR if scope == QR_SCOPE else IN_WECHAT)
        self._api = api_url.rstrip("/") or API
        self._trust_env = not api_url
        self._timeout_seconds = timeout_seconds

    def authorize_url(self, *, state: str, return_url: str) -> str:
        """`state`: letters and digits only, at most 128. This order of parameters and no other."""
        back = quote(return_url, safe="")
        query = f"appid={self._appid}&redirect_uri={back}&response_type=code&scope={self._scope}&state={state}"
        return f"{self._authorize}?{query}#wechat_redirect"

    def identify(self, code: str) -> Proven:
        token, profile = self._known(code)
        openid, unionid = str(token.get("openid") or ""), str(token.get("unionid") or "")
        subject = unionid or str(profile.get("unionid") or "") or openid
        if not subject:
            raise Unreachable("WeChat named nobody")
        return Proven(subject, str(profile.get("nickname") or ""))

    def openid(self, code: str) -> str:
        """By which this application, and no other, knows the person: WeChat Pay takes it for the same appid."""
        token, _ = self._known(code)
        if not token.get("openid"):
            raise Unreachable("WeChat named nobody")
        return str(token["openid"])

    def _known(self, code: str) -> tuple[dict[str, Any], dict[str, Any]]:
        """The token, and the profile where it may be seen."""
        with self._session() as session:
            try:
                token = session.fetch_token(
                    f"{self._api}/sns/oauth2/access_token", method="GET", grant_type="authorization_code", code=code
                )
                seen = self._scope != "snsapi_base"
                return token, self._profile(session, token, str(token.get("openid") or "")) if seen else {}
            except requests.Timeout as failure:
                raise Silent(f"WeChat: {type(failure).__name__}") from failure
            except (requests.RequestException, ValueError) as failure:
                raise Unreachable(f"WeChat: {type(failure).__name__}") from failure
            except OAuthError as refusal:
                raise _refused(str(refusal.error), str(refusal.description)) from refusal

    def _session(self) -> OAuth2Session:
        """For one exchange: it keeps the token that it fetched."""
        session = OAuth2Session(
            self._appid, self._secret, token_endpoint_auth_method="wechat", default_timeout=self._timeout_seconds
        )
        session.trust_env = self._trust_env
        session.register_client_auth_method(("wechat", _credentials))
        session.register_compliance_hook("access_token_response", _as_oauth)
        return session

    def _profile(self, session: OAuth2Session, token: dict[str, Any], openid: str) -> dict[str, Any]:
        asked = {"access_token": token["access_token"], "openid": openid, "lang": "zh_CN"}
        answer = session.request("GET", f"{self._api}/sns/userinfo", params=asked, withhold_token=True)
        content = _content(answer)
        if content.get("errcode"):
            raise OAuthError(str(content["errcode"]), str(content.get("errmsg", "")))
        return content


def _credentials(client: Any, method: str, uri: str, headers: Any, body: Any) -> tuple[str, Any, Any]:
    """As WeChat names them, in the query."""
    return add_params_to_uri(uri, [("appid", client.client_id), ("secret", client.client_secret)]), headers, body


def _as_oauth(answer: requests.Response) -> requests.Response:
    """What WeChat says, as RFC 6749 would have it."""
    content = _content(answer)
    if content.get("errcode"):
        content = {"error": str(content["errcode"]), "error_description": str(content.get("errmsg", ""))}
    elif "access_token" not in content:
        raise ValueError("neither a token nor an error")
    else:
        content["token_type"] = "Bearer"
    plain = requests.Response()
    plain.status_code = 200
    plain._content = json.dumps(content).encode()
    return plain


def _content(answer: requests.Response) -> dict[str, Any]:
    """By the bytes: called text/plain, `answer.json()` would take it for Latin-1. Raises ValueError."""
    answer.raise_for_status()
    content = json.loads(answer.content)
    if not isinstance(content, dict):
        raise ValueError("not a JSON object")
    return content


def _refused(errcode: str, words: str) -> Rejected | Unreachable:
    if errcode in NO_CODE:
        return Rejected(errcode, words)
    log.warning("WeChat refused a sign-in: %s %s", errcode, words)
    return Unreachable(f"WeChat: {errcode}")
