"""Chest films: data, split by patient over all sources, training, measurement, export."""
