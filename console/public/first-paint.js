// Applies the colour scheme and text direction that the viewer chose before anything is painted. A file of its own,
// because the content security policy allows no inline script. Keys: src/app/preferences.ts.
(function () {
  var root = document.documentElement;
  var scheme = null;
  var direction = null;
  try {
    scheme = localStorage.getItem('muster.colour-scheme');
    direction = localStorage.getItem('muster.direction');
  } catch {
    // Storage may be refused; the defaults hold.
  }
  var dark = scheme === 'dark' || (scheme !== 'light' && matchMedia('(prefers-color-scheme: dark)').matches);
  root.setAttribute('data-mantine-color-scheme', dark ? 'dark' : 'light');
  if (direction === 'rtl') root.setAttribute('dir', 'rtl');
})();
