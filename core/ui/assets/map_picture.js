// The picture of the map: dots, rings, pins, the visitor's star, and names.
(() => {
  const PIN = 9; // radius of a listed title's number
  const LEVEL = 1.25; // names are placed anew when the scale grows by this factor
  const ROOM = 15000; // square pixels for one name of a title
  const REGIONS_UNTIL = 4; // the scale from which regions are not named
  const NEAREST = 6; // the scale at which a title, or the visitor, is shown
  const AROUND = 4; // and how many titles are named beside them, or it is smaller
  const ENDS = 3; // steps of colour from the middle of a factor to one of its ends
  const { Boxes, boxAt, placed, shortened } = anisvd.mapLabels;
  const font = (label) => `${label.region || label.strong ? 700 : 500} ${label.region ? 14 : 12}px system-ui, sans-serif`;

  anisvd.MapPicture = class extends anisvd.MapView {
    draw() {
      const { pen, width, height } = this;
      if (!width) return;
      const { ink, paper, accent } = this.colours();
      pen.clearRect(0, 0, width, height);
      const growth = Math.min(Math.sqrt(this.view.scale), 4);
      this.dots(growth);
      for (const title of this.rated) this.ring(title, ink, 4 * growth);
      this.pinned = this.pins();
      for (const label of this.names()) this.write(label.text, label.left, label.top, ink, paper, font(label));
      for (const { point, pin, rank } of this.pinned) this.pin(point, pin, rank, accent, paper);
      if (this.spot) this.star(...this.toScreen(this.spot), accent, paper);
      if (this.chosen) this.ring(this.chosen, accent, 7 * growth);
      if (this.canvas.matches(":focus-visible")) this.write("+", width / 2, height / 2, ink, paper, "300 26px system-ui, sans-serif");
    }
    dots(growth) {
      const { pen, width, height, size, view } = this;
      const [left, top] = [width / 2 - view.x * size, height / 2 - view.y * size];
      for (const { colour, alpha, titles } of this.layers()) {
        Object.assign(pen, { fillStyle: colour, globalAlpha: alpha });
        for (const title of titles) {
          const [x, y] = [left + title.x * size, top + title.y * size];
          if (x < -9 || y < -9 || x > width + 9 || y > height + 9) continue;
          const radius = (title.members > 100000 ? 2.6 : title.members > 10000 ? 1.7 : 1) * growth;
          if (view.scale < 2) pen.fillRect(x - radius, y - radius, 2 * radius, 2 * radius);
          else this.dot(x, y, radius);
        }
      }
      pen.globalAlpha = 1;
    }
    // Returns the titles by colour, because changing the colour takes time. They are kept until a colour changes.
    layers() {
      if (this.layered) return this.layered;
      const { faint, low, high, palette } = this.colours();
      const layers = new Map();
      for (const title of this.titles) {
        const aside = this.only !== null && title.region !== this.only;
        const end = this.factor ? Math.round((this.factor.values[title.index] / 127) * ENDS) : 0;
        const tone = this.factor ? `color-mix(in srgb, ${end < 0 ? low : high} ${Math.round((100 * Math.abs(end)) / ENDS)}%, ${faint})` : palette[title.region];
        const colour = aside || !tone ? faint : tone;
        const strong = aside ? 0.3 : !tone ? 0.75 : 0.9;
        const alpha = title.known ? strong : strong / 2; // without factors, its position is that of similar titles
        // The strongest colours come last, on top.
        const order = aside ? -1 : this.factor ? Math.abs(end) * 2 + (end > 0) : title.region + 1;
        const key = `${colour} ${alpha}`;
        if (!layers.has(key)) layers.set(key, { colour, alpha, order: order + title.known / 2, titles: [] });
        layers.get(key).titles.push(title);
      }
      return (this.layered = [...layers.values()].sort((one, other) => one.order - other.order));
    }
    recolour() {
      this.layered = null;
      this.redraw();
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
      Object.assign(pen, { strokeStyle: colour, lineWidth: 2 });
      pen.stroke();
    }
    // Returns the points of the listed titles, and pins with their ranks, pushed apart until none hides another. They
    // are pushed from where they are on the whole map, so that they stay in place while it is moved.
    pins() {
      const [left, top] = this.toScreen({ x: 0, y: 0 });
      const { size } = this;
      const pins = this.listed.map((title, rank) => ({ point: this.toScreen(title), pin: [title.x * size, title.y * size], rank: rank + 1 }));
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
      return pins.map((pinned) => ({ ...pinned, pin: [left + pinned.pin[0], top + pinned.pin[1]] }));
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
    write(text, left, top, colour, halo, style) {
      const { pen } = this;
      Object.assign(pen, { font: style, textAlign: "center", textBaseline: "middle", lineJoin: "round" });
      if (halo) {
        Object.assign(pen, { strokeStyle: halo, lineWidth: 3.5 });
        pen.strokeText(text, left, top);
      }
      pen.fillStyle = colour;
      pen.fillText(text, left, top);
    }
    // Returns the colours of the theme. They are cached, because reading them takes time.
    colours() {
      if (this.palette) return this.palette;
      const style = getComputedStyle(this.root);
      const [ink, paper, accent, faint, low, high] = ["ink", "paper", "accent", "faint", "region-0", "region-1"].map((name) => style.getPropertyValue(`--${name}`).trim());
      const palette = this.regions.map((_, region) => style.getPropertyValue(`--region-${region}`).trim());
      return (this.palette = { ink, paper, accent, faint, low, high, palette });
    }

    // Returns the labels in view: {text, left, top, region, title}. What they must not hide comes first: the pins, the
    // visitor, the chosen title and the one under the pointer.
    names() {
      const boxes = new Boxes();
      const labels = [];
      for (const { pin } of this.pinned) boxes.add(boxAt(...pin, { width: 2 * PIN, height: 2 * PIN }));
      const add = (label, left, top) => {
        const box = boxAt(left, top, label);
        if (!label.strong && boxes.hits(box)) return;
        boxes.add(box);
        if (box.right > 0 && box.bottom > 0 && box.left < this.width && box.top < this.height) labels.push({ ...label, left, top });
      };
      for (const title of new Set([this.hovered, this.chosen])) {
        if (!title || !this.shows(title)) continue;
        const [left, top] = this.toScreen(title);
        const label = this.label(title, true);
        const half = label.width / 2 + 2;
        add(label, Math.min(Math.max(left, half), Math.max(this.width - half, half)), top < 30 ? top + 20 : top - 20);
      }
      if (this.spot) {
        const [left, top] = this.toScreen(this.spot);
        boxes.add(boxAt(left, top, { width: 26, height: 26 }));
        add(this.measured({ text: this.text("me"), strong: true }), left, top + 23);
      }
      for (const label of this.level()) {
        if (label.title && (label.title === this.hovered || label.title === this.chosen)) continue;
        const [left, top] = this.toScreen(label.place);
        add(label, left + label.across, top + label.down);
      }
      return labels;
    }
    // Returns the labels of the whole map at about this scale, with the offsets of their centres from their places.
    // They don't depend on the point in the middle, so that none comes and goes while the map is moved.
    level() {
      const level = Math.floor(Math.log(this.view.scale) / Math.log(LEVEL) + 1e-6);
      const key = `${level} ${this.only}`;
      if (!this.levels.has(key)) {
        const size = this.side * LEVEL ** level;
        const at = (place, label) => ({ ...label, place, x: place.x * size, y: place.y * size });
        const regions = this.view.scale < REGIONS_UNTIL ? this.regions : [];
        const titles = this.landmarks.filter((title) => this.only === null || title.region === this.only);
        const count = regions.length + Math.round(size ** 2 / ROOM);
        const margin = [(this.width - size) / 2, (this.height - size) / 2].map((room) => Math.max(room, 0) - 4);
        const bounds = { left: -margin[0], top: -margin[1], right: size + margin[0], bottom: size + margin[1] };
        const labels = [...regions.map((region) => at(region, this.measured({ text: region.label, region: true }))), ...titles.slice(0, count).map((title) => at(title, this.label(title)))];
        this.levels.set(key, placed(labels, bounds));
      }
      return this.levels.get(key);
    }
    label = (title, strong = false) => (strong ? this.measured({ text: title.label, title, strong }) : (title.named ??= this.measured({ text: shortened(title.label), title })));
    measured(label) {
      this.pen.font = font(label);
      return { ...label, width: this.pen.measureText(label.text).width + 4, height: label.region ? 18 : 16 };
    }
    // Returns the largest scale, at most `NEAREST`, at which titles around a point are named.
    scaleNaming({ x, y }) {
      const view = this.view;
      let scale = NEAREST;
      for (; scale > 1; scale /= LEVEL) {
        this.view = { scale, x, y };
        this.pinned = this.pins();
        const inside = this.names().filter(({ title, left, top, width }) => title && left > width / 2 && left < this.width - width / 2 && top > 8 && top < this.height - 8);
        if (inside.length > AROUND) break;
      }
      this.view = view;
      return Math.max(scale, 1);
    }
  };
})();
