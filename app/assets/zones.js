// Time zones are written with a minus sign and underscores, and typed with hyphens and spaces.
(function () {
  "use strict";

  const plain = (text) => text.toLowerCase().replaceAll("−", "-").replaceAll("_", " ").trim();

  const functions = (window.dashMantineFunctions = window.dashMantineFunctions || {});
  functions.zoneSearch = function ({ options, search, limit }) {
    const wanted = plain(search);
    return options.filter((option) => plain(option.label).includes(wanted)).slice(0, limit);
  };
})();
