// Gradio adds the page's head by script. There <script src> loads in any order and at any time, so
// whatever needs these scripts waits for this promise. They load side by side, and run in this order.
window.anisvdReady = Promise.all(
  ["store", "page", "watchlists", "my_list", "details", "synopsis"].map(
    (name) =>
      new Promise((onload, onerror) => {
        document.head.append(Object.assign(document.createElement("script"), { src: `anisvd/${name}.js`, async: false, onload, onerror }));
      }),
  ),
).then(() => anisvd);
