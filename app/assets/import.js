// The Import page: a chosen file goes to the server in pieces, because a request has a limit and a log has none. It is read
// from the disk piece by piece: a phone has no room for all of it.
(function () {
  "use strict";

  const PIECE = 512 * 1024;
  let latest = 0;

  async function post(file, upload, offset) {
    const where = new URLSearchParams({ name: file.name, size: String(file.size), offset: String(offset) });
    if (upload) {
      where.set("upload", upload);
    }
    const answer = await fetch("/import/pieces?" + where, {
      method: "POST",
      body: file.slice(offset, offset + PIECE),
      headers: { "Content-Type": "application/octet-stream" },
    });
    return answer.json();
  }

  function show(share) {
    const bar = document.getElementById("import-sent");
    if (bar) {
      bar.value = share;
    }
  }

  async function sent(file, isLatest) {
    let upload = null;
    for (let at = 0; isLatest() && (at === 0 || at < file.size); at += PIECE) {
      const answer = await post(file, upload, at);
      if (!answer.upload) {
        return { error: answer.error };
      }
      upload = answer.upload;
      show(Math.min(1, (at + PIECE) / file.size));
    }
    return { upload: upload };
  }

  // What is chosen while another file is on its way takes its place.
  async function send(file) {
    if (!file) {
      return;
    }
    latest += 1;
    const mine = latest;
    show(0.01);
    const said = await sent(file, () => mine === latest).catch(() => ({ error: null }));
    if (mine === latest) {
      show(said.upload ? 1 : 0);
      window.dash_clientside.set_props("import-file", { data: { ...said, time: Date.now() } });
    }
  }

  function choose() {
    const input = document.createElement("input");
    input.type = "file";
    input.hidden = true;
    input.addEventListener("change", () => {
      send(input.files[0]);
      input.remove();
    });
    document.body.appendChild(input);
    input.click();
  }

  const place = (event) => event.target instanceof Element && event.target.closest("#import-upload");
  document.addEventListener("click", (event) => place(event) && choose());
  document.addEventListener("dragover", (event) => place(event) && event.preventDefault());
  document.addEventListener("drop", (event) => {
    if (place(event)) {
      event.preventDefault();
      send(event.dataTransfer.files[0]);
    }
  });
})();
