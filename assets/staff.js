/* What the staff's pages and the call screens need from the browser: keys, running clocks, the loudspeaker,
   the scanner. Driven by attributes, like guahao.js. */
(() => {
  "use strict";
  if (window.guahaoStaff) return;
  window.guahaoStaff = true;
  const root = document.documentElement;
  const say = (zh, en) => (root.lang === "en" ? en : zh);
  const remembered = (name) => { try { return localStorage.getItem(name); } catch { return null; } };
  const remember = (name, value) => { try { localStorage.setItem(name, value); } catch { /* private mode */ } };

  /* --- server time: `now` is the server's epoch second as of the last reading --------------------------- */
  class Ticking extends HTMLElement {
    static observedAttributes = ["now", "since"];
    connectedCallback() {
      this.setAttribute("role", "timer");
      this.setAttribute("aria-live", "off"); // a running clock must not talk over the rest
      this.timer = setInterval(() => this.draw(), 500);
      this.mark();
    }
    disconnectedCallback() { clearInterval(this.timer); }
    attributeChangedCallback() { if (this.timer) this.mark(); }
    mark() {
      this.offset = Number(this.getAttribute("now")) * 1000 - performance.now();
      this.draw();
    }
    get seconds() { return Math.floor((this.offset + performance.now()) / 1000); }
    put(text) { if (this.textContent !== text) this.textContent = text; }
  }

  /* <gh-elapsed now since>: how long it has lasted */
  customElements.define("gh-elapsed", class extends Ticking {
    draw() {
      const since = Number(this.getAttribute("since"));
      if (!since || !Number(this.getAttribute("now"))) return this.put("");
      const gone = Math.max(0, this.seconds - since);
      const minutes = Math.floor(gone / 60);
      const rest = String(gone % 60).padStart(2, "0");
      this.put(say(`已 ${minutes} 分 ${rest} 秒`, `${minutes} min ${rest} s so far`));
    }
  });

  /* <gh-clock now>: the hospital's wall clock */
  customElements.define("gh-clock", class extends Ticking {
    draw() {
      if (!Number(this.getAttribute("now"))) return;
      this.put(new Date(this.seconds * 1000).toLocaleTimeString("zh-CN", {
        timeZone: "Asia/Shanghai", hour: "2-digit", minute: "2-digit", hour12: false,
      }));
    }
  });

  /* --- what is masked, in full for a while: asked for with a reason, kept nowhere ----------------------- */
  document.addEventListener("submit", async (event) => {
    const form = event.target.closest?.("form[data-gh-unmask]");
    if (!form) return;
    event.preventDefault();
    const told = form.querySelector("[data-error]");
    const shown = form.parentElement.querySelector("[data-unmasked]");
    const put = (person) => {
      for (const spot of shown.querySelectorAll("[data-show]")) {
        const value = person?.[spot.dataset.show];
        spot.textContent = person ? [value].flat().filter((part) => part !== "" && part != null).join("、") || "—" : "";
      }
      shown.hidden = !person;
    };
    told.textContent = "";
    put(null);
    try {
      const answer = await fetch(form.dataset.ghUnmask, {
        method: "POST",
        headers: { "Content-Type": "application/json", "Accept-Language": root.lang === "en" ? "en" : "zh-CN" },
        body: JSON.stringify({ reason: form.elements.reason.value, note: form.elements.note.value.trim() }),
      });
      const person = await answer.json();
      if (!answer.ok) {
        told.textContent = person.detail;
        form.elements.note.focus();
        return;
      }
      put(person);
      clearTimeout(form.hiding);
      form.hiding = setTimeout(() => put(null), Number(form.dataset.seconds) * 1000);
    } catch {
      told.textContent = say("连不上网络，请检查后再试。", "No connection. Check the network and try again.");
    }
  });

  /* --- <gh-fresh at>: a screen that has heard nothing for a while says so, and loads itself again -------- */
  const STALE_MS = 15000, RELOAD_MS = 60000;
  customElements.define("gh-fresh", class extends HTMLElement {
    static observedAttributes = ["at"];
    connectedCallback() {
      this.heard = Date.now();
      this.timer = setInterval(() => this.look(), 1000);
    }
    disconnectedCallback() { clearInterval(this.timer); }
    attributeChangedCallback() {
      this.heard = Date.now();
      this.look();
    }
    look() {
      const silent = Date.now() - (this.heard ?? Date.now());
      this.toggleAttribute("data-stale", silent > STALE_MS);
      if (silent > RELOAD_MS) {
        this.heard = Date.now();
        fetch("/healthz", { cache: "no-store" }).then((answer) => answer.ok && location.reload()).catch(() => {});
      }
    }
  });

  /* --- the loudspeaker of a call screen: chime and voice, twice, each call once ------------------------- */
  const SPOKEN = "guahao_spoken";
  let audio = null;
  const spoken = new Set(JSON.parse(sessionStorage.getItem(SPOKEN) || "[]"));
  const line = [];
  let speaking = false;

  function chime() {
    return new Promise((done) => {
      const at = audio.currentTime;
      for (const [delay, tone] of [[0, 784], [0.28, 587]]) {
        const string = audio.createOscillator();
        const volume = audio.createGain();
        string.frequency.value = tone;
        volume.gain.setValueAtTime(0.0001, at + delay);
        volume.gain.exponentialRampToValueAtTime(0.4, at + delay + 0.02);
        volume.gain.exponentialRampToValueAtTime(0.0001, at + delay + 0.7);
        string.connect(volume).connect(audio.destination);
        string.start(at + delay);
        string.stop(at + delay + 0.75);
      }
      setTimeout(done, 1100);
    });
  }
  function voice(text) {
    return new Promise((done) => {
      if (!window.speechSynthesis) return done();
      const words = new SpeechSynthesisUtterance(text);
      words.lang = "zh-CN";
      words.rate = 0.9;
      words.voice = speechSynthesis.getVoices().find((each) => each.lang.startsWith("zh")) ?? null;
      const limit = setTimeout(done, 12000); // a browser without voices never ends
      words.onend = words.onerror = () => { clearTimeout(limit); done(); };
      speechSynthesis.speak(words);
    });
  }
  async function speak() {
    if (speaking || !audio) return;
    speaking = true;
    while (line.length) {
      const text = line.shift();
      await chime();
      for (let times = 0; times < 2; times += 1) await voice(text);
    }
    speaking = false;
  }
  /* <gh-calls calls='[{"key", "text"}]'> */
  customElements.define("gh-calls", class extends HTMLElement {
    static observedAttributes = ["calls"];
    connectedCallback() { this.announce(); }
    attributeChangedCallback() { this.announce(); }
    announce() {
      const calls = JSON.parse(this.getAttribute("calls") || "[]");
      const fresh = calls.filter((call) => !spoken.has(call.key));
      if (!fresh.length) return;
      for (const call of fresh) {
        spoken.add(call.key);
        if (audio) line.push(call.text);
      }
      sessionStorage.setItem(SPOKEN, JSON.stringify([...spoken].slice(-200)));
      const band = document.querySelector(".board-call");
      if (band) {
        band.removeAttribute("data-fresh");
        requestAnimationFrame(() => band.setAttribute("data-fresh", ""));
      }
      speak();
    }
  });
  function soundOn() {
    audio ??= new AudioContext();
    audio.resume();
    window.speechSynthesis?.getVoices();
    root.setAttribute("data-sound", "");
    chime();
  }

  /* --- keys of the desk: one letter each, off when the doctor wants them off (WCAG 2.1.4) --------------- */
  const KEYS = "guahao_keys";
  const keysOn = () => remembered(KEYS) !== "off";
  function showKeys() {
    root.toggleAttribute("data-keys-off", !keysOn());
    for (const button of document.querySelectorAll("[data-gh-keys]")) {
      button.setAttribute("aria-pressed", String(keysOn()));
    }
  }
  showKeys();
  new MutationObserver(showKeys).observe(document.body, { childList: true, subtree: true });
  const TYPING = "input,textarea,select,[contenteditable]";
  const PRESSED_BY_ITSELF = "button,a,summary,label";
  document.addEventListener("keydown", (event) => {
    if (event.repeat || event.ctrlKey || event.metaKey || event.altKey || event.isComposing) return;
    if (event.target.closest?.(TYPING) || document.querySelector("dialog[open]")) return;
    const key = event.key === " " ? "space" : event.key.toLowerCase();
    if ((key === "space" || key === "enter") && event.target.closest?.(PRESSED_BY_ITSELF)) return;
    const button = keysOn() && document.querySelector(`[data-key~="${CSS.escape(key)}"]`);
    if (!button || button.disabled) return;
    event.preventDefault();
    button.click();
  });

  /* --- the kiosk: the scanner types into the field wherever the focus is -------------------------------- */
  const field = () => document.querySelector("[data-gh-scan]");
  function enter(text) {
    const input = field();
    if (!input) return;
    if (text === "clear") input.value = "";
    else if (text === "back") input.value = input.value.slice(0, -1);
    else input.value += text;
    input.focus();
    if (/^\d{8}$/.test(input.value) && text.length === 1) input.form.requestSubmit();
  }
  document.addEventListener("keydown", (event) => {
    const input = field();
    if (!input || event.target === input || event.key.length !== 1 || event.ctrlKey || event.metaKey || event.altKey) return;
    if (event.key === " " && event.target.closest?.(PRESSED_BY_ITSELF)) return;
    event.preventDefault();
    enter(event.key);
  });
  document.addEventListener("submit", (event) => {
    const input = event.target.querySelector?.("[data-gh-scan]");
    if (input) setTimeout(() => { input.value = ""; });
  });

  /* <gh-return seconds>: presses its own button when nobody does */
  customElements.define("gh-return", class extends HTMLElement {
    connectedCallback() {
      let left = Number(this.getAttribute("seconds")) || 8;
      const button = this.querySelector("button");
      const count = this.querySelector("[data-left]");
      button?.focus();
      const show = () => { if (count) count.textContent = say(`${left} 秒后自动返回`, `Back in ${left} s`); };
      show();
      this.timer = setInterval(() => {
        left -= 1;
        show();
        if (left <= 0) {
          clearInterval(this.timer);
          button?.click();
        }
      }, 1000);
    }
    disconnectedCallback() { clearInterval(this.timer); }
  });

  document.addEventListener("click", (event) => {
    const button = event.target.closest?.("[data-gh-sound],[data-gh-keys],[data-gh-digit],[data-gh-full]");
    if (!button) return;
    if (button.hasAttribute("data-gh-sound")) soundOn();
    if (button.hasAttribute("data-gh-full")) root.requestFullscreen?.();
    if (button.hasAttribute("data-gh-digit")) enter(button.dataset.ghDigit);
    if (button.hasAttribute("data-gh-keys")) {
      remember(KEYS, keysOn() ? "off" : "on");
      showKeys();
    }
  });
})();
