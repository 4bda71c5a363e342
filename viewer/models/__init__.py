"""Networks, and the bundles that carry their weights, preprocessing and card."""
