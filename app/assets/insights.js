// When the numbers below the chart are worth asking for again; see app/pages/device/insights/callbacks.py.
window.dash_clientside = window.dash_clientside || {};
window.dash_clientside.insights = (function () {
  // New readings arrive every few seconds, and change two weeks of numbers by nothing that anybody could see.
  const WORTHWHILE_MS = 5 * 60 * 1000;
  function moved(before, after, edge) {
    return Math.abs(Date.parse(after[edge]) - Date.parse(before[edge]));
  }
  return {
    // Tell which stretch is shown, unless it is the one that was told, moved on a little.
    shown: function (link, told) {
      if (!link) {
        return window.dash_clientside.no_update;
      }
      const query = new URL(link, window.location.origin).searchParams;
      const now = { device: link.split("?")[0], from: query.get("from"), to: query.get("to"), unit: query.get("unit") };
      now.resolution = query.get("resolution");
      const same = told && told.device === now.device && told.unit === now.unit && told.resolution === now.resolution;
      const width = (one) => Date.parse(one.to) - Date.parse(one.from);
      const still = same && Math.abs(width(told) - width(now)) < WORTHWHILE_MS && moved(told, now, "to") < WORTHWHILE_MS;
      return still ? window.dash_clientside.no_update : now;
    },
  };
})();
