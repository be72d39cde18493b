/* Passkeys (fingerprint, face) in the browser: <gh-passkey> around a button that signs in, adds one, or proves a second
   factor. The browser's own JSON goes over REST; whatever goes wrong becomes one sentence that says what to do. */
(() => {
  "use strict";
  if (customElements.get("gh-passkey")) return;
  const say = (zh, en) => (document.documentElement.lang === "en" ? en : zh);

  /* Why passkeys cannot work in this browser at this address; undefined if they can. */
  function obstacle() {
    const { hostname, port, pathname, search } = location;
    if (hostname === "127.0.0.1" || hostname === "[::1]") {
      const home = `http://localhost${port && `:${port}`}`;
      return { text: say("指纹/面容登录不能用于数字网址，请改用", "Fingerprint and face do not work at a numeric address, use"),
        link: home + pathname + search, name: home };
    }
    if (/^[\d.]+$|^\[/.test(hostname))
      return { text: say("指纹/面容登录不能用于数字网址，请用医院公布的网址打开。", "Fingerprint and face do not work at a numeric address. Open the address that the hospital gives.") };
    if (!window.isSecureContext)
      return { text: say("指纹/面容登录只能用于 https 网址，请用医院公布的网址打开。", "Fingerprint and face need an https address. Open the address that the hospital gives.") };
    if (!window.PublicKeyCredential?.parseRequestOptionsFromJSON)
      return { text: say("这个浏览器不能用指纹/面容登录，请更新系统，或换手机自带的浏览器打开。", "This browser cannot use fingerprint or face. Update the system, or open the page in the phone's own browser.") };
    return undefined;
  }

  /* What the hospital refused, in its own words. */
  class Refused extends Error {
    constructor(answer) {
      super(answer.detail ?? say("没有成功，请稍后再试。", "That did not work, please try again later."));
      this.code = answer.error;
    }
  }
  async function call(path, body) {
    let response;
    try {
      response = await fetch(`/api/v1${path}`, {
        method: "POST",
        headers: { "Content-Type": "application/json", "Accept-Language": say("zh-CN", "en") },
        body: body && JSON.stringify(body),
      });
    } catch {
      throw new Refused({ detail: say("连不上网络，请检查后再试。", "No connection. Check the network and try again.") });
    }
    const answer = await response.json().catch(() => ({}));
    if (!response.ok) throw new Refused(answer);
    return answer;
  }

  async function signIn() {
    const { handle, options } = await call("/passkeys/request-options");
    const publicKey = PublicKeyCredential.parseRequestOptionsFromJSON(options);
    const credential = await navigator.credentials.get({ publicKey });
    try {
      await call("/passkeys/sessions", { handle, credential: credential.toJSON() });
    } catch (fault) {
      // So that the phone stops offering what has been removed here.
      if (fault.code === "passkey_unknown")
        await PublicKeyCredential.signalUnknownCredential?.({ rpId: options.rpId, credentialId: credential.id }).catch(() => {});
      throw fault;
    }
    document.dispatchEvent(new CustomEvent("gh-signed-in", { detail: "/" }));
  }
  async function add() {
    const { handle, options } = await call("/passkeys/creation-options");
    const publicKey = PublicKeyCredential.parseCreationOptionsFromJSON(options);
    const credential = await navigator.credentials.create({ publicKey });
    await call("/passkeys", { handle, credential: credential.toJSON() });
    document.querySelector("[data-gh-passkey-added]")?.click();
    return say("已添加，下次可以用它登录。", "Added: next time you can sign in with it.");
  }
  /* The form's password was right, and with the demand for more came what to ask the device. */
  async function prove(gate) {
    const { handle, options } = gate.offer;
    const publicKey = PublicKeyCredential.parseRequestOptionsFromJSON(options);
    const credential = await navigator.credentials.get({ publicKey });
    const typed = [...new FormData(gate.form)].filter(([name]) => name !== "otp").map(([name, value]) => [name, value.trim()]);
    await call("/staff/sessions", { ...Object.fromEntries(typed), passkey: { handle, credential: credential.toJSON() } });
    document.dispatchEvent(new CustomEvent("gh-signed-in", { detail: gate.form.dataset.next }));
  }
  const tasks = { signin: signIn, add, prove };

  const again = {
    signin: () => say("没有完成验证：取消了、等太久了，或者这台设备还没有添加过。请再试一次，或用短信验证码登录。",
      "The check was not completed: cancelled, too slow, or nothing was added on this device. Try again, or sign in with a text message code."),
    add: () => say("没有完成验证：取消了、等太久了，或者设备没有设置指纹、面容或锁屏密码。请设好以后再试。",
      "The check was not completed: cancelled, too slow, or the device has no fingerprint, face or screen lock. Set one up and try again."),
    prove: () => say("没有完成验证：取消了、等太久了，或者这台设备还没有添加过。请再试一次，或填动态码、恢复码。",
      "The check was not completed: cancelled, too slow, or nothing was added on this device. Try again, or enter a code."),
  };
  const sentences = {
    InvalidStateError: () => say("这台设备已经添加过，可以直接用它登录。", "This device was added already: just sign in with it."),
    NotSupportedError: () => say("这台设备不能保存通行密钥，请更新系统，或换一台设备添加。", "This device cannot keep a passkey. Update it, or use another device."),
    ConstraintError: () => say("请先在系统设置里打开指纹、面容或锁屏密码，再来添加。", "Turn on fingerprint, face or a screen lock in the system settings first, then add this device."),
    SecurityError: () => say("这个网址不能用指纹/面容登录，请用医院公布的网址打开。", "Fingerprint and face do not work at this address. Open the one that the hospital gives."),
  };
  const sentence = (fault, task) => (fault instanceof Refused ? fault.message : (sentences[fault.name] ?? again[task])());

  /* The page comes drawn from the server; until React has taken it over, no text in it may change. */
  function whenTaken(element, work) {
    if (Object.keys(element).some((name) => name.startsWith("__react"))) work();
    else if (element.isConnected) requestAnimationFrame(() => whenTaken(element, work));
  }

  class Passkey extends HTMLElement {
    connectedCallback() {
      this.button = this.querySelector("button");
      // The parser tells of an element before it has read what is inside.
      if (!this.button) return requestAnimationFrame(() => this.isConnected && this.connectedCallback());
      const reason = obstacle();
      if (this.dataset.task === "prove") return this.wait(reason);
      this.button.hidden = Boolean(reason);
      if (reason) return whenTaken(this.spot, () => this.explain(reason));
      this.listen();
    }
    listen() {
      this.listener = () => this.start();
      this.button.addEventListener("click", this.listener);
    }
    /* Until the server says that this one has a passkey for this address. */
    wait(reason) {
      this.hidden = true;
      if (reason) return;
      this.form = this.closest("form");
      this.form.addEventListener("gh-asked", ({ detail }) => {
        this.offer = detail.passkey ?? this.offer;
        this.hidden = !this.offer;
      });
      this.listen();
    }
    explain(reason) {
      this.tell(reason.text, "hint");
      if (!reason.link) return;
      const link = document.createElement("a");
      Object.assign(link, { href: reason.link, textContent: reason.name, className: "text-link" });
      this.spot.append(" ", link);
    }
    disconnectedCallback() {
      this.button?.removeEventListener("click", this.listener);
    }
    get spot() {
      return this.querySelector("[data-passkey-told]");
    }
    tell(text, kind) {
      this.spot.className = kind;
      this.spot.textContent = text;
    }
    async start() {
      if (this.button.getAttribute("aria-busy") === "true") return;
      this.tell("", "error");
      this.button.setAttribute("aria-busy", "true");
      try {
        this.tell((await tasks[this.dataset.task](this)) ?? "", "hint ink-ok");
      } catch (fault) {
        this.tell(sentence(fault, this.dataset.task), "error");
      }
      this.button.removeAttribute("aria-busy");
    }
  }
  customElements.define("gh-passkey", Passkey);
})();
