// What the Export page does by itself in the browser; see app/pages/export/callbacks.py.
window.dash_clientside = window.dash_clientside || {};
window.dash_clientside.exporting = {
  // Keep the address in step with what is chosen, without a new step for the back button each time.
  mirror: function (view) {
    window.history.replaceState(window.history.state, "", window.location.pathname + view);
    return view;
  },
};
