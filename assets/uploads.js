/* Files that administrators send: <gh-import> (staff from .xlsx) and <gh-photo doctor> (a doctor's photo).
   The file goes to the REST API as it is; whatever is refused becomes one sentence beside the field. */
(() => {
  "use strict";
  if (customElements.get("gh-import")) return;
  const say = (zh, en) => (document.documentElement.lang === "en" ? en : zh);
  const XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet";

  async function send(url, file, type) {
    let response;
    try {
      response = await fetch(url, {
        method: "POST",
        headers: { "Content-Type": type, "Accept-Language": say("zh-CN", "en") },
        body: file,
      });
    } catch {
      throw new Error(say("连不上网络，请检查后再试。", "No connection. Check the network and try again."));
    }
    if (response.ok) return response;
    const answer = await response.json().catch(() => ({}));
    throw new Error(answer.detail ?? say("没有成功，请稍后再试。", "That did not work, please try again later."));
  }

  class Upload extends HTMLElement {
    constructor() {
      super();
      this.addEventListener("change", (event) => event.target === this.input && this.chosen());
    }
    connectedCallback() {
      // Chosen while this script was still on its way: nobody has heard of it yet.
      if (this.input?.files.length) this.chosen();
    }
    get input() {
      return this.querySelector("input[type=file]");
    }
    tell(text, kind = "error") {
      const spot = this.querySelector("[data-told]");
      spot.className = kind;
      spot.textContent = text;
      this.input.setAttribute("aria-invalid", String(Boolean(text) && kind === "error"));
    }
    tooLarge(file, megabytes) {
      if (file.size <= megabytes * 1024 * 1024) return false;
      this.tell(say(`文件超过 ${megabytes} MB，请缩小后再选。`, `The file is larger than ${megabytes} MB. Please reduce it.`));
      return true;
    }
    async busy(work) {
      this.setAttribute("aria-busy", "true");
      this.tell(say("正在处理，请稍候…", "At work, please wait…"), "hint");
      try {
        await work();
      } catch (fault) {
        this.tell(fault.message);
      }
      this.removeAttribute("aria-busy");
    }
  }

  class Import extends Upload {
    constructor() {
      super();
      this.addEventListener("click", (event) => event.target.closest("[data-enter]") && this.enter());
    }
    get button() {
      return this.querySelector("[data-enter]");
    }
    async chosen() {
      const [file] = this.input.files;
      this.show(null);
      this.tell("");
      if (!file || this.tooLarge(file, 2)) return;
      await this.busy(async () => {
        // Kept as bytes: the file on disk may change between preview and import.
        this.content = await file.arrayBuffer();
        this.show(await (await send("/api/v1/staff/imports/preview", this.content, XLSX)).json());
        this.tell("");
      });
    }
    show(preview) {
      const place = this.querySelector("[data-preview]");
      place.replaceChildren();
      this.good = preview?.good ?? 0;
      this.button.hidden = !this.good;
      if (!preview) return;
      const sum = document.createElement("p");
      sum.className = "import-sum";
      sum.textContent = say(`${preview.good} 行可以导入，${preview.bad} 行有问题`, `${preview.good} rows can be imported, ${preview.bad} have problems`);
      const list = document.createElement("ul");
      list.className = "rows import-rows";
      for (const row of [...preview.rows].sort((a, b) => Boolean(b.problem) - Boolean(a.problem) || a.row - b.row)) {
        const line = document.createElement("li");
        const who = document.createElement("b");
        who.textContent = say(`第 ${row.row} 行`, `Row ${row.row}`) + ` ${row.staff_no} ${row.name}`;
        const word = document.createElement("span");
        word.className = row.problem ? "ink-loss" : "ink-ok";
        word.textContent = row.problem || say("可以导入", "can be imported");
        line.append(who, word);
        list.append(line);
      }
      place.append(sum, list);
    }
    async enter() {
      this.button.disabled = true;
      await this.busy(async () => {
        const report = await send(`/api/v1/staff/imports?expected=${this.good}`, this.content, XLSX);
        const link = document.createElement("a");
        link.href = URL.createObjectURL(await report.blob());
        link.download = "staff-import-report.xlsx";
        link.click();
        setTimeout(() => URL.revokeObjectURL(link.href), 60_000);
        const count = this.good;
        this.show(null);
        this.input.value = "";
        this.tell(
          say(`已导入 ${count} 人。报告里的初始密码只有这一份，请妥善保存。`, `${count} people imported. The report holds the only copy of their first passwords: keep it safe.`),
          "hint ink-ok",
        );
      });
      this.button.disabled = false;
    }
  }
  customElements.define("gh-import", Import);

  class Photo extends Upload {
    async chosen() {
      const [file] = this.input.files;
      if (!file || this.tooLarge(file, 5)) return;
      await this.busy(async () => {
        await send(`/api/v1/doctors/${this.getAttribute("doctor")}/photo`, file, file.type);
        this.input.value = "";
        this.tell(say("照片已更新。", "The photo has been updated."), "hint ink-ok");
        this.querySelector("[data-done]").click();
      });
    }
  }
  customElements.define("gh-photo", Photo);
})();
