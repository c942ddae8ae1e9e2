"""The marketplace: the site, and what every trade stands on."""
