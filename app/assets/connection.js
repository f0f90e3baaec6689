// Watches the page's own requests: an ended session leads to the login, a server that does not answer is said.
(function () {
  "use strict";
  const send = window.fetch;

  function isCallback(target) {
    return String(target && target.url ? target.url : target).includes("_dash-update-component");
  }

  function show(lost) {
    document.documentElement.classList.toggle("connection-lost", lost);
  }

  window.fetch = async function (target, options) {
    if (!isCallback(target)) {
      return send(target, options);
    }
    let answer;
    try {
      answer = await send(target, options);
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
