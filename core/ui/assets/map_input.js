// What pointers, keys and the wheel do to the map. A mouse drags it. One finger scrolls the page; two move the map.
(() => {
  const CLICK = 6; // pixels that a pointer may move during a click
  const LINE = 25; // pixels of a line, for wheels that count in lines

  const middle = ([first, second]) => [(first[0] + second[0]) / 2, (first[1] + second[1]) / 2];
  const apart = ([first, second]) => Math.hypot(first[0] - second[0], first[1] - second[1]) || 1;

  class Pointers {
    points = new Map();
    travelled = 0;
    constructor(map) {
      this.map = map;
      const { canvas } = map;
      const point = (event) => [event.offsetX, event.offsetY];
      map.on(canvas, "pointerdown", (event) => {
        canvas.setPointerCapture(event.pointerId);
        this.points.set(event.pointerId, point(event));
        this.travelled = this.points.size > 1 ? Infinity : 0;
      });
      map.on(canvas, "pointermove", (event) => this.moved(event, point(event)));
      const lift = (event) => {
        const isClick = this.points.delete(event.pointerId) && event.type === "pointerup" && this.travelled < CLICK;
        const title = isClick && map.under(point(event));
        if (title) map.open(title);
      };
      map.on(canvas, "pointerup", lift);
      map.on(canvas, "pointercancel", lift);
      map.on(canvas, "pointerleave", () => map.hover(null));
      map.on(canvas, "dblclick", (event) => map.zoom(2, point(event)));
      // Two fingers are ours; what one finger does is decided by touch-action.
      for (const type of ["touchstart", "touchmove"])
        map.on(canvas, type, (event) => event.touches.length > 1 && event.cancelable && event.preventDefault(), { passive: false });
      map.on(canvas, "wheel", (event) => this.turned(event, point(event)));
    }
    moved({ pointerId, pointerType }, point) {
      const { map, points } = this;
      const before = points.get(pointerId);
      if (!before) return map.hover(map.under(point));
      const earlier = [...points.values()];
      this.travelled += Math.hypot(point[0] - before[0], point[1] - before[1]);
      points.set(pointerId, point);
      const now = [...points.values()];
      if (now.length === 2) {
        map.zoom(apart(now) / apart(earlier), middle(earlier));
        map.drag(middle(earlier), middle(now));
      } else if (now.length === 1 && this.travelled >= CLICK) {
        if (pointerType === "mouse") map.drag(before, point);
        else map.tell("fingers");
      }
    }
    // The wheel scrolls the page unless the map has the focus.
    turned(event, point) {
      if (!event.ctrlKey && document.activeElement !== this.map.canvas) return this.map.tell("wheel");
      event.preventDefault();
      this.map.zoom(Math.exp(-event.deltaY * (event.deltaMode ? LINE : 1) * 0.002), point);
    }
  }

  const listenToKeys = (map) => {
    const { canvas } = map;
    map.on(canvas, "keydown", (event) => {
      const step = 60 / map.size;
      const keys = { ArrowLeft: [-step, 0], ArrowRight: [step, 0], ArrowUp: [0, -step], ArrowDown: [0, step] };
      if (keys[event.key]) map.move(...keys[event.key]);
      else if ("+=".includes(event.key)) map.zoom(1.5);
      else if (event.key === "-") map.zoom(1 / 1.5);
      else if (event.key === "Enter") {
        const title = map.under([map.width / 2, map.height / 2], 60);
        if (title) map.open(title);
      } else return;
      event.preventDefault();
    });
    for (const event of ["focus", "blur"]) map.on(canvas, event, () => map.redraw());
  };

  anisvd.mapInput = (map) => {
    new Pointers(map);
    listenToKeys(map);
  };
})();
