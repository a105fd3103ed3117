// The search of the map: it finds titles by name, and shows the one that is chosen.
(() => {
  const FOUND = 6;
  const plain = (text) => text.normalize("NFKD").replace(/\p{M}/gu, "").toLowerCase();

  class MapSearch {
    constructor(map) {
      this.map = map;
      this.box = map.$("input");
      this.list = map.$(".map-found");
      map.on(this.box, "input", () => this.search(this.box.value));
      map.on(map.root, "keydown", (event) => this.pressed(event));
    }
    pressed(event) {
      const stops = [this.box, ...this.list.querySelectorAll("button")];
      const index = stops.indexOf(event.target);
      const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
      if (index < 0) return;
      if (step) stops[Math.min(Math.max(index + step, 0), stops.length - 1)].focus();
      else if (event.key === "Enter" && index === 0) stops[1]?.click();
      else if (event.key === "Escape") this.clear();
      else return;
      event.preventDefault();
    }
    clear() {
      this.box.value = "";
      this.search("");
    }
    // The API forgives typos; the names on the map include adult titles. If answers overtake each other, the last
    // one counts.
    async search(query) {
      const sent = (this.sent = Symbol());
      let ids = [];
      if (query.trim()) {
        const headers = { "Content-Type": "application/json" };
        const body = JSON.stringify({ data: [query, FOUND] });
        const answer = await fetch("gradio_api/run/search", { method: "POST", headers, body }).catch(() => null);
        if (answer?.ok) ids = (await answer.json()).data[0].map((title) => title.anime_id);
      }
      if (sent !== this.sent) return;
      const titles = [...new Set([...ids.map((id) => this.map.byId.get(id)).filter(Boolean), ...this.named(query)])].slice(0, FOUND);
      this.map.tell(query.trim() && !titles.length ? "none" : "");
      this.list.dataset.query = query;
      const rows = titles.map((title) => this.row("title", title.id, title.label));
      if (query.trim() && !titles.length && this.map.root.dataset.adult === "0") rows.push(this.row("adult", query, this.map.text("more")));
      this.list.replaceChildren(...rows);
    }
    // Returns the titles on the map whose names hold the query, those with most members first.
    named(query) {
      const wanted = plain(query.trim());
      if (!wanted) return [];
      return this.map.titles.filter((title) => (title.plain ??= plain(title.label)).includes(wanted)).reverse();
    }
    row(act, value, text) {
      const button = Object.assign(document.createElement("button"), { type: "button", value, textContent: text });
      button.dataset.map = act;
      const row = document.createElement("li");
      row.append(button);
      return row;
    }
    // Shows a title amid named neighbours, takes away what hides it, and tells of it.
    show(title) {
      const { map } = this;
      this.clear();
      this.box.focus({ preventScroll: true });
      if (map.only !== null && map.only !== title.region) {
        map.tell("cleared", { genre: map.legendName(map.only) });
        map.filter(null);
      }
      map.open(title);
      map.go(title, map.scaleNaming(title));
    }
  }
  anisvd.MapSearch = MapSearch;
})();
