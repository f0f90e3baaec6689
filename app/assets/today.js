// Keep the address of the Today page in step with its filters, without a new step for the back button each time.
window.dash_clientside = window.dash_clientside || {};
window.dash_clientside.today = {
  address: function (site, zone, kind) {
    const chosen = Object.entries({ site, zone, kind }).filter(([, value]) => value && value !== "all");
    const query = new URLSearchParams(chosen).toString();
    if (window.location.pathname === "/") {
      window.history.replaceState(window.history.state, "", query ? "/?" + query : "/");
    }
    return query;
  },
};
