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
