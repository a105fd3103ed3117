// Gradio adds the page's head by script. There <script src> loads in any order and at any time, so
// whatever needs these scripts waits for this promise.
window.anisvdReady = (async () => {
  for (const name of ["store", "page"])
    await new Promise((done, failed) => {
      document.head.append(Object.assign(document.createElement("script"), {
        src: `anisvd/${name}.js`, onload: done, onerror: failed,
      }));
    });
  return anisvd;
})();
