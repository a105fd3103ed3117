// The view of the map: its titles, which part of it the canvas shows, and how that moves.
(() => {
  const NEAR = 14; // pixels from the pointer within which a title is hit
  const [FARTHEST, DEEPEST] = [0.8, 60];
  const PADDING = 24;
  const calm = matchMedia("(prefers-reduced-motion: reduce)");

  anisvd.MapView = class {
    ending = new AbortController(); // ends what listens for this map
    constructor(root, data, view) {
      this.root = root;
      this.canvas = this.$("canvas");
      this.pen = this.canvas.getContext("2d");
      this.titles = data.titles.map(([id, x, y, region, members, known, label], index) => ({ id, index, x: x / 65535, y: y / 65535, region, members, known, label }));
      this.byId = new Map(this.titles.map((title) => [title.id, title]));
      this.regions = data.regions.map(({ label, x, y }) => ({ label, x: x / 65535, y: y / 65535 }));
      this.view = view ?? { scale: 1, x: 0.5, y: 0.5 }; // the magnification, and the point in the middle
      this.index();
    }
    on(element, type, act, options = {}) {
      element.addEventListener(type, act, { ...options, signal: this.ending.signal });
    }
    $ = (selector) => this.root.querySelector(selector);
    text = (key, facts = {}) => this.root.dataset[key].replace(/{(\w+)}/g, (place, name) => facts[name] ?? place);

    // Titles by square of a fine grid, to find those under the pointer quickly, and the best-known one of each region.
    index() {
      this.squares = new Map();
      for (const title of this.titles) {
        const square = this.square(title.x, title.y);
        this.squares.set(square, [...(this.squares.get(square) ?? []), title]);
      }
      const byMembers = this.titles.toReversed(); // those with most members come last, on top
      const best = new Map();
      for (const title of byMembers) if (title.region >= 0 && !best.has(title.region)) best.set(title.region, title);
      this.landmarks = [...new Set([...best.values(), ...byMembers])];
    }
    square = (x, y) => Math.floor(x * 128) * 1000 + Math.floor(y * 128);

    get side() {
      return Math.min(this.width, this.height) - 2 * PADDING;
    }
    get size() {
      return this.side * this.view.scale; // of the whole map, in pixels
    }
    toScreen({ x, y }) {
      const { size } = this;
      return [this.width / 2 + (x - this.view.x) * size, this.height / 2 + (y - this.view.y) * size];
    }
    shows(point) {
      const [left, top] = this.toScreen(point);
      return left >= 0 && top >= 0 && left <= this.width && top <= this.height;
    }
    toMap([left, top]) {
      const { size } = this;
      return { x: (left - this.width / 2) / size + this.view.x, y: (top - this.height / 2) / size + this.view.y };
    }

    resize() {
      const { clientWidth: width, clientHeight: height } = this.canvas; // without the border, as in events
      if (!width) return;
      const ratio = Math.min(devicePixelRatio || 1, 2);
      [this.width, this.height] = [width, height];
      [this.canvas.width, this.canvas.height] = [width * ratio, height * ratio];
      this.pen.setTransform(ratio, 0, 0, ratio, 0, 0);
      this.levels = new Map();
      this.redraw();
    }
    redraw() {
      this.frame ??= requestAnimationFrame(() => {
        this.frame = null;
        this.draw();
      });
    }

    under([left, top], within = NEAR) {
      let best = null;
      let nearest = within;
      const { size } = this;
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
      this.view.scale = Math.min(Math.max(this.view.scale * factor, FARTHEST), DEEPEST);
      const moved = this.toMap(around);
      this.move(fixed.x - moved.x, fixed.y - moved.y);
    }
    move(x, y) {
      const within = (value) => Math.min(Math.max(value, 0), 1);
      Object.assign(this.view, { x: within(this.view.x + x), y: within(this.view.y + y) });
      this.redraw();
    }
    // Moves what lies at one point of the canvas to another.
    drag(from, to) {
      this.move((from[0] - to[0]) / this.size, (from[1] - to[1]) / this.size);
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
  };
})();
