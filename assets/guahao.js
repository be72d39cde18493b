/* What the pages need from the browser itself: no framework, no eval, nothing from outside.
   Everything is driven by data-gh-* attributes, so that the pages stay plain markup. */
(() => {
  "use strict";
  const root = document.documentElement;
  const english = () => root.lang === "en";
  const say = (zh, en) => (english() ? en : zh);

  /* A short message of the browser's own ("copied"); the server's messages come through the page. */
  function tell(text) {
    let region = document.getElementById("gh-told");
    if (!region) {
      region = document.createElement("div");
      region.id = "gh-told";
      region.className = "notices";
      region.setAttribute("role", "status");
      document.body.append(region);
    }
    const note = document.createElement("p");
    note.className = "notice";
    note.textContent = text;
    region.replaceChildren(note);
    setTimeout(() => note.remove(), 6000);
  }

  /* --- <gh-countdown now until>: server seconds, so a phone with a wrong clock counts right ---- */
  class Countdown extends HTMLElement {
    static observedAttributes = ["now", "until"];
    connectedCallback() {
      this.setAttribute("role", "timer");
      this.spoken = document.createElement("span");
      this.spoken.className = "sr";
      this.spoken.setAttribute("role", "status");
      this.after(this.spoken);
      this.timer = setInterval(() => this.tick(), 250);
      this.start();
    }
    disconnectedCallback() {
      clearInterval(this.timer);
      this.spoken.remove();
    }
    attributeChangedCallback() {
      if (this.spoken) this.start();
    }
    start() {
      this.offset = Number(this.getAttribute("now")) * 1000 - performance.now();
      this.last = undefined;
      this.tick();
    }
    tick() {
      const until = Number(this.getAttribute("until"));
      if (!until) {
        this.textContent = "--:--";
        return;
      }
      const left = Math.max(0, Math.ceil(until - (this.offset + performance.now()) / 1000));
      if (left === this.last) return;
      const before = this.last;
      this.last = left;
      const two = (number) => String(number).padStart(2, "0");
      const hours = Math.floor(left / 3600);
      const minutes = two(Math.floor(left / 60) % 60);
      this.textContent = `${hours ? `${hours}:` : ""}${minutes}:${two(left % 60)}`;
      this.dataset.level = left === 0 ? "over" : left <= 60 ? "last" : left <= 300 ? "soon" : "calm";
      const crossed = (mark) => before !== undefined && before > mark && left <= mark;
      if (crossed(300)) this.spoken.textContent = say("还剩 5 分钟", "5 minutes left");
      if (crossed(60)) this.spoken.textContent = say("还剩 1 分钟", "1 minute left");
      if (crossed(0)) {
        this.spoken.textContent = say("时间到", "Time is up");
        document.querySelector("[data-gh-over]")?.click();
      }
    }
  }
  customElements.define("gh-countdown", Countdown);

  /* --- <gh-page>: one per page, around its heading --------------------------------------------
     A change of page inside the app is otherwise silent for a screen reader. */
  let pages = 0;
  let noticedAt = 0; // 0: nothing has been said since this document was loaded
  /* What was said about the last step is over with the next one. */
  const hush = () => document.querySelectorAll(".notice").forEach((notice) => (notice.hidden = true));
  class Page extends HTMLElement {
    connectedCallback() {
      if (performance.now() - noticedAt > 1500) hush(); // what has just been said belongs to the new page
      if (pages++ === 0) return;
      requestAnimationFrame(() => {
        const heading = document.querySelector("h1");
        if (!heading || document.activeElement?.matches("input,textarea,select")) return;
        heading.tabIndex = -1;
        heading.focus({ preventScroll: true });
      });
    }
  }
  customElements.define("gh-page", Page);

  /* --- <gh-panel of>: what a button opens beside itself ----------------------------------------
     Whoever comes by keyboard or listens goes on at its heading, and from where they came when it closes. */
  let opener = null;
  document.addEventListener("click", (event) => {
    if (!event.target.closest("gh-panel")) opener = event.target.closest("button, a");
  }, true);
  customElements.define("gh-panel", class extends HTMLElement {
    static observedAttributes = ["of"];
    attributeChangedCallback() {
      if (opener && this.getAttribute("of")) requestAnimationFrame(() => this.greet());
    }
    disconnectedCallback() {
      if (document.activeElement !== document.body) return;
      (opener?.isConnected ? opener : document.querySelector("main"))?.focus({ preventScroll: !opener?.isConnected });
    }
    greet() {
      const heading = this.querySelector("h2");
      if (!heading) return;
      heading.tabIndex = -1;
      heading.focus({ preventScroll: true });
    }
  });
  /* Escape leaves what is open: a panel by its own button, else the menu. A dialog does so by itself. */
  document.addEventListener("keydown", (event) => {
    if (event.key !== "Escape" || event.isComposing || document.querySelector("dialog[open]")) return;
    const shut = document.querySelector("gh-panel [data-gh-shut]");
    if (shut) return shut.click();
    const menu = document.querySelector("[data-gh=menu][aria-expanded=true]");
    menu?.click();
    menu?.focus();
  });

  /* --- <gh-leave to>: the channel's cashier is not a page of this app --------------------------
     The page is told once it is acted on, and forgets the address. Whoever comes back before that is sent to the same
     place again only if they have pressed something since. */
  const gone = () => document.querySelector("[data-gh-gone]")?.click();
  document.addEventListener("click", (event) => event.isTrusted && sessionStorage.removeItem("gh-left"), true);
  class Leave extends HTMLElement {
    static observedAttributes = ["to"];
    attributeChangedCallback() {
      const to = this.getAttribute("to");
      if (!to || sessionStorage.getItem("gh-left") === to) return;
      sessionStorage.setItem("gh-left", to);
      location.assign(to);
      queueMicrotask(gone);
    }
  }
  customElements.define("gh-leave", Leave);

  /* --- <gh-wechat order>: WeChat's own cashier, over a page that is open inside WeChat --------- */
  class WeChat extends HTMLElement {
    static observedAttributes = ["order"];
    attributeChangedCallback() {
      const order = this.getAttribute("order");
      if (!order) return;
      queueMicrotask(gone);
      const outside = () => document.querySelector("[data-gh-no-bridge]")?.click();
      const open = () =>
        window.WeixinJSBridge.invoke("getBrandWCPayRequest", JSON.parse(order), ({ err_msg: said }) => {
          if (!/:(ok|cancel)$/.test(said)) outside(); // what was paid shows by itself
        });
      if (window.WeixinJSBridge) return open();
      const late = setTimeout(outside, 3000);
      document.addEventListener("WeixinJSBridgeReady", () => (clearTimeout(late), open()), { once: true });
    }
  }
  customElements.define("gh-wechat", WeChat);

  /* --- <gh-slip no>: keeps a copy of the slip that opens without a network -------------------- */
  class Slip extends HTMLElement {
    static observedAttributes = ["ready"];
    attributeChangedCallback() {
      if (this.getAttribute("ready") === "true") this.keep().catch(() => {});
    }
    async keep() {
      if (!window.caches || !navigator.serviceWorker) return;
      await new Promise((done) => setTimeout(done, 400)); // let the picture of the QR arrive
      const copy = this.cloneNode(true);
      copy.querySelectorAll(".no-print").forEach((part) => part.remove());
      for (const image of copy.querySelectorAll("img:not([src^='data:'])")) {
        const blob = await (await fetch(image.src)).blob();
        image.src = await new Promise((done) => {
          const reader = new FileReader();
          reader.onload = () => done(reader.result);
          reader.readAsDataURL(blob);
        });
      }
      const css = [...document.styleSheets].flatMap((sheet) => [...sheet.cssRules]).map((rule) => rule.cssText).join("\n");
      const html = `<!doctype html><html lang="${root.lang}" class="${root.className}"><meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1"><title>${document.title}</title><style>${css} .lift-more { margin-top: 0 }</style>
<div class="app"><p class="banner banner-on" role="status">${say("现在没有网络，这是保存在手机上的挂号单", "You are offline: this is the slip saved on this phone")}</p>
<main class="main" style="padding-top:3.5rem">${copy.innerHTML}</main></div></html>`;
      const cache = await caches.open("guahao-slips");
      await cache.put(`/slip/${this.getAttribute("no")}`, new Response(html, { headers: { "Content-Type": "text/html; charset=utf-8" } }));
    }
  }
  customElements.define("gh-slip", Slip);

  /* --- actions by attribute ------------------------------------------------------------------- */
  const actions = {
    open: (value) => document.querySelector(value)?.showModal(),
    close: (_, button) => button.closest("dialog")?.close(),
    print: () => window.print(),
    reload: () => location.reload(),
    scroll: (value) =>
      setTimeout(() => {
        const to = document.querySelector(value);
        const behavior = matchMedia("(prefers-reduced-motion: reduce)").matches ? "auto" : "smooth";
        to?.scrollIntoView({ behavior, block: "start" });
        // Who comes by keyboard goes on from there, where it is made for that.
        if (to?.hasAttribute("tabindex")) to.focus({ preventScroll: true });
      }, 150),
    menu: (value, button) => {
      const open = document.querySelector(value)?.toggleAttribute("data-open");
      button.setAttribute("aria-expanded", String(Boolean(open)));
    },
    lang: (value) => {
      localStorage.setItem("guahao_lang", value);
      location.reload();
    },
    size: (_, button) => {
      const large = root.dataset.size !== "large";
      if (large) root.dataset.size = "large";
      else delete root.dataset.size;
      localStorage.setItem("guahao_size", large ? "large" : "");
      button.setAttribute("aria-pressed", String(large));
    },
    theme: (value) => {
      localStorage.setItem("theme", value);
      location.reload();
    },
    copy: async (value) => {
      await navigator.clipboard.writeText(value);
      tell(say("已复制", "Copied"));
    },
    share: async (value) => {
      if (navigator.share) await navigator.share({ title: document.title, text: value }).catch(() => {});
      else await actions.copy(value);
    },
    link: async (value) => {
      const response = await post(`/api/v1/identity/${value}/links`, { next: location.pathname }).catch(() => null);
      const answer = (await response?.json().catch(() => null)) ?? {};
      if (response?.ok) location.assign(answer.url);
      else tell(answer.detail ?? failed());
    },
    reveal: (value, button) => {
      const input = document.querySelector(value);
      const shown = input.type === "password";
      input.type = shown ? "text" : "password";
      button.setAttribute("aria-pressed", String(shown));
    },
    everywhere: (value) => actions.signout(value, null, "/api/v1/sessions"),
    signout: async (value, _, of = "/api/v1/sessions/current") => {
      leaving = true;
      await window.caches?.delete("guahao-slips");
      await fetch(of, { method: "DELETE" });
      sessionStorage.clear(); // the next person at this tab starts with an empty state
      location.assign(value || "/");
    },
  };
  document.addEventListener("click", (event) => {
    const button = event.target.closest?.("[data-gh]");
    if (!button) {
      if (event.target instanceof HTMLDialogElement) event.target.close(); // a click beside the sheet
      return;
    }
    actions[button.dataset.gh]?.(button.dataset.ghTo ?? "", button);
  });

  /* The session has ended, here or from another device: nothing of it stays on the screen. */
  let leaving = false;
  async function thrownOut() {
    leaving = true;
    await window.caches?.delete("guahao-slips");
    sessionStorage.clear();
    const door = /^\/(admin|desk|kiosk|staff)\b/.test(location.pathname) ? "/staff" : "/signin";
    location.assign(`${door}?next=${encodeURIComponent(location.pathname + location.search)}`);
  }

  /* --- a button at work: until a notice answers, the page changes, or four seconds have passed -- */
  const idle = () => document.querySelectorAll("[data-gh-wait][aria-busy]").forEach((b) => b.removeAttribute("aria-busy"));
  document.addEventListener("click", (event) => {
    const button = event.target.closest?.("[data-gh-wait]");
    if (!button || button.disabled) return;
    hush();
    setTimeout(() => button.setAttribute("aria-busy", "true"));
    setTimeout(() => button.removeAttribute("aria-busy"), 4000);
  });
  new MutationObserver((changes) => {
    if (!changes.some((change) => change.target.classList?.contains("notices"))) return;
    const notice = document.querySelector(".notice[data-serial]");
    const mark = notice ? `${notice.dataset.serial} ${notice.textContent}` : "";
    // The server remembers its last sentence: after a reload it comes again, and has been read already.
    if (notice && noticedAt === 0 && sessionStorage.getItem("guahao_notice") === mark) notice.hidden = true;
    if (notice) sessionStorage.setItem("guahao_notice", mark);
    if (notice?.dataset.signedOut === "true" && !notice.hidden && !leaving) thrownOut();
    noticedAt = performance.now();
    idle();
  }).observe(document.body, { childList: true, subtree: true });

  /* --- signing in: the cookie must be HttpOnly, so it is set by a plain request and not by the socket */
  const post = (url, body) =>
    fetch(url, {
      method: "POST",
      headers: { "Content-Type": "application/json", "Accept-Language": english() ? "en" : "zh-CN" },
      body: JSON.stringify(body),
    });
  /* Where a refusal is said; what the form does not ask for now is said at what it does. */
  const FIELDS = { bad_phone: "phone", weak_password: "new_password", wrong_code: "code", wrong_password: "password" };
  function fieldOf(form, error, usual) {
    const asked = [...form.querySelectorAll("[data-error]")]
      .map((spot) => spot.dataset.error)
      .filter((name) => form.elements[name] && !form.elements[name].matches(":disabled"));
    return [FIELDS[error], usual].find((name) => asked.includes(name)) ?? asked.at(-1) ?? usual;
  }
  const failed = () => say("没有成功，请稍后再试。", "That did not work, please try again later.");
  function complain(form, name, text) {
    const spot = form.querySelector(`[data-error="${name}"]`);
    const input = form.elements[name];
    spot.textContent = text;
    input.setAttribute("aria-invalid", String(Boolean(text)));
    if (text) input.focus();
  }
  function clear(form) {
    for (const spot of form.querySelectorAll("[data-error]")) complain(form, spot.dataset.error, "");
  }
  async function attempt(form, name, work) {
    clear(form);
    const way = form.dataset.way;
    try {
      const response = await work();
      if (response.ok) return true;
      const answer = await response.json().catch(() => ({}));
      if (form.dataset.way !== way) return false; // the visitor has gone another way meanwhile
      const asked = form.querySelector(`fieldset[data-when="${answer.error}"]`);
      if (asked) asked.hidden = asked.disabled = false;
      form.dispatchEvent(new CustomEvent("gh-asked", { detail: answer })); // to passkey.js
      complain(form, asked?.querySelector("input").name ?? fieldOf(form, answer.error, name), answer.detail ?? failed());
    } catch {
      complain(form, fieldOf(form, "", name), say("连不上网络，请检查后再试。", "No connection. Check the network and try again."));
    }
    return false;
  }
  function rest(button, seconds) {
    const words = button.textContent;
    button.disabled = true;
    const timer = setInterval(() => {
      seconds -= 1;
      button.textContent = seconds > 0 ? say(`${seconds} 秒后可重发`, `Again in ${seconds} s`) : words;
      if (seconds <= 0) {
        button.disabled = false;
        clearInterval(timer);
      }
    }, 1000);
  }
  document.addEventListener("click", async (event) => {
    const button = event.target.closest?.("[data-gh-code]");
    if (!button) return;
    const form = button.form;
    button.disabled = true;
    const own = button.dataset.ghCode; // to one's own phone, which the form need not name
    const ask = () => (own ? post(own) : post("/api/v1/sms-codes", { phone: form.elements.phone.value.trim() }));
    const sent = await attempt(form, own ? "code" : "phone", ask);
    button.disabled = false;
    if (!sent) return;
    rest(button, 60);
    form.querySelector("[data-sent]").hidden = false;
    form.elements.code.focus();
  });
  document.addEventListener("submit", async (event) => {
    const form = event.target.closest?.("form[data-gh-signin]");
    if (!form) return;
    event.preventDefault();
    const button = form.querySelector("[type=submit]");
    button.disabled = true;
    const fields = Object.fromEntries(new FormData(form));
    delete fields.way;
    for (const name of Object.keys(fields)) if (!name.endsWith("password")) fields[name] = fields[name].trim();
    leaving = true; // a new session ends the one before
    const signedIn = await attempt(form, form.dataset.ghSignin, () => post(form.action, fields));
    button.disabled = false;
    leaving = signedIn;
    if (!signedIn) return;
    if (form.dataset.done) sessionStorage.setItem("guahao_done", form.dataset.done);
    goOn(form.dataset.next);
  });
  const done = sessionStorage.getItem("guahao_done");
  if (done) addEventListener("load", () => tell(done));
  sessionStorage.removeItem("guahao_done");
  /* One way of a form at a time; what was typed stays. */
  function goBy(form, way) {
    form.dataset.way = way;
    for (const part of form.querySelectorAll("[data-ways]")) {
      const on = part.dataset.ways.split(" ").includes(way);
      part.hidden = !on;
      if (part.matches("fieldset")) part.disabled = !on;
    }
    for (const radio of form.querySelectorAll("[name=way]")) radio.checked = radio.value === way;
    clear(form);
  }
  document.addEventListener("change", (event) => {
    if (event.target.matches?.("form[data-way] [name=way]")) goBy(event.target.form, event.target.value);
  });
  document.addEventListener("click", (event) => {
    const button = event.target.closest?.("[data-gh-way]");
    if (!button) return;
    const form = button.form;
    goBy(form, button.dataset.ghWay);
    [...form.querySelectorAll(".input")].find((input) => !input.value && !input.matches(":disabled"))?.focus();
  });
  function goOn(home) {
    const next = new URLSearchParams(location.search).get("next") ?? home;
    // Resolved as the browser resolves it: "/\\evil" and "/<tab>/evil" are other origins too.
    const goal = new URL(next, location.origin);
    location.assign(goal.origin === location.origin ? goal.href : "/");
  }
  document.addEventListener("gh-signed-in", (event) => goOn(event.detail)); // by passkey.js

  /* --- leaving for another way in: it brings the visitor back to where they wanted to go ---------- */
  document.addEventListener("click", (event) => {
    const link = event.target.closest?.("a[data-gh-next]");
    const next = link && new URLSearchParams(location.search).get("next");
    if (!next) return;
    const goal = new URL(next, location.origin);
    if (goal.origin === location.origin) link.search = `?next=${encodeURIComponent(goal.pathname + goal.search)}`;
  });

  /* --- closing the account: afterwards nothing of it stays on this phone ------------------------ */
  document.addEventListener("submit", async (event) => {
    const form = event.target.closest?.("form[data-gh-closing]");
    if (!form) return;
    event.preventDefault();
    const button = form.querySelector("[type=submit]");
    button.disabled = true;
    const closed = await attempt(form, "confirm", () => post(form.action, { confirm: true }));
    button.disabled = false;
    if (!closed) return;
    await window.caches?.delete("guahao-slips");
    sessionStorage.clear();
    location.assign("/");
  });

  /* --- connection and the slip's keeper ------------------------------------------------------- */
  const offline = () => root.toggleAttribute("data-offline", !navigator.onLine);
  addEventListener("online", offline);
  addEventListener("offline", offline);
  offline();
  if (navigator.serviceWorker && window.isSecureContext) navigator.serviceWorker.register("/sw.js").catch(() => {});

  /* --- page views, told when a page is left; the server keeps neither who nor which order ------- */
  let shown = { path: location.pathname, at: performance.now() };
  function tellView() {
    const body = JSON.stringify({
      path: shown.path.slice(0, 200),
      dwell_ms: Math.round(performance.now() - shown.at),
      width: Math.min(innerWidth, 20000),
    });
    navigator.sendBeacon?.("/api/v1/beacons", new Blob([body], { type: "application/json" }));
    shown = { path: location.pathname, at: performance.now() };
  }
  document.addEventListener("visibilitychange", () => {
    if (document.visibilityState === "hidden") tellView();
    else shown = { path: location.pathname, at: performance.now() };
  });
  addEventListener("popstate", tellView);
  const push = history.pushState;
  history.pushState = function (...rest) {
    const from = location.pathname;
    const done = push.apply(this, rest);
    if (location.pathname !== from) tellView();
    return done;
  };
})();
