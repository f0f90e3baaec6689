// The Import page: a chosen file goes to the server in pieces, because a request has a limit and a log has none.
(function () {
    "use strict";

    const PIECE = 512 * 1024;

    function bytesOf(dataUrl) {
        const text = atob(dataUrl.slice(dataUrl.indexOf(",") + 1));
        const bytes = new Uint8Array(text.length);
        for (let at = 0; at < text.length; at += 1) {
            bytes[at] = text.charCodeAt(at);
        }
        return bytes;
    }

    async function post(name, upload, offset, piece) {
        const where = new URLSearchParams({ name: name, offset: String(offset) });
        if (upload) {
            where.set("upload", upload);
        }
        const answer = await fetch("/import/pieces?" + where, {
            method: "POST",
            body: piece,
            headers: { "Content-Type": "application/octet-stream" },
        });
        return answer.json();
    }

    async function send(contents, name) {
        if (!contents) {
            return window.dash_clientside.no_update;
        }
        const bytes = bytesOf(contents);
        const bar = document.getElementById("import-sent");
        let upload = null;
        for (let at = 0; at === 0 || at < bytes.length; at += PIECE) {
            const answer = await post(name, upload, at, bytes.subarray(at, at + PIECE));
            if (!answer.upload) {
                return { error: answer.error };
            }
            upload = answer.upload;
            if (bar) {
                bar.value = Math.min(1, (at + PIECE) / bytes.length);
            }
        }
        return { upload: upload };
    }

    window.dash_clientside = window.dash_clientside || {};
    window.dash_clientside.importing = { send: send };
})();
