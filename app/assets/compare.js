// What the Compare page does by itself in the browser; see app/pages/compare/callbacks.py and ranking.py.
window.dash_clientside = window.dash_clientside || {};
window.dash_clientside.compare = {
  // Tell the server about the screen, at the start of a visit and when light turns to dark.
  screen: function () {
    return window.hydrofleet.watchScreen(".compare-page", window.dash_clientside.callback_context.outputs_list.id);
  },
  // Keep the address in step with what is shown, without a new step for the back button each time.
  mirror: function (view) {
    window.history.replaceState(window.history.state, "", window.location.pathname + view);
    return view;
  },
};

(function () {
  "use strict";
  const functions = (window.dashAgGridFunctions = window.dashAgGridFunctions || {});
  const components = (window.dashAgGridComponentFunctions = window.dashAgGridComponentFunctions || {});

  functions.compareByName = new Intl.Collator(undefined, { numeric: true }).compare;
  // What is not known stays at the end, whichever way the column is sorted.
  functions.compareByNumber = function (a, b, _nodeA, _nodeB, isDescending) {
    const missing = (value) => value === null || value === undefined;
    if (missing(a) || missing(b)) {
      const order = missing(a) - missing(b);
      return isDescending ? -order : order;
    }
    return a - b;
  };
  // The number sorts, its text as the server wrote it is what is read.
  components.CompareNumber = ({ data, column }) => data[column.getColId() + "_text"];
  components.CompareDevice = ({ data }) => window.React.createElement("a", { href: data.link }, data.name);
})();
