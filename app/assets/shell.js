// What the shell does by itself in the browser; see app/shell.py for where it is attached.
window.dash_clientside = window.dash_clientside || {};
window.dash_clientside.shell = {
  // The burger opens and closes the navigation on a phone.
  navbar: function (opened, navbar) {
    return { ...navbar, collapsed: { mobile: !opened } };
  },
  // Arriving somewhere closes the navigation again.
  arrive: function (pathname) {
    return [false, pathname];
  },
};

// The account's menu closes when something else is touched, one of its links is followed, or Escape is pressed.
(function () {
  "use strict";
  function close(except) {
    for (const place of document.querySelectorAll("details.account-place[open]")) {
      if (!except || !place.contains(except) || except.closest("a")) {
        place.open = false;
      }
    }
  }
  document.addEventListener("click", (event) => close(event.target));
  document.addEventListener("keydown", (event) => event.key === "Escape" && close());
})();
