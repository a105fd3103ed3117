// The map of all titles: what the visitor chooses on it. assets/page.js loads it when its tab is open.
(() => {
  const wide = matchMedia("(min-width: 901px)");

  class TitleMap extends anisvd.MapPicture {
    only = null; // the region chosen in the legend
    factor = null; // the factor whose numbers colour the titles: {number, values}
    hovered = null;
    chosen = null;
    watching = [];
    constructor(root, data, view) {
      super(root, data, view);
      this.listen();
      this.follow();
      this.resize();
    }

    // Takes over the list, the ratings and the visitor's position from the page.
    follow() {
      const ids = (selector) => [...document.querySelectorAll(selector)].map((element) => this.byId.get(Number(element.dataset.id)));
      this.listed = ids("#results .card[data-id]").filter(Boolean);
      this.rated = (anisvd.state.ratings ?? []).map(([id]) => this.byId.get(id)).filter(Boolean);
      const spot = document.querySelector("#results [data-spot]")?.dataset.spot;
      const [x, y] = (spot || "").split(",").map(Number);
      this.spot = spot ? { x: (x + 1) / 2, y: (y + 1) / 2 } : null;
      const like = this.byId.get(anisvd.state.like);
      if (like !== this.chosen) this.choose(like ?? null);
      this.$("[data-map=me]").hidden = !this.spot;
      this.redraw();
    }

    choose(title) {
      this.chosen = title;
      const line = this.$(".map-chosen");
      line.hidden = !title;
      line.querySelector("bdi").textContent = title?.label ?? "";
      this.redraw();
    }
    hover(title) {
      if (title === this.hovered) return;
      this.hovered = title;
      this.canvas.style.cursor = title ? "pointer" : "";
      this.redraw();
    }
    open(title) {
      this.choose(title);
      anisvd.commit({ like: title.id });
    }
    // Shows a text of the template for a moment; none without a key.
    tell(key, facts) {
      const line = this.$(".map-said");
      clearTimeout(this.quiet);
      line.textContent = key ? this.text(key, facts) : "";
      if (key) this.quiet = setTimeout(() => this.tell(""), 4000);
    }
    filter(region) {
      this.only = region;
      for (const button of this.root.querySelectorAll("[data-map=region]")) button.setAttribute("aria-pressed", Number(button.value) === region && region !== null);
      this.recolour();
    }
    legendName = (region) => this.$(`[data-map=region][value="${region}"]`).textContent;

    // Colours the titles by their numbers on a factor, or by genre again.
    async tint(number) {
      const asked = (this.asked = Symbol());
      const values = number === null ? null : await factorValues(this.root, number).catch(() => null);
      if (asked !== this.asked) return;
      this.factor = values && { number, values };
      this.recolour();
    }

    listen() {
      anisvd.mapInput(this);
      const searching = new anisvd.MapSearch(this);
      const acts = {
        in: () => this.zoom(1.6),
        out: () => this.zoom(1 / 1.6),
        all: () => this.go({ x: 0.5, y: 0.5 }, 1),
        me: () => this.go(this.spot, this.scaleNaming(this.spot)),
        region: ({ value }) => this.filter(this.only === Number(value) ? null : Number(value)),
        title: ({ value }) => searching.show(this.byId.get(Number(value))),
        adult: ({ value }) => {
          last.query = value;
          anisvd.commit({ adult: true });
        },
      };
      this.on(this.root, "click", ({ target }) => {
        const button = target.closest("[data-map]");
        if (button) acts[button.dataset.map](button);
      });
      this.listenToFactors();
      const watch = (observer, ...what) => {
        observer.observe(...what);
        this.watching.push(observer);
      };
      watch(new ResizeObserver(() => this.resize()), this.canvas);
      const theme = new MutationObserver(() => {
        this.palette = null;
        this.recolour();
      });
      watch(theme, document.body, { attributes: true, attributeFilter: ["class"] });
      const list = new MutationObserver(() => this.root.isConnected && this.follow());
      watch(list, document.querySelector("#results"), { subtree: true, childList: true, attributes: true });
      if (last.query) {
        searching.box.value = last.query;
        searching.search(last.query);
        last.query = null;
      }
    }
    // A factor that is pointed at colours the map; one that is pressed does so until it is pressed again.
    listenToFactors() {
      const panel = this.root.closest(".explore").querySelector(".factor-panel");
      const buttons = [...panel.querySelectorAll("[data-factor]")];
      const pressed = () => buttons.find((button) => button.getAttribute("aria-pressed") === "true");
      const shown = (button) => this.tint(button ? Number(button.dataset.factor) : null);
      for (const button of buttons) {
        this.on(button, "click", () => {
          const before = pressed();
          for (const other of buttons) other.setAttribute("aria-pressed", other === button && other !== before);
          shown(pressed());
          if (pressed() && !wide.matches) this.canvas.scrollIntoView({ block: "center" });
        });
        this.on(button, "pointerenter", ({ pointerType }) => pointerType === "mouse" && shown(button));
        this.on(button, "pointerleave", ({ pointerType }) => pointerType === "mouse" && shown(pressed()));
      }
      if (wide.matches) panel.open = true;
    }
    // Called when another map replaces this one.
    close() {
      this.ending.abort();
      for (const observer of this.watching) observer.disconnect();
    }
  }

  const last = { factors: new Map() }; // the titles and the map, whose view the next map takes over
  const query = ({ dataset: { adult, version } }) => `adult=${adult}&version=${version}`;
  const fetched = async (address) => {
    const answer = await fetch(address);
    if (!answer.ok) throw new Error(`${address}: ${answer.status}`);
    return answer;
  };
  const factorValues = async (root, number) => {
    const address = `map-factor?number=${number}&${query(root)}`;
    if (!last.factors.has(address)) last.factors.set(address, new Int8Array(await (await fetched(address)).arrayBuffer()));
    return last.factors.get(address);
  };
  anisvd.map = async (root) => {
    const address = `map.json?language=${anisvd.spoken()}&${query(root)}`;
    if (last.address !== address) Object.assign(last, { data: await (await fetched(address)).json(), address });
    if (!root.isConnected) return;
    last.map?.close();
    last.map = root.map = new TitleMap(root, last.data, last.map?.view);
    root.dataset.ready = "true";
  };
})();
