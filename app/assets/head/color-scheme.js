// Runs before the first paint, so that a reader in the dark scheme never sees a white flash.
(function () {
  "use strict";
  let chosen = null;
  try {
    chosen = window.localStorage.getItem("mantine-color-scheme-value");
  } catch (error) {
    // Storage may be forbidden; the system's preference decides then.
  }
  const prefersDark = window.matchMedia("(prefers-color-scheme: dark)").matches;
  const dark = chosen === "dark" || (chosen !== "light" && prefersDark);
  document.documentElement.setAttribute("data-mantine-color-scheme", dark ? "dark" : "light");
})();
