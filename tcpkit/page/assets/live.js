// Asks for the numbers each second; less often while that fails, and not while nobody looks.
const EACH_MS = 1000, SLOWEST_MS = 15000, PATIENCE_MS = 10000;

class Live {
  constructor(show) {
    this.show = show;
    this.status = el("span", { class: "status", role: "status" }, "connecting");
    this.wait = EACH_MS;
    this.lost = null; // since when there is no connection
    this.timer = null;
    this.asking = false;
    document.addEventListener("visibilitychange", () => (document.hidden ? this._pause() : this._ask()));
  }

  start() {
    if (!document.hidden) this._ask();
  }

  _pause() {
    clearTimeout(this.timer);
    this.timer = null;
  }

  async _ask() {
    if (this.asking) return;
    clearTimeout(this.timer);
    this.asking = true;
    try {
      const answer = await fetch("/overview.json", { cache: "no-store", signal: AbortSignal.timeout(PATIENCE_MS) });
      if (!answer.ok) throw new Error(`HTTP ${answer.status}`);
      const model = await answer.json();
      this.wait = EACH_MS;
      this.lost = null;
      this.show(model);
      const told = new Clock(-new Date().getTimezoneOffset() * 60).text(model.end_ns ?? Date.now() * 1e6, 0);
      this._say(`live, as of ${told}`, false);
    } catch (error) {
      this.lost ??= new Date();
      this.wait = Math.min(this.wait * 2, SLOWEST_MS);
      const since = new Clock(-this.lost.getTimezoneOffset() * 60).text(this.lost.getTime() * 1e6, 0);
      this._say(`no connection since ${since}: what is shown is old; asking again in ${this.wait / 1000} s`, true);
    } finally {
      this.asking = false;
    }
    if (!document.hidden) this.timer = setTimeout(() => this._ask(), this.wait);
  }

  _say(text, lost) {
    this.status.textContent = text;
    this.status.classList.toggle("lost", lost);
  }
}
