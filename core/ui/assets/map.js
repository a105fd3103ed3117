// The map of all titles. assets/page.js loads it when its tab is open.
(() => {
  const NEAR = 14; // pixels from the pointer within which a title is hit
  const CLICK = 6; // pixels that the pointer may move during a click
  const DEEPEST = 60;
  const PADDING = 24;
  const LABELLED = 14; // at most so many names on the map
  const PIN = 9; // radius of a listed title's number
  const $ = (selector, within = document) => within.querySelector(selector);
  const calm = matchMedia("(prefers-reduced-motion: reduce)");

  class TitleMap {
    constructor(root, data, view) {
      this.root = root;
      this.canvas = $("canvas", root);
      this.pen = this.canvas.getContext("2d");
      this.titles = data.titles.map(([id, x, y, region, members, known, label]) => ({ id, x: x / 65535, y: y / 65535, region, members, known, label }));
      this.byId = new Map(this.titles.map((title) => [title.id, title]));
      this.regions = data.regions;
      this.only = null; // the region chosen in the legend
      this.view = view ?? { scale: 1, x: 0.5, y: 0.5 }; // the magnification, and the point in the middle
      this.pointers = new Map();
      this.hovered = this.chosen = null;
      this.watching = [];
      this.index();
      this.listen();
      this.follow();
      this.resize();
    }

    // Titles by square of a fine grid, to find those under the pointer quickly.
    index() {
      this.squares = new Map();
      for (const title of this.titles) {
        const square = this.square(title.x, title.y);
        this.squares.set(square, [...(this.squares.get(square) ?? []), title]);
      }
    }
    square = (x, y) => Math.floor(x * 128) * 1000 + Math.floor(y * 128);

    get side() {
      return Math.min(this.width, this.height) - 2 * PADDING;
    }
    toScreen({ x, y }) {
      const size = this.side * this.view.scale;
      return [this.width / 2 + (x - this.view.x) * size, this.height / 2 + (y - this.view.y) * size];
    }
    toMap([left, top]) {
      const size = this.side * this.view.scale;
      return { x: (left - this.width / 2) / size + this.view.x, y: (top - this.height / 2) / size + this.view.y };
    }

    resize() {
      const { clientWidth: width, clientHeight: height } = this.canvas; // without the border, as in events
      if (!width) return;
      const ratio = Math.min(devicePixelRatio || 1, 2);
      [this.width, this.height] = [width, height];
      [this.canvas.width, this.canvas.height] = [width * ratio, height * ratio];
      this.pen.setTransform(ratio, 0, 0, ratio, 0, 0);
      this.redraw();
    }
    redraw() {
      this.frame ??= requestAnimationFrame(() => {
        this.frame = null;
        this.draw();
      });
    }

    // Takes over the list, the ratings and the visitor's position from the page.
    follow() {
      const ids = (selector) => [...document.querySelectorAll(selector)].map((element) => this.byId.get(Number(element.dataset.id)));
      this.listed = ids("#results .card[data-id]").filter(Boolean);
      this.rated = (anisvd.state.ratings ?? []).map(([id]) => this.byId.get(id)).filter(Boolean);
      const spot = $("#results [data-spot]")?.dataset.spot;
      const [x, y] = (spot || "").split(",").map(Number);
      this.spot = spot ? { x: (x + 1) / 2, y: (y + 1) / 2 } : null;
      const like = this.byId.get(anisvd.state.like);
      if (like !== this.chosen) this.choose(like ?? null);
      $("[data-map=me]", this.root).hidden = !this.spot;
      this.redraw();
    }

    draw() {
      const { pen, width, height, only } = this;
      const { ink, paper, accent, faint, palette } = this.colours();
      pen.clearRect(0, 0, width, height);
      const growth = Math.min(Math.sqrt(this.view.scale), 4);
      // One colour after the other, because changing the colour takes time.
      for (let region = -1; region < palette.length; region++) {
        const aside = only !== null && region !== only;
        pen.fillStyle = aside || region < 0 ? faint : palette[region];
        const strong = aside ? 0.3 : region < 0 ? 0.75 : 0.9;
        for (const known of [0, 1]) {
          pen.globalAlpha = known ? strong : strong / 2; // without factors, its position is that of similar titles
          for (const title of this.titles) {
            if (title.region !== region || title.known !== known) continue;
            const [left, top] = this.toScreen(title);
            if (left < -9 || top < -9 || left > width + 9 || top > height + 9) continue;
            const radius = (title.members > 100000 ? 2.6 : title.members > 10000 ? 1.7 : 1) * growth;
            if (this.view.scale < 2) pen.fillRect(left - radius, top - radius, 2 * radius, 2 * radius);
            else this.dot(left, top, radius);
          }
        }
      }
      pen.globalAlpha = 1;
      for (const title of this.rated) this.ring(title, ink, 4 * growth);
      this.pinned = this.pins();
      for (const { point, pin, rank } of this.pinned) this.pin(point, pin, rank, accent, paper);
      if (this.spot) this.star(...this.toScreen(this.spot), accent, paper);
      if (this.chosen) this.ring(this.chosen, accent, 7 * growth);
      if (this.canvas.matches(":focus-visible")) this.write("+", width / 2, height / 2, ink, paper, "300 26px system-ui, sans-serif");
      this.names(ink, paper);
    }
    dot(left, top, radius) {
      this.pen.beginPath();
      this.pen.arc(left, top, radius, 0, 7);
      this.pen.fill();
    }
    ring(title, colour, radius) {
      const { pen } = this;
      pen.beginPath();
      pen.arc(...this.toScreen(title), radius, 0, 7);
      pen.strokeStyle = colour;
      pen.lineWidth = 2;
      pen.stroke();
    }
    // Returns the points of the listed titles, and pins with their ranks, pushed apart until none hides another.
    pins() {
      const pins = this.listed.map((title, rank) => ({ point: this.toScreen(title), pin: this.toScreen(title), rank: rank + 1 }));
      for (let round = 0; round < 40; round++)
        for (const [index, first] of pins.entries())
          for (const second of pins.slice(index + 1)) {
            const [across, down] = [second.pin[0] - first.pin[0] || 0.1 * (index + 1), second.pin[1] - first.pin[1] || 0.1];
            const apart = Math.hypot(across, down);
            const push = (2 * PIN + 2 - apart) / 2;
            if (push <= 0) continue;
            const [x, y] = [(across / apart) * push, (down / apart) * push];
            first.pin = [first.pin[0] - x, first.pin[1] - y];
            second.pin = [second.pin[0] + x, second.pin[1] + y];
          }
      return pins;
    }
    pin(point, pin, rank, colour, paper) {
      const { pen } = this;
      Object.assign(pen, { fillStyle: colour, strokeStyle: colour, lineWidth: 1.5 });
      pen.beginPath();
      pen.moveTo(...point);
      pen.lineTo(...pin);
      pen.stroke();
      this.dot(...point, 2.5);
      this.dot(...pin, PIN);
      this.write(String(rank), ...pin, paper, null, "700 10px system-ui, sans-serif");
    }
    // Returns the colours of the theme. They are cached, because reading them takes time.
    colours() {
      if (this.palette) return this.palette;
      const style = getComputedStyle(this.root);
      const colour = (name) => style.getPropertyValue(name).trim();
      const [ink, paper, accent, faint] = ["--ink", "--paper", "--accent", "--faint"].map(colour);
      return (this.palette = { ink, paper, accent, faint, palette: this.regions.map((_, region) => colour(`--region-${region}`)) });
    }
    star(left, top, colour, paper) {
      const { pen } = this;
      pen.beginPath();
      for (let point = 0; point < 10; point++) {
        const [radius, angle] = [point % 2 ? 6 : 14, (point * Math.PI) / 5 - Math.PI / 2];
        pen.lineTo(left + radius * Math.cos(angle), top + radius * Math.sin(angle));
      }
      pen.closePath();
      Object.assign(pen, { fillStyle: colour, strokeStyle: paper, lineWidth: 2.5 });
      pen.stroke();
      pen.fill();
    }
    write(text, left, top, colour, halo, font) {
      const { pen } = this;
      Object.assign(pen, { font, textAlign: "center", textBaseline: "middle", lineJoin: "round" });
      if (halo) {
        Object.assign(pen, { strokeStyle: halo, lineWidth: 3.5 });
        pen.strokeText(text, left, top);
      }
      pen.fillStyle = colour;
      pen.fillText(text, left, top);
    }
    // Writes the names of regions, or of titles with most members when magnified, without overlap.
    names(ink, paper) {
      const taken = this.pinned.map(({ pin }) => [...pin, PIN]);
      const label = (text, point, bold) => {
        const [left, top] = this.toScreen(point);
        this.pen.font = `${bold ? 700 : 500} ${bold ? 14 : 12}px system-ui, sans-serif`;
        const half = this.pen.measureText(text).width / 2 + 4;
        const inside = left > half && left < this.width - half && top > 12 && top < this.height - 12;
        if (!inside || taken.some(([l, t, h]) => Math.abs(l - left) < h + half && Math.abs(t - top) < 18)) return;
        taken.push([left, top, half]);
        this.write(text, left, top, ink, paper, this.pen.font);
      };
      if (this.hovered) label(this.hovered.label, this.above(this.hovered), true);
      if (this.chosen) label(this.chosen.label, this.above(this.chosen), true);
      if (this.view.scale < 4) for (const region of this.regions) label(region.label, { x: region.x / 65535, y: region.y / 65535 }, true);
      if (this.view.scale < 2.5) return;
      const shown = this.titles.filter((title) => {
        const [left, top] = this.toScreen(title);
        return left > 0 && top > 0 && left < this.width && top < this.height && (this.only === null || title.region === this.only);
      });
      shown.sort((first, second) => second.members - first.members);
      const ranked = this.listed.filter((title) => shown.includes(title));
      for (const title of new Set([...ranked, ...shown.slice(0, LABELLED)])) label(title.label, this.above(title), false);
    }
    above(title) {
      return { x: title.x, y: title.y - 16 / (this.side * this.view.scale) };
    }

    under([left, top], within = NEAR) {
      let best = null;
      let nearest = within;
      const size = this.side * this.view.scale;
      const reach = Math.ceil((within / size) * 128);
      const { x, y } = this.toMap([left, top]);
      for (let across = -reach; across <= reach; across++)
        for (let down = -reach; down <= reach; down++)
          for (const title of this.squares.get(this.square(x + across / 128, y + down / 128)) ?? []) {
            // Of two titles that are almost equally near, the one with more members is hit.
            const distance = Math.hypot((title.x - x) * size, (title.y - y) * size) - Math.log10(title.members + 1) / 2;
            if (distance < nearest) [best, nearest] = [title, distance];
          }
      return best;
    }

    zoom(factor, around = [this.width / 2, this.height / 2]) {
      const fixed = this.toMap(around);
      this.view.scale = Math.min(Math.max(this.view.scale * factor, 0.8), DEEPEST);
      const moved = this.toMap(around);
      this.move(fixed.x - moved.x, fixed.y - moved.y);
    }
    move(x, y) {
      const within = (value) => Math.min(Math.max(value, 0), 1);
      Object.assign(this.view, { x: within(this.view.x + x), y: within(this.view.y + y) });
      this.redraw();
    }
    // Moves to a point, with an animation unless the visitor prefers less motion.
    go({ x, y }, scale) {
      const from = { ...this.view };
      const begun = performance.now();
      const fly = (now) => {
        const part = calm.matches ? 1 : Math.min((now - begun) / 500, 1);
        const eased = part * part * (3 - 2 * part);
        for (const [name, to] of Object.entries({ x, y, scale })) this.view[name] = from[name] + (to - from[name]) * eased;
        this.redraw();
        if (part < 1) requestAnimationFrame(fly);
      };
      fly(begun);
    }
    choose(title) {
      this.chosen = title;
      const line = $(".map-chosen", this.root);
      line.hidden = !title;
      $("bdi", line).textContent = title?.label ?? "";
      this.redraw();
    }
    // Shows the visitor and the nearest titles of the list, as large as possible.
    me() {
      const { spot, listed } = this;
      const far = listed.map((title) => Math.max(Math.abs(title.x - spot.x), Math.abs(title.y - spot.y))).sort((first, second) => first - second);
      const reach = far[Math.min(4, far.length - 1)] ?? 0.1;
      this.go(spot, Math.min(Math.max(0.42 / Math.max(reach, 0.02), 1), 12));
    }
    tell(text) {
      const line = $(".map-said", this.root);
      clearTimeout(this.quiet);
      line.textContent = text;
      if (text) this.quiet = setTimeout(() => this.tell(""), 3000);
    }
    open(title) {
      this.choose(title);
      anisvd.commit({ like: title.id });
    }

    listen() {
      const { canvas } = this;
      const point = (event) => [event.offsetX, event.offsetY];
      canvas.addEventListener("wheel", (event) => {
        // The wheel scrolls the page unless the map has the focus.
        if (!event.ctrlKey && document.activeElement !== canvas) return this.tell(this.root.dataset.hint);
        event.preventDefault();
        this.zoom(Math.exp(-event.deltaY * (event.deltaMode ? 0.05 : 0.002)), point(event));
      });
      canvas.addEventListener("pointerdown", (event) => {
        canvas.setPointerCapture(event.pointerId);
        this.pointers.set(event.pointerId, point(event));
        this.travelled = this.pointers.size > 1 ? Infinity : 0;
      });
      canvas.addEventListener("pointermove", (event) => this.moved(event.pointerId, point(event)));
      const lift = (event) => {
        const click = this.pointers.delete(event.pointerId) && event.type === "pointerup" && this.travelled < CLICK;
        const title = click && this.under(point(event));
        if (title) this.open(title);
      };
      canvas.addEventListener("pointerup", lift);
      canvas.addEventListener("pointercancel", lift);
      canvas.addEventListener("pointerleave", () => this.hover(null));
      canvas.addEventListener("dblclick", (event) => this.zoom(2, point(event)));
      canvas.addEventListener("keydown", (event) => {
        const step = 60 / (this.side * this.view.scale);
        const keys = { ArrowLeft: [-step, 0], ArrowRight: [step, 0], ArrowUp: [0, -step], ArrowDown: [0, step] };
        if (keys[event.key]) this.move(...keys[event.key]);
        else if ("+=".includes(event.key)) this.zoom(1.5);
        else if (event.key === "-") this.zoom(1 / 1.5);
        else if (event.key === "Enter") {
          const title = this.under([this.width / 2, this.height / 2], 60);
          if (title) this.open(title);
        } else return;
        event.preventDefault();
      });
      this.root.addEventListener("click", (event) => {
        const button = event.target.closest("[data-map]");
        if (!button) return;
        const acts = {
          in: () => this.zoom(1.6),
          out: () => this.zoom(1 / 1.6),
          all: () => this.go({ x: 0.5, y: 0.5 }, 1),
          me: () => this.me(),
          region: () => this.filter(button),
          title: () => this.show(this.byId.get(Number(button.value))),
        };
        acts[button.dataset.map]();
      });
      $("input", this.root).addEventListener("input", ({ target }) => this.search(target.value));
      for (const event of ["focus", "blur"]) canvas.addEventListener(event, () => this.redraw());
      const box = $("input", this.root);
      this.root.addEventListener("keydown", (event) => {
        const stops = [box, ...this.root.querySelectorAll(".map-found button")];
        const index = stops.indexOf(event.target);
        const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
        if (index < 0) return;
        if (step) stops[Math.min(Math.max(index + step, 0), stops.length - 1)].focus();
        else if (event.key === "Enter" && index === 0) stops[1]?.click();
        else if (event.key === "Escape") this.search((box.value = ""));
        else return;
        event.preventDefault();
      });
      const watch = (observer, ...what) => {
        observer.observe(...what);
        this.watching.push(observer);
      };
      watch(new ResizeObserver(() => this.resize()), canvas);
      const theme = new MutationObserver(() => {
        this.palette = null;
        this.redraw();
      });
      watch(theme, document.body, { attributes: true, attributeFilter: ["class"] });
      const list = new MutationObserver(() => this.root.isConnected && this.follow());
      watch(list, $("#results"), { subtree: true, childList: true, attributes: true });
    }
    // Called when another map replaces this one.
    close() {
      for (const observer of this.watching) observer.disconnect();
    }
    moved(pointer, point) {
      const before = this.pointers.get(pointer);
      if (!before) return this.hover(this.under(point));
      const size = this.side * this.view.scale;
      const others = [...this.pointers].filter(([other]) => other !== pointer).map(([, point]) => point);
      this.travelled += Math.hypot(point[0] - before[0], point[1] - before[1]);
      this.pointers.set(pointer, point);
      if (others.length === 1) {
        const distance = ([left, top]) => Math.hypot(left - others[0][0], top - others[0][1]) || 1;
        this.zoom(distance(point) / distance(before), others[0]);
      } else if (this.travelled >= CLICK) this.move((before[0] - point[0]) / size, (before[1] - point[1]) / size);
    }
    hover(title) {
      if (title === this.hovered) return;
      this.hovered = title;
      this.canvas.style.cursor = title ? "pointer" : "";
      this.redraw();
    }
    // Searches by the API, which forgives typos. If answers overtake each other, the last one counts.
    async search(query) {
      const sent = (this.sent = Symbol());
      let titles = [];
      if (query.trim()) {
        const headers = { "Content-Type": "application/json" };
        const body = JSON.stringify({ data: [query, 6] });
        const answer = await fetch("gradio_api/run/search", { method: "POST", headers, body }).catch(() => null);
        if (answer?.ok) [titles] = (await answer.json()).data;
      }
      if (sent !== this.sent) return;
      this.tell(query.trim() && !titles.length ? this.root.dataset.none : "");
      const list = $(".map-found", this.root);
      list.dataset.query = query;
      list.replaceChildren(
        ...titles.map(({ anime_id }) => this.byId.get(anime_id)).filter(Boolean).map((title) => {
          const button = Object.assign(document.createElement("button"), { type: "button", value: title.id, textContent: title.label });
          button.dataset.map = "title";
          const row = document.createElement("li");
          row.append(button);
          return row;
        }),
      );
    }
    filter(button) {
      const region = Number(button.value);
      this.only = this.only === region ? null : region;
      for (const other of this.root.querySelectorAll("[data-map=region]"))
        other.setAttribute("aria-pressed", Number(other.value) === this.only);
      this.redraw();
    }
    show(title) {
      const box = $("input", this.root);
      box.value = "";
      box.focus({ preventScroll: true });
      this.search("");
      this.go(title, Math.max(this.view.scale, 6));
      this.open(title);
    }
  }

  let last = {}; // the titles and the map, whose view the next map takes over
  anisvd.map = async (root) => {
    const { adult, version } = root.dataset;
    const address = `map.json?language=${anisvd.spoken()}&adult=${adult}&version=${version}`;
    if (last.address !== address) last = { ...last, address, data: await (await fetch(address)).json() };
    last.map?.close();
    last.map = root.map = new TitleMap(root, last.data, last.map?.view);
    root.dataset.ready = "true";
  };
})();
