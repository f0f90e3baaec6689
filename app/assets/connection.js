// Watches the page's own requests: an ended session leads to the login, a busy server is asked again, one that does not
// answer is said.
(function () {
  "use strict";
  const send = window.fetch;
  // Dash asks once: a part of a page that is refused would stay empty.
  const MOST_TRIES = 6;

  function isCallback(target) {
    return String(target && target.url ? target.url : target).includes("_dash-update-component");
  }

  function show(lost) {
    document.documentElement.classList.toggle("connection-lost", lost);
  }

  // Tell how many seconds the server asks to wait; 0 if it answered.
  function waitOf(answer) {
    return answer.status === 503 ? Number(answer.headers.get("Retry-After")) : 0;
  }

  async function ask(target, options) {
    for (let tries = 1; ; tries += 1) {
      const answer = await send(target, options);
      const seconds = waitOf(answer);
      if (!(seconds > 0) || tries === MOST_TRIES) {
        return answer;
      }
      show(tries > 1);
      // Those who were refused together do not come back together.
      await new Promise((goOn) => setTimeout(goOn, (seconds + Math.random()) * 1000));
    }
  }

  window.fetch = async function (target, options) {
    if (!isCallback(target)) {
      return send(target, options);
    }
    let answer;
    try {
      answer = await ask(target, options);
    } catch (error) {
      show(true);
      throw error;
    }
    show(answer.status >= 500);
    if (answer.status === 401) {
      window.location.reload();
      // The page is about to go; nobody needs to handle this answer any more.
      return new Promise(function () {});
    }
    return answer;
  };
})();
