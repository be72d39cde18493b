/* 工作量证明: a browser that is asked for a proof of work finds it by itself, in a worker, while the page says so.
   The challenge is altcha's (version 2, PBKDF2/SHA-256): try counter after counter until the key begins as it says.
   This one file is the page's <gh-proof>, the worker that computes, and the way without a worker. */
(() => {
  "use strict";
  const inWorker = typeof document === "undefined";

  /* --- PBKDF2 with HMAC-SHA-256, of which one block of 32 bytes is wanted ----------------------------------------- */
  async function byBrowser(password, salt, cost) {
    const key = await crypto.subtle.importKey("raw", password, "PBKDF2", false, ["deriveBits"]);
    const bits = await crypto.subtle.deriveBits({ name: "PBKDF2", hash: "SHA-256", salt, iterations: cost }, key, 256);
    return new Uint8Array(bits);
  }

  // Browsers hide crypto.subtle from pages over plain http, as in a hospital's own network.
  const K = Int32Array.of(
    0x428a2f98, 0x71374491, 0xb5c0fbcf, 0xe9b5dba5, 0x3956c25b, 0x59f111f1, 0x923f82a4, 0xab1c5ed5,
    0xd807aa98, 0x12835b01, 0x243185be, 0x550c7dc3, 0x72be5d74, 0x80deb1fe, 0x9bdc06a7, 0xc19bf174,
    0xe49b69c1, 0xefbe4786, 0x0fc19dc6, 0x240ca1cc, 0x2de92c6f, 0x4a7484aa, 0x5cb0a9dc, 0x76f988da,
    0x983e5152, 0xa831c66d, 0xb00327c8, 0xbf597fc7, 0xc6e00bf3, 0xd5a79147, 0x06ca6351, 0x14292967,
    0x27b70a85, 0x2e1b2138, 0x4d2c6dfc, 0x53380d13, 0x650a7354, 0x766a0abb, 0x81c2c92e, 0x92722c85,
    0xa2bfe8a1, 0xa81a664b, 0xc24b8b70, 0xc76c51a3, 0xd192e819, 0xd6990624, 0xf40e3585, 0x106aa070,
    0x19a4c116, 0x1e376c08, 0x2748774c, 0x34b0bcb5, 0x391c0cb3, 0x4ed8aa4a, 0x5b9cca4f, 0x682e6ff3,
    0x748f82ee, 0x78a5636f, 0x84c87814, 0x8cc70208, 0x90befffa, 0xa4506ceb, 0xbef9a3f7, 0xc67178f2,
  );
  const BEGIN = Int32Array.of(
    0x6a09e667, 0xbb67ae85, 0x3c6ef372, 0xa54ff53a, 0x510e527f, 0x9b05688c, 0x1f83d9ab, 0x5be0cd19,
  );
  const W = new Int32Array(64);

  /* One round of SHA-256: `from` with a block of 16 words gives `to`. */
  function compress(from, block, to) {
    for (let i = 0; i < 16; i++) W[i] = block[i];
    for (let i = 16; i < 64; i++) {
      const x = W[i - 15];
      const y = W[i - 2];
      const s0 = ((x >>> 7) | (x << 25)) ^ ((x >>> 18) | (x << 14)) ^ (x >>> 3);
      const s1 = ((y >>> 17) | (y << 15)) ^ ((y >>> 19) | (y << 13)) ^ (y >>> 10);
      W[i] = W[i - 16] + s0 + W[i - 7] + s1;
    }
    let a = from[0];
    let b = from[1];
    let c = from[2];
    let d = from[3];
    let e = from[4];
    let f = from[5];
    let g = from[6];
    let h = from[7];
    for (let i = 0; i < 64; i++) {
      const s1 = ((e >>> 6) | (e << 26)) ^ ((e >>> 11) | (e << 21)) ^ ((e >>> 25) | (e << 7));
      const t1 = (h + s1 + ((e & f) ^ (~e & g)) + K[i] + W[i]) | 0;
      const s0 = ((a >>> 2) | (a << 30)) ^ ((a >>> 13) | (a << 19)) ^ ((a >>> 22) | (a << 10));
      const t2 = (s0 + ((a & b) ^ (a & c) ^ (b & c))) | 0;
      h = g;
      g = f;
      f = e;
      e = (d + t1) | 0;
      d = c;
      c = b;
      b = a;
      a = (t1 + t2) | 0;
    }
    to[0] = from[0] + a;
    to[1] = from[1] + b;
    to[2] = from[2] + c;
    to[3] = from[3] + d;
    to[4] = from[4] + e;
    to[5] = from[5] + f;
    to[6] = from[6] + g;
    to[7] = from[7] + h;
  }

  /* The last block of a message of `whole` bytes: these ones, and SHA-256's padding. Fits up to 55. */
  function lastBlock(bytes, whole) {
    const padded = new Uint8Array(64);
    padded.set(bytes);
    padded[bytes.length] = 0x80;
    const view = new DataView(padded.buffer);
    view.setUint32(60, whole * 8);
    return Int32Array.from({ length: 16 }, (_, i) => view.getInt32(i * 4));
  }

  function keyed(password, pad) {
    const block = new Uint8Array(64).fill(pad);
    password.forEach((byte, i) => (block[i] ^= byte));
    const view = new DataView(block.buffer);
    const state = new Int32Array(8);
    compress(BEGIN, Int32Array.from({ length: 16 }, (_, i) => view.getInt32(i * 4)), state);
    return state;
  }

  function byHand(password, salt, cost) {
    const [inner, outer] = [keyed(password, 0x36), keyed(password, 0x5c)];
    const block = lastBlock(new Uint8Array(32), 96);
    const state = new Int32Array(8);
    compress(inner, lastBlock(Uint8Array.of(...salt, 0, 0, 0, 1), 64 + salt.length + 4), state);
    block.set(state);
    compress(outer, block, state);
    const sum = Int32Array.from(state);
    for (let i = 1; i < cost; i++) {
      for (let j = 0; j < 8; j++) block[j] = state[j];
      compress(inner, block, state);
      for (let j = 0; j < 8; j++) block[j] = state[j];
      compress(outer, block, state);
      for (let j = 0; j < 8; j++) sum[j] ^= state[j];
    }
    const key = new DataView(new ArrayBuffer(32));
    sum.forEach((word, i) => key.setInt32(i * 4, word));
    return new Uint8Array(key.buffer);
  }

  const bytesOf = (hex) => Uint8Array.from(hex.match(/../g), (two) => parseInt(two, 16));
  const hexOf = (bytes) => Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
  const breath = () => new Promise((done) => setTimeout(done));
  const BREATH_MS = 30; // so long the page may stand still where there is no worker

  /* `tell` hears how many counters were tried. */
  async function solve({ parameters }, tell) {
    const salt = bytesOf(parameters.salt);
    const password = bytesOf(`${parameters.nonce}00000000`);
    const counted = new DataView(password.buffer, password.length - 4);
    const derive = globalThis.crypto?.subtle ? byBrowser : byHand;
    const began = performance.now();
    let breathed = began;
    for (let counter = 0; counter < parameters.data.tries; counter++) {
      counted.setUint32(0, counter);
      const derivedKey = hexOf(await derive(password, salt, parameters.cost));
      if (derivedKey.startsWith(parameters.keyPrefix))
        return { counter, derivedKey, time: Math.round(performance.now() - began) };
      tell(counter + 1);
      if (inWorker || performance.now() - breathed < BREATH_MS) continue;
      await breath();
      breathed = performance.now();
    }
    throw new Error("no counter fits");
  }

  if (inWorker) {
    self.onmessage = async ({ data }) => {
      try {
        self.postMessage({ solution: await solve(data, (tried) => self.postMessage({ tried })) });
      } catch (fault) {
        self.postMessage({ fault: String(fault) });
      }
    };
    return;
  }

  /* --- in the page ------------------------------------------------------------------------------------------------- */
  const say = (zh, en) => (document.documentElement.lang === "en" ? en : zh);
  const AGAIN_SECONDS = 3;

  async function ask() {
    let response;
    try {
      response = await fetch("/api/v1/proofs", { method: "POST", headers: { "Accept-Language": say("zh-CN", "en") } });
    } catch {
      throw new Error(say("连不上网络，恢复后会自动继续。", "No connection: it goes on by itself when there is one."));
    }
    const answer = await response.json().catch(() => ({}));
    if (response.ok) return answer;
    throw new Error(answer.detail ?? say("暂时没有成功，会自动再试。", "That did not work yet, and is tried again."));
  }

  function compute(challenge, tell, signal) {
    return new Promise((done, fail) => {
      const inThePage = () => solve(challenge, tell).then(done, fail);
      let worker;
      try {
        worker = new Worker("/proof.js");
      } catch {
        return inThePage();
      }
      signal?.addEventListener("abort", () => worker.terminate());
      worker.onerror = inThePage; // it could not begin
      worker.onmessage = ({ data }) => {
        if (data.tried) return tell(data.tried);
        worker.terminate();
        if (data.solution) done(data.solution);
        else fail(new Error(data.fault));
      };
      worker.postMessage(challenge);
    });
  }

  /* The proof as it goes into the header X-Guahao-Proof. `tell` hears how much of the longest way is done, 0 to 1. */
  async function prove(tell = () => {}, signal = undefined) {
    const challenge = await ask();
    signal?.throwIfAborted();
    const solution = await compute(challenge, (tried) => tell(tried / challenge.parameters.data.tries), signal);
    return btoa(JSON.stringify({ challenge, solution }));
  }
  globalThis.guahaoProof = { prove };

  if (customElements.get("gh-proof")) return;
  /* Puts the proof into its form and sends it; once more whenever `round` changes. Ends when it is taken away. */
  class Proof extends HTMLElement {
    static observedAttributes = ["round"];
    connectedCallback() {
      this.start();
    }
    attributeChangedCallback() {
      if (this.isConnected) this.start();
    }
    disconnectedCallback() {
      this.work?.abort();
      this.round = undefined;
    }
    async start() {
      if (this.round === this.getAttribute("round")) return; // an upgraded element is told of both
      this.round = this.getAttribute("round");
      this.work?.abort();
      const work = (this.work = new AbortController());
      // React may still be putting in what is inside.
      while (!this.querySelector("form")) await breath();
      const [form, bar, told] = ["form", "progress", "[data-told]"].map((part) => this.querySelector(part));
      while (!work.signal.aborted) {
        try {
          const proof = await prove((part) => (bar.value = part), work.signal);
          if (work.signal.aborted) return;
          told.textContent = "";
          bar.value = 1;
          form.elements.proof.value = proof;
          return form.requestSubmit();
        } catch (fault) {
          if (work.signal.aborted) return;
          told.textContent = fault.message;
          await new Promise((done) => setTimeout(done, AGAIN_SECONDS * 1000));
        }
      }
    }
  }
  customElements.define("gh-proof", Proof);
})();
