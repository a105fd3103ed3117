// Which names the map shows, and where. These functions know neither the canvas nor the page.
(() => {
  const CELL = 96; // pixels of a square of the grid in which boxes are found
  const GAP = 3; // pixels between two boxes

  // Boxes that don't overlap: {left, top, right, bottom}.
  class Boxes {
    cells = new Map();
    *around({ left, top, right, bottom }) {
      for (let x = Math.floor(left / CELL); x <= Math.floor(right / CELL); x++)
        for (let y = Math.floor(top / CELL); y <= Math.floor(bottom / CELL); y++) yield x * 100003 + y;
    }
    hits(box) {
      for (const cell of this.around(box)) for (const other of this.cells.get(cell) ?? []) if (overlap(box, other)) return true;
      return false;
    }
    add(box) {
      for (const cell of this.around(box)) this.cells.set(cell, [...(this.cells.get(cell) ?? []), box]);
    }
  }
  const overlap = (one, other) =>
    one.left < other.right + GAP && other.left < one.right + GAP && one.top < other.bottom + GAP && other.top < one.bottom + GAP;
  const boxAt = (x, y, { width, height }) => ({ left: x - width / 2, right: x + width / 2, top: y - height / 2, bottom: y + height / 2 });

  // Where the centre of a label may stand, from its point: a region's name on it, a title's name beside it.
  const offsets = ({ width, height, region }) =>
    region
      ? [0, -1, 1, -2, 2].map((step) => [0, step * (height + GAP)])
      : [[0, -height / 2 - 6], [0, height / 2 + 6], [width / 2 + 8, 0], [-width / 2 - 8, 0]];

  // Returns the labels that have room, best first, each with the offset of its centre from its point. A label is
  // {x, y, width, height, region}, in pixels. Those that come first win. Within `bounds`, a box, none is cut off.
  const placed = (labels, bounds) => {
    const boxes = new Boxes();
    const shown = [];
    const inside = (box) => !bounds || (box.left >= bounds.left && box.right <= bounds.right && box.top >= bounds.top && box.bottom <= bounds.bottom);
    for (const label of labels)
      for (const [across, down] of offsets(label)) {
        const box = boxAt(label.x + across, label.y + down, label);
        if (!inside(box) || boxes.hits(box)) continue;
        boxes.add(box);
        shown.push({ ...label, across, down });
        break;
      }
    return shown;
  };

  const LONGEST = 28; // characters of a name on the map
  const shortened = (name) => (name.length > LONGEST ? `${name.slice(0, LONGEST - 1).trimEnd()}…` : name);

  anisvd.mapLabels = { Boxes, boxAt, placed, shortened };
})();
