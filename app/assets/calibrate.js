// What the Calibrate page does by itself in the browser; see app/pages/calibrate/live.py.
window.dash_clientside = window.dash_clientside || {};
window.dash_clientside.calibrate = {
  // Tell the server about the screen, at the start of a visit and when light turns to dark.
  screen: function () {
    return window.hydrofleet.watchScreen(".calibrate-page", window.dash_clientside.callback_context.outputs_list.id);
  },
};
