// The screen a page is drawn for: its colors, its width, a finger or a mouse.
window.hydrofleet = window.hydrofleet || {};
(function () {
  "use strict";
  const watched = new Map();

  function screen() {
    return {
      dark: document.documentElement.dataset.mantineColorScheme === "dark",
      narrow: window.matchMedia("(max-width: 640px)").matches,
      touch: window.matchMedia("(pointer: coarse)").matches,
    };
  }

  // The root element always knows the colors; the toggle beside a figure does not, before its first click.
  new MutationObserver(function () {
    watched.forEach(function (store, page) {
      if (document.querySelector(page)) {
        window.dash_clientside.set_props(store, { data: screen() });
      }
    });
  }).observe(document.documentElement, { attributes: true, attributeFilter: ["data-mantine-color-scheme"] });

  // Tell what the screen is like now, and tell the store again when light turns to dark while the page is there.
  window.hydrofleet.watchScreen = function (page, store) {
    watched.set(page, store);
    return screen();
  };
})();
