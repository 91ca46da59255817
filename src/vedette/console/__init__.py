"""The console: every page for administrators. A page is a module in `pages` and a template."""
