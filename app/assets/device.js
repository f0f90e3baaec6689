// What the Device page does by itself in the browser; see app/pages/device/callbacks.py.
window.dash_clientside = window.dash_clientside || {};
window.dash_clientside.device = (function () {
  // Links to other devices carry the same choices; a zoom belongs to the device it was made on.
  function withChoices(link, view) {
    if (!link) {
      return "";
    }
    const choices = new URLSearchParams(view);
    choices.delete("zoom");
    return link.split("?")[0] + "?" + choices;
  }
  // [ and ] go to the device before and after, unless somebody is writing or holds a key of the browser's own.
  document.addEventListener("keydown", function (event) {
    const ids = { "[": "device-previous", "]": "device-next" };
    const isWriting = event.target.closest && event.target.closest("input, textarea, select, [contenteditable]");
    const link = event.key in ids ? document.getElementById(ids[event.key]) : null;
    if (link && link.getAttribute("href") && !isWriting && !event.ctrlKey && !event.metaKey) {
      link.click();
    }
  });
  return {
    // Tell the server about the screen, at the start of a visit and when light turns to dark.
    screen: function () {
      return window.hydrofleet.watchScreen(".device-page", window.dash_clientside.callback_context.outputs_list.id);
    },
    // Keep the address in step with what is shown, without a new step for the back button each time.
    mirror: function (view, previous, next) {
      window.history.replaceState(window.history.state, "", window.location.pathname + view);
      return [view, withChoices(previous, view), withChoices(next, view)];
    },
    // Go on to the device that was chosen in the list.
    go: function (name, shown, view) {
      return name && name !== shown ? withChoices("/devices/" + name, view) : window.dash_clientside.no_update;
    },
  };
})();
