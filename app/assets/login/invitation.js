// The code of an invitation stands behind the "#", which no browser sends to a server: it is in no log and in no
// Referer. Here it moves into the form, and out of the address bar and the history. This tab remembers it until the
// form is sent, because choosing another language loads the page anew.
const KEPT = "invitation";
const given = location.hash.slice(1) || sessionStorage.getItem(KEPT) || "";
const [code, name] = given.split(".", 2);
if (code) {
  sessionStorage.setItem(KEPT, given);
  document.getElementById("code").value = code;
  document.getElementById("code-field").hidden = true;
  if (name) document.getElementById("name").value = decodeURIComponent(name);
  history.replaceState(null, "", location.pathname);
  document.getElementById("password").focus();
}
document.querySelector("form.card").addEventListener("submit", () => sessionStorage.removeItem(KEPT));
