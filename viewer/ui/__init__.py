"""The only place that knows Qt: windows, views, worker, actions."""
